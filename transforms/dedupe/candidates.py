"""Candidate pairs: listings that share a blocking key, found by plain SQL (in-memory DuckDB; the same statements run on Spark).

A block's cap depends only on that block's own members, so a changed listing changes the pairs of its own blocks and of no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pandas as pd

from transforms.dedupe.features import Features, Ints
from transforms.dedupe.geometry import DEGREE_M, distances
from transforms.dedupe.levels import NEAR_M


@dataclass(frozen=True, slots=True)
class Key:
    """A blocking key: an SQL expression over a listing (NULL: the listing has no such key) and the largest block that is compared."""

    name: str
    expression: str
    cap: int
    title: str


#: A name key within the county, too: in a large city the name alone fills its block to the cap and is dropped, the county's is not.
#: Caps (60; phone and code 20; typo 30) are those at which a synthetic city of a million kept 97 % of its true pairs at 11.5 pairs a listing.
KEYS: Final = (
    Key("core", "city || '|' || core", 60, "核心名"),
    Key("core_county", "city || '|' || county || '|' || core", 60, "区县与核心名"),
    Key("door", "city || '|' || road || '|' || number", 60, "路名与门牌号"),
    Key("credit", "city || '|' || credit", 20, "信用代码"),
    Key("community_kind", "city || '|' || community || '|' || family", 60, "社区与行业"),
    Key("town_org", "city || '|' || town || '|' || organisation", 60, "街道与机构"),
    Key("road_org", "city || '|' || road || '|' || organisation", 60, "道路与机构"),
    Key("landmark", "city || '|' || county || '|' || landmark", 60, "地标"),
    Key("stem", "city || '|' || county || '|' || family || '|' || stem", 60, "去掉序号方位的核心名"),
)
_PHONE: Final = Key("phone", "city || '|' || phone", 20, "电话")
_TYPO: Final = Key("typo", "city || '|' || county || '|' || shorter", 30, "核心名少一字")
_WORD: Final = Key("word", "city || '|' || county || '|' || word", 20, "区县与核心名中两个字")
_NEAR_WORD: Final = Key("near_word", "square || '|' || word", 30, "一公里方格与核心名中两个字")
_GRID: Final = Key("grid", "cell", 60, "150米网格")
ALL_KEYS: Final = (*KEYS, _PHONE, _TYPO, _WORD, _NEAR_WORD, _GRID)

#: A grid cell is NEAR_M high and, at 53° north, NEAR_M wide; further south it is wider, so that neighbours always cover NEAR_M.
_CELL_LAT: Final = NEAR_M / DEGREE_M
_CELL_LNG: Final = NEAR_M / (DEGREE_M * 0.6)

_MEMBERS: Final = """
CREATE TABLE member AS
SELECT block.kind, block.key, block.i, count(*) OVER (PARTITION BY block.kind, block.key) AS size, cap.most
FROM block JOIN cap ON cap.kind = block.kind
"""

_PAIRS: Final = """
WITH small AS (SELECT * FROM member WHERE size BETWEEN 2 AND most),
near AS (SELECT x, y, i FROM (SELECT x, y, i, count(*) OVER (PARTITION BY x, y) AS size FROM cell) AS sized WHERE size <= {cap}),
reach AS (SELECT near.x + step.x AS x, near.y + step.y AS y, near.i, step.x = 0 AND step.y = 0 AS own FROM near CROSS JOIN step),
met AS (
  SELECT l.i AS a, r.i AS b, l.kind AS kind FROM small AS l JOIN small AS r ON l.kind = r.kind AND l.key = r.key WHERE l.i < r.i
  UNION ALL
  SELECT least(l.i, r.i), greatest(l.i, r.i), {grid}
  FROM reach AS l JOIN near AS r ON r.x = l.x AND r.y = l.y WHERE l.i < r.i OR NOT l.own
)
SELECT a, b, bit_or(1 << kind) AS keys FROM met GROUP BY a, b ORDER BY a, b
"""

_REPORT: Final = """
WITH sized AS (
  SELECT kind, size, most FROM member
  UNION ALL SELECT {grid}, count(*) OVER (PARTITION BY x, y), {cap} FROM cell
)
SELECT kind, max(size) AS largest, sum(CASE WHEN size > most THEN 1.0 / size ELSE 0 END) AS dropped_blocks,
       sum(CASE WHEN size > most THEN size - 1 ELSE 0 END) / 2.0 AS dropped_pairs
FROM sized GROUP BY kind ORDER BY kind
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of positions in the features (left < right, sorted), the keys each was met by as bits in ALL_KEYS order, and a report.

    `blocks` has a line a key: key, title, pairs (met by it), dropped_blocks, dropped_pairs, largest (members of its largest block).
    """

    left: Ints
    right: Ints
    keys: Ints
    blocks: pd.DataFrame


def candidates(listings: Features) -> Candidates:
    """Every pair that shares a key, or lies within NEAR_M. Linear in listings: a block's pairs are bounded by its cap."""
    base = _base(listings)
    with duckdb.connect() as session:
        session.register("listing", base)
        session.register("phone_of", _exploded(listings.phones, "phone"))
        session.register("cell", _cells(listings))
        session.register("step", pd.DataFrame({"x": [0, 1, 0, 1, -1], "y": [0, 0, 1, 1, 1]}))
        session.register("cap", pd.DataFrame({"kind": range(len(ALL_KEYS)), "most": [key.cap for key in ALL_KEYS]}))
        session.execute(f"CREATE TABLE block AS {_blocks()}")
        session.execute(_MEMBERS)
        pairs = session.execute(_PAIRS.format(grid=ALL_KEYS.index(_GRID), cap=_GRID.cap)).fetchnumpy()
        report = session.execute(_REPORT.format(grid=ALL_KEYS.index(_GRID), cap=_GRID.cap)).df()
    left, right, keys = (np.asarray(pairs[name]).astype(np.int64) for name in ("a", "b", "keys"))
    only_grid = keys == 1 << ALL_KEYS.index(_GRID)
    kept = ~only_grid | (distances(listings, left, right) <= NEAR_M)
    return Candidates(left[kept], right[kept], keys[kept], _report(report, keys[kept]))


def _base(listings: Features) -> pd.DataFrame:
    text = listings.text
    named = {
        "city": "city_code",
        "county": "county_code",
        "town": "town_code",
        "community": "community_code",
        "core": "name_core",
        "organisation": "organisation",
        "family": "family",
        "road": "road",
        "number": "number",
        "landmark": "landmark",
        "credit": "credit_code",
        "stem": "stem",
    }
    frame = pd.DataFrame({name: text[column].astype("object").where(text[column] != "") for name, column in named.items()})
    # one register is one city's: without a city column all listings share it; the same holds for a county that is not known
    frame["city"] = frame["city"].fillna("")
    frame["county"] = frame["county"].fillna("")
    frame.loc[listings.credit < 0, "credit"] = None
    placed = np.isfinite(listings.lng) & np.isfinite(listings.lat)
    squares = [f"{x:.2f},{y:.2f}" for x, y in zip(listings.lng[placed], listings.lat[placed], strict=True)]
    frame["square"] = pd.Series(squares, index=np.nonzero(placed)[0], dtype="object").reindex(range(len(frame)))
    frame["latin"] = frame["core"].str.contains("[A-Z]", regex=True).fillna(value=False) & frame["core"].str.isascii().fillna(value=False)
    frame["i"] = np.arange(len(frame))
    return frame


def _exploded(matrix: Ints, name: str) -> pd.DataFrame:
    rows, columns = np.nonzero(matrix >= 0)
    return pd.DataFrame({"i": rows, name: matrix[rows, columns]})


def _cells(listings: Features) -> pd.DataFrame:
    placed = np.nonzero(np.isfinite(listings.lng) & np.isfinite(listings.lat))[0]
    return pd.DataFrame(
        {
            "x": np.floor(listings.lng[placed] / _CELL_LNG).astype(np.int64),
            "y": np.floor(listings.lat[placed] / _CELL_LAT).astype(np.int64),
            "i": placed,
        }
    )


def _blocks() -> str:
    """The union of all keys' (kind, key, i)."""
    parts = [f"SELECT {kind} AS kind, {key.expression} AS key, i FROM listing" for kind, key in enumerate(KEYS)]
    parts.append(
        f"SELECT {ALL_KEYS.index(_PHONE)}, city || '|' || phone, listing.i FROM listing JOIN phone_of ON phone_of.i = listing.i"  # a table of our own
    )
    # a name and the names one character shorter: equal after one deletion on either side is one insertion, deletion or replacement apart
    shorter = (
        "SELECT i, city, county, core AS shorter FROM listing WHERE length(core) >= 3 UNION "
        "SELECT i, city, county, substr(core, 1, spot - 1) || substr(core, spot + 1) FROM "
        "(SELECT i, city, county, core, unnest(range(1, length(core) + 1)) AS spot FROM listing WHERE length(core) BETWEEN 3 AND 20)"
    )
    parts.append(f"SELECT {ALL_KEYS.index(_TYPO)}, {_TYPO.expression}, i FROM ({shorter})")
    # rare pairs of characters: in dense quarters, where cells and doors overflow their caps, they still bring a long and a short name together
    # (Latin letters: whole words, for two letters are in everything)
    pairs = (
        "SELECT DISTINCT i, city, county, square, substr(core, spot, 2) AS word FROM "
        "(SELECT *, unnest(range(1, length(core))) AS spot FROM listing WHERE NOT latin) "
        "UNION SELECT i, city, county, square, word FROM (SELECT *, unnest(string_split(core, ' ')) AS word FROM listing WHERE latin) WHERE length(word) > 2"
    )
    parts.extend(f"SELECT {ALL_KEYS.index(key)}, {key.expression}, i FROM ({pairs})" for key in (_WORD, _NEAR_WORD))
    return f"SELECT kind, key, i FROM ({' UNION ALL '.join(parts)}) WHERE key IS NOT NULL"


def _report(counted: pd.DataFrame, keys: Ints) -> pd.DataFrame:
    lines = pd.DataFrame({"key": [key.name for key in ALL_KEYS], "title": [key.title for key in ALL_KEYS]})
    lines["pairs"] = [int(((keys >> kind) & 1).sum()) for kind in range(len(ALL_KEYS))]
    for column in ("dropped_blocks", "dropped_pairs", "largest"):
        counts = counted.set_index("kind")[column].reindex(range(len(ALL_KEYS))).fillna(0)
        lines[column] = counts.round().astype("int64").to_numpy()
    return lines

"""What people said of rows: a value of theirs in place of the owner's, and issues that hold nothing back for a while.

Works on sets, and on the content of a row: what was released is the row as it read then. The same row with other content is judged anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from transforms.records import columns_of

#: Drift of a feed that a person may accept as it is. A list that came empty or cut short is no list: its last good one stays.
DRIFT: Final = ("source_too_few", "source_vanishing", "source_failing")

#: Rows that one release names at most: they stand in the journal one by one. What is broader is a matter of the rule, and a waiver says so.
RELEASED_AT_MOST: Final = 5000

#: Rules that no decision passes over: without a key of its own a row is no listing, without a name it is no place, and a person's own number
#: is not for everybody. A correction mends them; passing over them would not.
NEVER_ALLOWED: Final = frozenset(
    {
        "row_key_missing",
        "row_key_repeated",
        "row_cells_misplaced",
        "required_missing",
        "name_absent",
        "name_unreadable",
        "personal_phone_public",
        "listing_form_broken",
        "station_shows_mobile",
        "station_form_broken",
        "station_id_form",
        "station_id_repeated",
        "station_nameless",
        "station_without_status",
        "station_status_incoherent",
    }
)

#: Columns of releases (a row a row and rule) and of waivers (`scope`: source, row or station; `key`: a source's key, source:row_key, or a station's id).
#: `content`: what the row read when it was decided on (JSON, see transforms.following), missing where nobody noted it; a correction's `night` is the one that the person saw.
RELEASE_COLUMNS: Final = ("decision_id", "source", "row_key", "row_digest", "rule", "night", "until", "content")
WAIVER_COLUMNS: Final = ("decision_id", "scope", "key", "rule", "until", "content")
CORRECTION_COLUMNS: Final = ("decision_id", "key", "field", "value", "night", "content")

#: Between a row's own digest and that of the values which a person put in place of the owner's.
_CORRECTED: Final = "+"


def _none(columns: Collection[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


@dataclass(frozen=True, slots=True)
class Allowed:
    """The decisions on rows that are in force on one night (`in_force`). `corrections` are of rows: `key` is source:row_key, `field` a row field."""

    releases: pd.DataFrame = field(default_factory=lambda: _none(RELEASE_COLUMNS))
    waivers: pd.DataFrame = field(default_factory=lambda: _none(WAIVER_COLUMNS))
    corrections: pd.DataFrame = field(default_factory=lambda: _none(CORRECTION_COLUMNS))

    def in_force(self, night: str) -> Allowed:
        """What of it holds on `night` (ISO date): a release on its own night or, with one, through its date; a waiver through its date."""
        releases, waivers = self.releases, self.waivers
        holds = (releases["night"] == night) | ((releases["night"] <= night) & (night <= releases["until"].fillna("")))
        return Allowed(releases[holds], waivers[waivers["until"] >= night], self.corrections)

    def touched(self, rows: pd.DataFrame) -> pd.Series:
        """Which of the rows (source, row_key) any of it speaks of."""
        names = _names(rows)
        keys = {*self.corrections["key"], *_names(self.releases), *self.waivers.loc[self.waivers["scope"] == "row", "key"]}
        sources = set(self.waivers.loc[self.waivers["scope"] == "source", "key"])
        return names.isin(keys) | rows["source"].isin(sources)

    def corrected(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows (row stage) with people's values for the owner's, and a digest that says so; `verbatim` stays the owner's."""
        names = _names(rows)
        asked = self.corrections[self.corrections["key"].isin(names) & self.corrections["field"].isin(columns_of("row"))]
        if asked.empty:
            return rows
        rows = rows.copy()
        for name, told in asked.groupby("field", sort=True):
            values = told.set_index("key")["value"]
            which = names.isin(values.index)
            rows.loc[which, str(name)] = names[which].map(values)
        marks = _marks(asked)
        which = names.isin(marks.index)
        rows.loc[which, "row_digest"] = rows.loc[which, "row_digest"] + _CORRECTED + names[which].map(marks)
        return rows

    def is_outdated(self, known: pd.DataFrame) -> pd.Series:
        """Which of the listings (source, row_key, row_digest) were made with other values of people than hold now."""
        names, digests = _names(known), known["row_digest"]
        marks = _marks(self.corrections[self.corrections["field"].isin(columns_of("row"))])
        asked = names.isin(marks.index) | digests.str.contains(_CORRECTED, regex=False).fillna(value=False).astype(bool)
        mark = names[asked].map(marks)
        plain = as_written(digests[asked])
        outdated = pd.Series(data=False, index=known.index)
        outdated[asked] = digests[asked].ne(plain.where(mark.isna(), plain + _CORRECTED + mark))
        return outdated

    def let_through(self, issues: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
        """The issues, each with the decision that passes over it (`decision_id`; none: missing). `rows`: source, line, row_digest of tonight's rows."""
        issues = issues.assign(decision_id=pd.Series(None, index=issues.index, dtype="str"))
        if issues.empty or not (len(self.releases) or len(self.waivers)):
            return issues
        digests = rows.drop_duplicates(["source", "line"])[["source", "line", "row_digest"]]
        known = issues[["source", "row_key", "line", "rule", "station_id"]].merge(digests, on=["source", "line"], how="left")
        waivers = self.waivers.drop_duplicates(["scope", "key", "rule"], keep="last").set_index(["scope", "key", "rule"])["decision_id"]
        by_scope = [
            _found(waivers, "source", known["source"].where(known["line"].notna()), known["rule"]),
            _found(waivers, "row", (known["source"] + ":" + known["row_key"]), known["rule"]),
            _found(waivers, "station", known["station_id"], known["rule"]),
        ]
        key = ["source", "row_key", "row_digest", "rule"]
        releases = self.releases.drop_duplicates(key, keep="last").set_index(key)["decision_id"]
        told = pd.Series(releases.reindex(pd.MultiIndex.from_frame(known[key])).to_numpy(), index=issues.index, dtype="str")
        for found in by_scope:
            told = told.fillna(pd.Series(found, index=issues.index, dtype="str"))
        return issues.assign(decision_id=told.mask(issues["rule"].isin(NEVER_ALLOWED)))


def as_written(digests: pd.Series) -> pd.Series:
    """Digests of rows as their owner wrote them, without what people's values add."""
    return digests.str.split(_CORRECTED, n=1).str[0]


def is_corrected(digest: str) -> bool:
    """Whether a row with this digest holds a person's value."""
    return _CORRECTED in digest


def is_holding(issues: pd.DataFrame) -> pd.Series:
    """The issues that hold a row or a station back: critical ones that no decision passes over."""
    return issues["severity"].eq("critical") & issues["decision_id"].isna()


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows["source"] + ":" + rows["row_key"]


def _marks(corrections: pd.DataFrame) -> pd.Series:
    """By source:row_key, what a digest ends in when these values stand in the row."""
    told = {}
    for key, of_row in corrections.sort_values(["key", "field"]).groupby("key"):
        text = "\n".join(f"{name}\t{'' if pd.isna(value) else value}" for name, value in zip(of_row["field"], of_row["value"], strict=True))
        told[str(key)] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return pd.Series(told, dtype="str")


def _found(waivers: pd.Series, scope: str, keys: pd.Series, rules: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    if scope not in set(waivers.index.get_level_values("scope")):
        return np.full(len(keys), None, dtype=object)
    index = pd.MultiIndex.from_arrays([np.full(len(keys), scope, dtype=object), keys.astype("object"), rules.astype("object")])
    return np.asarray(waivers.reindex(index).to_numpy(), dtype=object)

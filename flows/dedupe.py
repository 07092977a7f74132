"""`yizhan dedupe`: any lists in, their stations out. Plain functions; neither a warehouse nor Prefect."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from desk.dedupe_csv import write_csv
from desk.dedupe_disagreements import disagreements_of
from desk.dedupe_page import dedupe_page
from desk.dedupe_review import review_of
from sources.kit.any_list import Lists, read_lists
from transforms.dedupe import Matched, Model, load_model, match, match_lists, ready
from transforms.dedupe.calibration import Calibration, calibrate
from transforms.dedupe.fit import fit
from transforms.dedupe.gold import warning
from transforms.dedupe.read_parts import read_in_parts
from transforms.dedupe.scoring import Score, pair_score
from transforms.dedupe.truth import read_truth
from transforms.dedupe.twins import twins_of
from transforms.forked import Aside
from transforms.records import City, load_city
from transforms.standardise.anywhere import listings_of
from transforms.standardise.cells import cells_of, series_of

#: What the command writes, and nothing else; the last where there is a truth.
FILES: Final = ("clusters.csv", "pairs.parquet", "review.csv", "report.html")
DISAGREEMENTS: Final = "disagreements.csv"

#: Cities that ship: their divisions, old codes and variants of names are better than what a list says of itself.
_SHIPPED: Final = Path(__file__).resolve().parent.parent / "sources"

_NO_JUDGEMENTS: Final = pd.DataFrame({"left_id": [], "right_id": [], "verdict": []}, dtype="str")

#: Told when a step begins: its name in Chinese.
Told = Callable[[str], None]


class DedupeError(ValueError):
    """The lists cannot be compared as asked; the message (Chinese) says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants: see the command's help for each."""

    files: Sequence[Path]
    columns: Mapping[str, str]
    city: str | None = None
    datum: str | None = None
    model: Path | None = None
    truth: Path | None = None
    one_to_one: bool = False
    distinct: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it. `clusters`: listing_id, station_id, every input row in the order of the files; `notes`: what a reader must know.

    With a `truth` (station by listing id) there is a score, and where it names enough pairs a `calibration`: pairs then have a `probability` too.
    """

    lists: Lists
    listings: pd.DataFrame
    issues: pd.DataFrame
    model: Model
    matched: Matched
    clusters: pd.DataFrame
    notes: tuple[str, ...]
    score: Score | None
    calibration: Calibration | None
    truth: pd.Series | None = None


def dedupe(asked: Asked, told: Told) -> Found:
    """Read, clean, learn, match and, given a truth, score. Raises ListError, TruthError, ModelError and DedupeError, each one Chinese sentence."""
    told("读取名单")
    lists = read_lists(asked.files, asked.columns, asked.datum)
    model = load_model(asked.model) if asked.model else None
    truth = read_truth(asked.truth, lists.rows["listing_id"]) if asked.truth else None
    if asked.one_to_one and lists.rows["source"].nunique() != 2:
        names = "、".join(sorted(lists.rows["source"].unique())[:5])
        raise DedupeError(
            f"--one-to-one 需要恰好两份名单，现有 {lists.rows['source'].nunique()} 份（{names}）：请给两个文件，或一个有来源列的文件"
        )
    if unknown := sorted(set(asked.distinct) - set(lists.rows["source"].unique())):
        names = "、".join(sorted(lists.rows["source"].unique())[:10])
        raise DedupeError(f"--distinct {unknown[0]}：没有这份名单；现有：{names}")
    told("清洗")
    twins = {} if asked.one_to_one else twins_of(lists.rows, asked.distinct)
    listings, issues = listings_of(
        lists.rows[~lists.rows["listing_id"].isin(twins)] if twins else lists.rows, asked.city, _shipped_city(asked.city)
    )
    # the cells are in the listings now, and a million rows of them are not held twice
    lists = replace(lists, rows=lists.rows[["listing_id", "source"]])
    if listings.empty:
        raise DedupeError("没有一行有可以辨认的名称，无从比对：请检查名称列")
    told("学习权重" if model is None else "比对")
    with Aside(lambda: fit(listings, across=asked.one_to_one) if model is None else None) as fitting:
        begun = ready(read_in_parts(listings))
        fitted = fitting.result()
    notes = _notes(lists, listings, len(twins), fitted.why_not if fitted else None)
    if model is not None:
        notes = (*notes, *warning(model))
    if truth is not None and (unnamed := len(lists.rows) - len(truth)):
        notes = (*notes, f"真值没有提到 {len(lists.rows)} 行中的 {unnamed} 行：它们按各自单独成站计，真值不全时准确率会偏低")
    model = fitted.model if fitted else model
    assert model is not None  # noqa: S101 - one of the two was set above
    told("比对")
    matched = (
        match_lists(listings, model, truth, begun)
        if asked.one_to_one
        else match(listings, model, _NO_JUDGEMENTS, frozenset(asked.distinct), truth, begun)
    )
    clusters = _clusters(lists, matched, twins)
    notes = (*notes, *_capped(matched))
    if truth is None:
        return Found(lists, listings, issues, model, matched, clusters, notes, None, None)
    score = pair_score(clusters.set_index("listing_id")["station_id"], truth)
    calibration = _calibration(matched.pairs, truth)
    if calibration:
        pairs = matched.pairs.assign(probability=calibration.probability(matched.pairs["weight_mb"].to_numpy(np.int64)))
        matched = replace(matched, pairs=pairs)
    return Found(lists, listings, issues, model, matched, clusters, notes, score, calibration, truth)


def _calibration(pairs: pd.DataFrame, truth: pd.Series) -> Calibration | None:
    """What the stored pairs' weights are worth; who is not in the truth is a station of its own there, as in the score."""
    left, right = (truth.reindex(pairs[side]).to_numpy() for side in ("left_id", "right_id"))
    return calibrate(pairs["weight_mb"].to_numpy(np.int64), np.asarray(pd.notna(left) & (left == right), dtype=np.bool_))


def write(found: Found, out: Path) -> None:
    """The four files into `out`, all or none: they are made beside it and moved in when whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        with Aside(lambda: _page(found)) as paging:
            write_csv(found.clusters, making / "clusters.csv")
            found.matched.pairs.to_parquet(making / "pairs.parquet", index=False)
            # Excel takes a CSV for Chinese only by its mark
            write_csv(review_of(found.matched, found.listings, found.model), making / "review.csv", mark="\ufeff")
            (making / "report.html").write_text(paging.result(), "utf-8")
        if found.truth is not None:
            write_csv(
                disagreements_of(found.matched, found.clusters, found.truth, found.listings, found.model),
                making / DISAGREEMENTS,
                mark="\ufeff",
            )
        out.mkdir(exist_ok=True)
        (out / DISAGREEMENTS).unlink(missing_ok=True)  # of an earlier run with a truth
        for name in (*FILES, *([DISAGREEMENTS] if found.truth is not None else [])):
            (making / name).replace(out / name)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _page(found: Found) -> str:
    return dedupe_page(found.lists, found.listings, found.issues, found.matched, found.clusters, found.model, found.notes, found.score)


def _shipped_city(name: str | None) -> City | None:
    """The city that ships under this name (芜湖市, 芜湖, wuhu), if any."""
    if not name:
        return None
    for folder in sorted(path.parent for path in _SHIPPED.glob("*/city.toml")):
        city = load_city(folder)
        if name.casefold() in {city.key, city.name, city.name.removesuffix("市")}:
            return city
    return None


def _clusters(lists: Lists, matched: Matched, twins: Mapping[str, str]) -> pd.DataFrame:
    """listing_id → station_id: the id of the station's first listing, by id. A row that is no listing is a station of its own; a twin stands with the row that it is equal to."""
    stands_for = lists.rows["listing_id"].map(twins).fillna(lists.rows["listing_id"]) if twins else lists.rows["listing_id"]
    ids, rows = cells_of(matched.clusters["listing_id"]), cells_of(stands_for.astype("str"))
    firsts = ids.take(pa.array(matched.clusters["cluster"].to_numpy(np.int64)))
    # rows that came in the order of their ids, all of them listings, are where they are
    station = firsts if rows.equals(ids) else pc.coalesce(firsts.take(pc.index_in(rows, value_set=ids)), rows)
    return pd.DataFrame({"listing_id": lists.rows["listing_id"], "station_id": series_of(station)})


def _capped(matched: Matched) -> tuple[str, ...]:
    """What the caps of the blocks left uncompared."""
    dropped = int(matched.blocks["dropped_blocks"].sum())
    return (f"{dropped} 组登记因同键的太多而没有逐对比对（各键的上限与数目见 report.html）",) if dropped else ()


def _notes(lists: Lists, listings: pd.DataFrame, twins: int, why_not: str | None) -> tuple[str, ...]:
    notes = []
    if lists.unread:
        notes.append(f"没有名称列，未当作名单读入：{'、'.join(lists.unread)}")
    if twins:
        notes.append(f"{twins} 行与同一名单的另一行每格都相同，各与那一行算作一处")
    if lists.renamed:
        notes.append("几个文件的编号有重复，已在编号前加上文件名以示区别")
    if why_not:
        notes.append(f"没有从名单自学权重，用随附的模型：{why_not}")
    unnamed = len(lists.rows) - twins - len(listings)
    if unnamed:
        notes.append(f"{unnamed} 行没有可以辨认的名称，各自单独成站")
    lng, lat = (side[~np.isnan(side)] for side in (listings[name].to_numpy() for name in ("lng_wgs84", "lat_wgs84")))
    names = cells_of(listings["name"])
    if not len(lng):
        notes.append("没有一行有可用的坐标：只凭名称、地址、电话等比对")
    elif len(lng) > 1 and (lng == lng[0]).all() and (lat == lat[0]).all():
        notes.append("所有坐标都相同：坐标说明不了什么，请检查坐标列")
    if len(names) > 1 and pc.all(pc.equal(names, names[0])).as_py():
        notes.append("所有名称都相同：请检查名称列")
    return tuple(notes)

"""Merging what changed: a station of which nothing is said that was not said before is taken over as it was."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.merge.claims import told_on
from transforms.merge.merging import Merged, disputed, merge

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Touched:
    """What may read otherwise than before. `listings` (ids): those that are new, gone, told otherwise or of another station; `stations`: those that they belong or
    belonged to, and those that a person's decision named."""

    listings: frozenset[str]
    stations: frozenset[str]


def touched(before: pd.DataFrame, after: pd.DataFrame, decided: AbstractSet[str]) -> Touched:
    """What differs between `before` and `after`: listings as `merge` takes them, of two nights with the same rules. `decided`: stations and listings (ids) that a
    person's correction or closing named, however long ago: what it made of them is not told by the listings."""
    at = np.asarray(pc.index_in(_values(after, "listing_id"), value_set=_values(before, "listing_id")).fill_null(-1), dtype=np.int64)
    known = np.flatnonzero(at >= 0)
    old, new = _told(before), _told(after)
    differs = np.ones(len(after), dtype=bool)
    differs[known] = _differing(old, new, at[known], known)
    gone = np.ones(len(before), dtype=bool)
    gone[at[known]] = differs[known]
    by_hand = [frame["listing_id"].isin(decided) | frame["station_id"].isin(decided) for frame in (before, after)]
    rows = [before[gone | by_hand[0].to_numpy()], after[differs | by_hand[1].to_numpy()]]
    return Touched(
        frozenset(before.loc[gone, "listing_id"]) | frozenset(after.loc[differs, "listing_id"]),
        frozenset(station for each in rows for station in each["station_id"]),
    )


def merge_again(
    listings: pd.DataFrame, corrections: pd.DataFrame, programme_from: str | None, stations: pd.DataFrame, again: AbstractSet[str]
) -> Merged:
    """What `merge` says, where `stations` are what it said before and only those of `again` (ids, see `touched`) may read otherwise: statements, plaques and
    choices are told of these alone. Every correction that finds its station or listing finds it among these."""
    is_touched = listings["station_id"].isin(again)
    new = merge(listings[is_touched], corrections, programme_from, names=listings)
    kept = stations[~stations["station_id"].isin(again)]
    whole = pd.concat([new.stations, kept[list(new.stations.columns)].astype(new.stations.dtypes.to_dict())])
    whole = whole.sort_values("station_id", ignore_index=True)
    told = disputed(listings[~is_touched & listings["is_open"].astype(bool)], whole)
    issues = pd.concat([new.issues, told], ignore_index=True) if len(told) else new.issues
    return Merged(whole, new.statements, new.plaques, issues, new.choices, new.caught_up)


def _told(listings: pd.DataFrame) -> pd.DataFrame:
    """What a merge makes of the listings. The night on which an open one was last seen moves on every night, and says nothing but by `told_on`; since when one is gone
    from its list is asked by identity alone."""
    is_open = listings["is_open"].astype(bool)
    told = listings.assign(told_on=told_on(listings), last_seen_on=listings["last_seen_on"].mask(is_open))
    return told.drop(columns="gone_on", errors="ignore")


def _differing(before: pd.DataFrame, after: pd.DataFrame, at: npt.NDArray[Any], known: npt.NDArray[Any]) -> Mask:
    """Whether any column differs between row `at` of `before` and row `known` of `after`, pair by pair."""
    found = np.zeros(len(known), dtype=bool)
    for name in after.columns:
        old, new = _picked(_values(before, name), at), _picked(_values(after, name), known)
        if old.type != new.type:
            old = old.cast(new.type)
        unequal = pc.fill_null(pc.not_equal(old, new), fill_value=False)
        found |= np.asarray(pc.or_(unequal, pc.xor(pc.is_null(old), pc.is_null(new))))
    return found


def _picked(values: pa.ChunkedArray, rows: npt.NDArray[Any]) -> pa.ChunkedArray:
    return values if len(rows) == len(values) and (rows == np.arange(len(rows))).all() else values.take(pa.array(rows))


def _values(listings: pd.DataFrame, name: str) -> pa.ChunkedArray:
    values = pa.array(listings[name], from_pandas=True)
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])

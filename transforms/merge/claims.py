"""Competing listings and their ranks: whole numbers by listing, more is better. Columns, never rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.merge.batches import fits
from transforms.merge.choosing import Pick

Ints: TypeAlias = npt.NDArray[np.int64]
Rank: TypeAlias = Callable[[pd.DataFrame, Pick], Ints]

#: Positions of two owners for one door differ by less than this; the shift of a wrong datum in Wuhu is 500 m or more.
NEAR_M: Final = 150.0
_DEGREE_M: Final = 111_195.0

#: A union's or a civilization-practice plaque hangs on other people's premises, so their kinds say less of the place. Others rank 3.
_PREMISES: Final = {"other": 0, "union_station": 1, "civ_point": 2, "civ_station": 2, "civ_institute": 2, "civ_centre": 2}
_BASIS: Final = {"correction": 3, "owner": 2, "rule": 1}
_ADDRESS_PARTS: Final = ("road", "number", "lane", "building", "floor", "room", "landmark")
_NAME_PARTS: Final = ("name_core", "organisation")


def competing(listings: pd.DataFrame) -> pd.DataFrame:
    """The listings whose values compete, in id order: a station's open ones; where it has none, those that were open last."""
    is_open = listings["is_open"].astype(bool)
    has_open = is_open.groupby(listings["station_id"]).transform("any")
    last = listings["last_seen_on"].fillna("")
    last_of_all = ordinal(last) == pd.Series(ordinal(last), index=listings.index).groupby(listings["station_id"]).transform("max")
    claims: pd.DataFrame = listings[is_open | (~has_open & last_of_all)].sort_values("listing_id", ignore_index=True)
    return claims.assign(updated_on=told_on(claims))


def told_on(listings: pd.DataFrame) -> pd.Series:
    """Since when each listing says what it says, as far as its owner tells: a date in the future is a slip; taken at its word it would win every night from now on."""
    told = listings["updated_on"].where(listings["updated_on"] <= listings["last_seen_on"], listings["last_seen_on"])
    return told.where(listings["updated_on"].notna())


def ordinal(column: pd.Series) -> Ints:
    """Place of each value among the column's sorted values; -1 where it is missing."""
    codes, _ = pd.factorize(column, sort=True)
    return ints(codes)


def ints(ranks: pd.Series | npt.NDArray[Any]) -> Ints:
    """Ranks as whole numbers of 64 bits."""
    return np.asarray(ranks, dtype=np.int64)


def value_of(claims: pd.DataFrame, pick: Pick) -> pd.Series:
    """What a claim says, for comparing it with others: the field, else what comes along with it."""
    said = claims[pick.field].astype("str")
    for name in pick.along:
        said = said.fillna(claims[name].astype("str"))
    return said


def _agreement(claims: pd.DataFrame, pick: Pick) -> Ints:
    said = pd.DataFrame({"station": claims["station_id"], "value": value_of(claims, pick), "source": ordinal(claims["source"])})
    return ints(said.groupby(["station", "value"])["source"].transform("nunique"))


def _nearness(claims: pd.DataFrame, _: Pick) -> Ints:
    """How many sources, its own included, have a position of the station within NEAR_M."""
    here = claims[["station_id", "source", "lng_wgs84", "lat_wgs84"]].assign(row=np.arange(len(claims)))
    both = here.merge(here, on="station_id", suffixes=("", "_other"))
    east = (both["lng_wgs84"] - both["lng_wgs84_other"]) * np.cos(np.radians(both["lat_wgs84"])) * _DEGREE_M
    north = (both["lat_wgs84"] - both["lat_wgs84_other"]) * _DEGREE_M
    near = both[east**2 + north**2 <= NEAR_M**2].drop_duplicates(["row", "source_other"])
    return ints(near.groupby("row").size().reindex(here["row"], fill_value=0))


def _completeness(claims: pd.DataFrame, pick: Pick) -> Ints:
    parts = _ADDRESS_PARTS if pick.field == "address" else _NAME_PARTS
    return ints(claims[list(parts)].notna().sum(axis=1))


def _ranked(column: str, ranks: dict[str, int], otherwise: int) -> Rank:
    return lambda claims, _: ints(claims[column].map(ranks).fillna(otherwise))


#: Ranking key (choosing.RANKS) → how it is counted.
RANK: Final[dict[str, Rank]] = {
    "agreement": _agreement,
    "basis": _ranked("batch_basis", _BASIS, 0),
    "completeness": _completeness,
    "earliest": lambda claims, pick: -ordinal(claims[pick.field]),
    "fit": lambda claims, _: ints(fits(claims["batch"], claims["chosen_kind"], claims["chosen_host"])),
    "given": lambda claims, _: ints(claims["position_basis"] == "given"),
    "nearness": _nearness,
    "premises": _ranked("kind", _PREMISES, 3),
    "seen": lambda claims, _: ints(claims["is_on_latest"]),
    "trust": lambda claims, _: ints(claims["trust"]),
    "updated": lambda claims, _: ordinal(claims["updated_on"]),
}

"""One claim a station and field: rank, sort once, take the first; and say which key decided."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from transforms.merge.choosing import Pick
from transforms.merge.claims import RANK, Ints, ints, ordinal, value_of

#: Columns of a frame of choices. `basis`: what decided (a key of choosing.RANKS, alone, unanimous, order, rule, union or correction);
#: `listing_id` and `source` of the listing whose value it is (missing for rule, union and correction); `values`: how many competed.
CHOICE_COLUMNS: Final = ("station_id", "field", "basis", "listing_id", "source", "values")


def pick(claims: pd.DataFrame, rule: Pick) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The winning values (station_id, field and along columns) and the choices (CHOICE_COLUMNS), one row a station that has a claim.

    `claims` are competing listings in id order, with a column chosen_<field> of the station for each field chosen before.
    """
    columns = [rule.field, *rule.along]
    standing = claims[claims[columns].notna().any(axis=1) & _inside(claims, rule)]
    value = ordinal(value_of(standing, rule))
    keys: dict[str, Ints] = {"presence": ints(standing[rule.field].notna())}
    keys |= {name: RANK[name](standing, rule) for name in rule.by}
    station = ordinal(standing["station_id"])
    # lexsort reads its keys from the last; claims are in id order already and the sort is stable, so ids settle what is left
    order = np.lexsort((value, *(-key for key in reversed(keys.values())), station))
    station, value = station[order], value[order]
    winners = np.flatnonzero(np.r_[True, station[1:] != station[:-1]]) if len(order) else np.array([], dtype=np.int64)
    won = standing.iloc[order[winners]]
    ranked = {name: key[order] for name, key in keys.items()}
    choices = pd.DataFrame(
        {
            "station_id": won["station_id"].to_numpy(),
            "field": rule.field,
            "basis": _basis(station, value, winners, ranked),
            "listing_id": won["listing_id"].to_numpy(),
            "source": won["source"].to_numpy(),
            "values": _distinct(station, value),
        }
    )
    return won[["station_id", *columns]].reset_index(drop=True), choices


def _inside(claims: pd.DataFrame, rule: Pick) -> pd.Series:
    if not rule.within:
        return pd.Series(data=True, index=claims.index)
    own, chosen = claims[rule.within], claims[f"chosen_{rule.within}"]
    return own.isna() | chosen.isna() | (own == chosen)


def _distinct(station: Ints, value: Ints) -> Ints:
    said = pd.DataFrame({"station": station, "value": value})
    return ints(said.groupby("station")["value"].nunique())


def _basis(station: Ints, value: Ints, winners: Ints, ranked: dict[str, Ints]) -> list[str]:
    """The key in which each winner stands above the best claim of another value."""
    size = np.diff(np.r_[winners, len(station)])
    first = np.repeat(winners, size)
    other = ints(pd.Series(np.where(value != value[first], np.arange(len(value)), len(value))).groupby(first).min())
    basis = np.where(size == 1, "alone", np.where(other == len(value), "unanimous", "order")).astype(object)
    rival = np.where(other == len(value), winners, other)
    for name, key in reversed(ranked.items()):
        basis[key[winners] > key[rival]] = name
    return [str(one) for one in basis]

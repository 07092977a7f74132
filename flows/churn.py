"""The churn gate: a night that would change too many published ids stops, unless a person let this very set of changes through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from desk.churned import churn_sentence
from desk.decided import named
from flows.house import House
from transforms.churn import Churn
from warehouse.journal import Decisions
from warehouse.state import State

#: Share of the changed listings of shaken stations that one list must have for it to be named.
_MOST: Final = 0.5


def churn_stop(
    house: House, state: State, found: Churn, night: str, decisions: Decisions, listings: pd.DataFrame, pairs: pd.DataFrame
) -> str | None:
    """Why the churn gate stops the night (Chinese), or None. `listings` and `pairs` are tonight's, with station ids and verdicts."""
    if not found.is_too_much or (night, found.digest) in decisions.let_through:
        return None
    causes = [*_of_ours(house, state, night), *_of_people(state, pairs), *_of_a_list(state, found, listings, house.titles)]
    return churn_sentence(found, night, causes, named(state.station, "station_id"))


def _of_ours(house: House, state: State, night: str) -> list[str]:
    if state.model_fingerprint != house.model.fingerprint:
        return ["换了去重模型（yizhan model show）"]
    return ["规则、词表、城市目录或程序有变"] if state.fingerprint != house.fingerprint(night) else []


def _of_people(state: State, pairs: pd.DataFrame) -> list[str]:
    """Verdicts in force that were not the night before, and the other way round."""
    key = ["left_id", "right_id", "verdict"]
    now, then = (set(map(tuple, each.loc[each["verdict"].notna(), key].to_numpy())) for each in (pairs, state.pair))
    return [f"新增或撤销的判定 {len(now ^ then)} 条"] if now ^ then else []


def _of_a_list(state: State, found: Churn, listings: pd.DataFrame, titles: Mapping[str, str]) -> list[str]:
    """The list that changed most of what the shaken stations stand on."""
    columns = ["listing_id", "source", "row_digest", "is_open"]
    now = listings[[*columns, "station_id"]].merge(state.station_listing, on="listing_id", how="left", suffixes=("", "_then"))
    touched = now[now[["station_id", "station_id_then"]].isin(set(found.shaken["station_id"])).any(axis=1)]
    same = (
        touched[columns]
        .merge(state.listing[columns].astype({"is_open": bool}), how="left", on=columns, indicator=True)["_merge"]
        .eq("both")
    )
    changed = touched.loc[~same.to_numpy(), "source"].value_counts()
    most = [(str(source), int(count)) for source, count in changed.items() if count > _MOST * changed.sum()]
    return [f"名单“{titles.get(source, source)}”有 {count} 条相关登记变动" for source, count in most]

"""Listings of one station become the station: each field by its stated rule, every value kept beside the one chosen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from transforms.merge.batches import before, fits, ruled
from transforms.merge.choosing import PICKS, UNIONS
from transforms.merge.claims import competing
from transforms.merge.corrections import corrected
from transforms.merge.picking import CHOICE_COLUMNS, pick
from transforms.records import FIELDS, RULES, columns_of, issue_rows, no_issues
from transforms.records.fields import DTYPES

_STATION = [field for field in FIELDS if "station" in field.on]
_STATED = [field.name for field in FIELDS if field.stated and "listing" in field.on]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a night's listings say of its stations. All frames are sorted by their columns from the left.

    `stations`: every "station" field. `statements`: station_id, field, listing_id, value (text), source: what open listings say now, each
    field marked as stated. `plaques`: station_id, plaque, source. `choices`: CHOICE_COLUMNS, which listing and which rule gave each value.
    `caught_up`: corrections (decision_id) that give what the sources say by themselves.
    """

    stations: pd.DataFrame
    statements: pd.DataFrame
    plaques: pd.DataFrame
    issues: pd.DataFrame
    choices: pd.DataFrame
    caught_up: frozenset[str] = frozenset()


def merge(
    listings: pd.DataFrame, corrections: pd.DataFrame, programme_from: str | None = None, names: pd.DataFrame | None = None
) -> Merged:
    """Merge `listings` (fields of a listing, and source, row_key, line, station_id, is_open, closed_on, close_cause, first_seen_on, last_seen_on, is_on_latest
    (whether it stands on its source's latest list), trust).

    `corrections`: scope (listing or station), key, field, value and decision_id, oldest first; they beat the sources. Values of closed listings do not
    compete while a listing is open; a station without one is closed, with the `close_cause` of the listing that closed last, and keeps its last values. `programme_from`: see City. `names`: listings in which the name of a corrected code is looked up, if not in these.
    """
    names = listings if names is None else names
    right, on_listings, refused = corrected(listings, "listing_id", corrections[corrections["scope"] == "listing"], names)
    claims = competing(right)
    values, choices = _chosen(claims, programme_from)
    stations = _counted(listings).merge(values, on="station_id", how="left")
    of_stations = corrections[corrections["scope"] == "station"]
    stations, on_stations, refused_too = corrected(stations, "station_id", of_stations, names)
    issues = [frame for frame in (refused, refused_too, disputed(claims[claims["is_open"].astype(bool)], stations)) if len(frame)]
    is_open = listings[listings["is_open"].astype(bool)]
    return Merged(
        stations=stations[[*columns_of("station")]].astype({field.name: DTYPES[field.type] for field in _STATION}),
        statements=_statements(is_open),
        plaques=_plaques(is_open),
        issues=pd.concat(issues, ignore_index=True) if issues else no_issues(),
        choices=_marked(choices, on_listings[["key", "field"]], on_stations[["key", "field"]]),
        caught_up=_caught_up(corrections, listing=on_listings, station=on_stations),
    )


def _caught_up(corrections: pd.DataFrame, **applied: pd.DataFrame) -> frozenset[str]:
    """Decisions among the `corrections`, by scope, that give what the sources say."""
    said = [each.loc[each["is_said"].astype(bool), ["key", "field"]].assign(scope=scope) for scope, each in applied.items()]
    latest = corrections.drop_duplicates(["scope", "key", "field"], keep="last")
    return frozenset(latest.merge(pd.concat(said, ignore_index=True), on=["scope", "key", "field"])["decision_id"])


def _chosen(claims: pd.DataFrame, programme_from: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every chosen value, one row a station, and how each was chosen."""
    values = claims[["station_id"]].drop_duplicates().sort_values("station_id", ignore_index=True)
    told: list[pd.DataFrame] = []
    for rule in PICKS:
        won, choices = pick(claims, rule)
        values = values.merge(won, on="station_id", how="left")
        claims = claims.assign(**{f"chosen_{rule.field}": claims["station_id"].map(values.set_index("station_id")[rule.field])})
        told.append(choices)
    for field in UNIONS:
        joined, choices = _union(claims, field)
        values = values.merge(joined, on="station_id", how="left")
        told.append(choices)
    values, overruled = _ruled_batches(values, programme_from)
    choices = pd.concat(told, ignore_index=True)
    lost = (choices["field"] == "batch") & choices["station_id"].isin(overruled)
    return values, choices.assign(
        basis=choices["basis"].mask(lost, "rule"),
        listing_id=choices["listing_id"].mask(lost).astype("str"),
        source=choices["source"].mask(lost).astype("str"),
    )


def _ruled_batches(values: pd.DataFrame, programme_from: str | None) -> tuple[pd.DataFrame, pd.Series]:
    """Where even the best claim of a batch cannot be true of the place, the rule of kind and host; where no owner states one and the
    place opened before the programme, none. Also the stations overruled."""
    rule = ruled(values["kind"], values["host"])
    wrong = ~fits(values["batch"], values["kind"], values["host"]) & rule.notna()
    batch, basis = values["batch"].mask(wrong, rule), values["batch_basis"].mask(wrong, "rule")
    old = before(values["opened_on"], values["kind"], values["host"], programme_from) & basis.ne("owner").fillna(value=True)
    batch, basis = batch.mask(old, "none"), basis.mask(old, "date")
    return values.assign(batch=batch, batch_basis=basis), values.loc[wrong | old, "station_id"]


def _union(claims: pd.DataFrame, field: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts = _exploded(claims, field)
    lists = _joined(parts, field).reset_index()
    choices = lists[["station_id"]].assign(field=field, basis="union", listing_id=None, source=None, values=lists[field].str.count(";") + 1)
    return lists, choices[list(CHOICE_COLUMNS)].astype({"listing_id": "str", "source": "str"})


def _exploded(listings: pd.DataFrame, field: str, *by: str) -> pd.DataFrame:
    """One row a station (and `by`) and single value of a field whose values are joined by ;, sorted."""
    columns = ["station_id", field, *by]
    split = listings.loc[listings[field].notna(), columns]
    parts = split.assign(**{field: split[field].str.split(";")}).explode(field)
    return parts.astype({field: "str"}).drop_duplicates().sort_values(columns, ignore_index=True)


def _joined(parts: pd.DataFrame, field: str) -> pd.Series:
    """The values of each station of `parts`, which are sorted, joined by ;. An aggregation would make a series of every station first."""
    stations, texts = parts["station_id"].to_numpy(object), parts[field].to_numpy(object)
    first = np.flatnonzero(np.r_[True, stations[1:] != stations[:-1]]) if len(parts) else np.array([], dtype=np.int64)
    lists = [";".join(texts[start:end]) for start, end in pairwise([*first, len(texts)])]
    return pd.Series(lists, index=pd.Index(stations[first], name="station_id", dtype="str"), name=field, dtype="str")


def _counted(listings: pd.DataFrame) -> pd.DataFrame:
    """station_id, status, close_cause, first_seen_on, sources, listing_count."""
    is_open = listings["is_open"].astype(bool)
    by_station = listings.assign(one=is_open.astype("int64")).groupby("station_id", sort=True)
    counted = by_station.agg(first_seen_on=("first_seen_on", "min"), listing_count=("one", "sum")).reset_index()
    pairs = listings.loc[is_open, ["station_id", "source"]].drop_duplicates().sort_values(["station_id", "source"])
    sources = _joined(pairs, "source")
    status = (counted["listing_count"] > 0).map({True: "open", False: "closed"})
    last = listings.sort_values(["closed_on", "listing_id"], na_position="last").drop_duplicates("station_id", keep="last")
    causes = counted["station_id"].map(last.set_index("station_id")["close_cause"]).mask(status.eq("open"))
    return counted.assign(status=status, close_cause=causes.astype("str"), sources=counted["station_id"].map(sources))


def _statements(listings: pd.DataFrame) -> pd.DataFrame:
    keys = ["station_id", "field", "listing_id", "value"]
    said = listings[["station_id", "source", "listing_id", *_STATED]].astype(dict.fromkeys(_STATED, object))
    long = said.melt(["station_id", "source", "listing_id"], var_name="field", value_name="value").dropna(subset="value")
    return long.astype({"field": "str", "value": "str"})[[*keys, "source"]].sort_values(keys, ignore_index=True)


def _plaques(listings: pd.DataFrame) -> pd.DataFrame:
    return _exploded(listings, "plaques", "source").rename(columns={"plaques": "plaque"})


def disputed(claims: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """Issues of open listings whose owner states another batch than the station came to have. One that its own kind or host contradicts was told already."""
    batch = claims["station_id"].map(stations.set_index("station_id")["batch"])
    other = claims[claims["batch_basis"].eq("owner") & batch.notna() & claims["batch"].ne(batch)]
    lost = other[fits(other["batch"], other["kind"], other["host"])]
    shown = lost["batch"].map(_TITLES) + "（登记为" + batch.loc[lost.index].map(_TITLES) + "）"
    return issue_rows(RULES["batch_disputed"], lost, shown)


def _marked(choices: pd.DataFrame, on_listings: pd.DataFrame, on_stations: pd.DataFrame) -> pd.DataFrame:
    """Choices that a correction decided say so."""
    said = pd.MultiIndex.from_frame(choices[["listing_id", "field"]])
    by_listing = said.isin(pd.MultiIndex.from_frame(on_listings)) if len(on_listings) else [False] * len(choices)
    marked = choices.assign(basis=choices["basis"].mask(pd.Series(by_listing, index=choices.index), "correction"))
    set_by_hand = on_stations.rename(columns={"key": "station_id"}).assign(basis="correction", listing_id=None, source=None, values=1)
    kept = ~pd.MultiIndex.from_frame(marked[["station_id", "field"]]).isin(pd.MultiIndex.from_frame(set_by_hand[["station_id", "field"]]))
    both = pd.concat([frame for frame in (marked[kept], set_by_hand) if len(frame)] or [marked])
    return both[list(CHOICE_COLUMNS)].astype({"listing_id": "str", "source": "str"}).sort_values(["station_id", "field"], ignore_index=True)


_TITLES = {"renovated": "改造一批", "new_build": "新建一批", "co_branded": "挂建开放一批", "none": "不在三个一批"}

"""Nights of a city of any size, as frames that `warehouse.load.load_night` takes: the listings of `dedupe_large`, whose stations are known.

Per listing there is about what the sample city has: one pair, one plaque, ten statements, a row as the owner wrote it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.dedupe_large import large
from transforms.merge import Touched
from transforms.records import FIELDS
from warehouse.frames import empty_of
from warehouse.load import NightTables
from warehouse.tables import table

#: The first of the nights.
FIRST: Final = pd.Timestamp("2026-06-01")

_STATED: Final = [field.name for field in FIELDS if field.stated and "station" in field.on]


def iso(night: int) -> str:
    """The date of the night of that number, from 0."""
    return str((FIRST + pd.Timedelta(days=night)).date())


class City:
    """`count` listings and their stations; `change` makes the next night of them."""

    def __init__(self, count: int, seed: int = 1) -> None:
        drawn = large(count, seed)
        self._dice = np.random.default_rng([20261126, seed])
        self._plain = drawn.plain.to_json(orient="records", lines=True, force_ascii=False).splitlines()
        station = pd.Series(drawn.station).rank(method="dense").astype("int64")
        filled = self._filled(drawn.standardised)
        order = np.argsort(filled["listing_id"].to_numpy(object), kind="stable")  # as a night's frames come: by their key
        self.station = station.map("yz3402-{:010x}".format).astype("str").to_numpy(object)[order]
        self.listing = filled.take(order).reset_index(drop=True)
        self._changed: set[str] = set()

    def _filled(self, read: pd.DataFrame) -> pd.DataFrame:
        count = len(read)
        turn = np.arange(count)
        batch = np.array(["renovated", "new_build", "co_branded", "none"], dtype=object)[turn % 4]
        batch[turn % 4 == 3] = None
        constant: dict[str, Any] = {
            "row_digest": pd.util.hash_pandas_object(read, index=False).map("{:064x}".format),
            "verbatim": pd.Series(self._plain, dtype="str"),
            "row_key": read["listing_id"].str.split(":").str[1],
            "address": read["road"].fillna("") + read["number"].fillna("") + read["landmark"].fillna(""),
            "host": read["organisation"],
            "batch": pd.Series(batch, dtype="str"),
            "batch_basis": "owner",
            "plaques": "gonghui_yizhan",
            "hours": "Mo-Fr 08:30-12:00,14:00-17:30",
            "hours_text": "周一至周五 8:30-12:00，14:00-17:30",
            "facilities": "charging;microwave;water",
            "opened_on": pd.Series(np.array(["2025-06-01", None], dtype=object)[turn % 2], dtype="str"),
            "position_basis": "given",
            "is_open": True,
            "first_seen_on": iso(0),
            "missed": 0,
        }
        return _of("listing", read.assign(**constant))

    def change(self, share: float) -> None:
        """Give that share of the listings another name, another house number and the row that says so."""
        changed = self._dice.choice(len(self.listing), max(1, round(len(self.listing) * share)), replace=False)
        for name, with_ in (("name", "新"), ("number", "1"), ("address", "1"), ("verbatim", " ")):
            cells = self.listing[name].to_numpy(object).copy()
            cells[changed] = [("" if pd.isna(cell) else cell) + with_ for cell in cells[changed]]
            self.listing = self.listing.assign(**{name: pd.Series(cells, dtype="str")})
        digests = self.listing["row_digest"].to_numpy(object).copy()
        digests[changed] = pd.util.hash_pandas_object(self.listing.iloc[changed], index=False).map("{:064x}".format)
        self.listing = self.listing.assign(row_digest=pd.Series(digests, dtype="str"))
        self._changed.update(self.listing["listing_id"].iloc[changed])

    def ranked(self) -> pd.DataFrame:
        """The listings as a night gives them to the merge."""
        return self.listing.assign(
            station_id=pd.Series(self.station, dtype="str"), trust=50, carried=False, last_seen_on=iso(0), is_on_latest=True, line="1"
        )

    def tables(self, night: int) -> NightTables:
        """All that the night of that number loads, after the first what changed since the one before."""
        whole, listings = self._whole(night), frozenset(self._changed)
        self._changed.clear()
        if night == 0:
            return whole
        members = whole.station_listing
        again = Touched(listings, frozenset(members.loc[members["listing_id"].isin(listings), "station_id"]))
        of_listings = {name: getattr(whole, name) for name in ("listing", "station_listing")}
        of_stations = {name: getattr(whole, name) for name in ("station", "statement", "plaque")}
        return replace(
            whole,
            touched=again,
            **{name: frame[frame["listing_id"].isin(again.listings)] for name, frame in of_listings.items()},
            **{name: frame[frame["station_id"].isin(again.stations)] for name, frame in of_stations.items()},
        )

    def _whole(self, night: int) -> NightTables:
        listing = self.listing.assign(station_id=pd.Series(self.station, dtype="str"))
        grouped = listing.groupby("station_id", sort=False)
        station = (
            listing.drop_duplicates("station_id")
            .sort_values("station_id")
            .assign(
                status="open",
                listing_count=lambda frame: frame["station_id"].map(grouped.size()),
                sources=lambda frame: frame["station_id"].map(_joined(listing)),
            )
        )
        events = station[["station_id"]].assign(event="opened", cause="listed", source="union").head(len(station) if night == 0 else 0)
        nobody = {"source": ["union"]}
        return NightTables(
            state="published",
            fingerprint="f" * 64,
            model_fingerprint="m" * 64,
            counts={},
            run={
                "run_id": f"run-{night}",
                "started_at": f"{iso(night)}T02:00:00+08:00",
                "ended_at": f"{iso(night)}T02:01:00+08:00",
                "state": "published",
                "is_full": False,
                "publication": None,
                "reason": None,
            },
            retrieval=_of("retrieval", pd.DataFrame()),
            issue=_of("issue", pd.DataFrame()),
            quarantine=_of("quarantine", pd.DataFrame()),
            source_night=_of("source_night", _figures(listing, iso(night))),
            listing=self.listing,
            pair=_pairs(listing),
            station=_of("station_history", station),
            station_listing=listing[["listing_id", "station_id"]],
            station_redirect=_of("station_redirect", pd.DataFrame()),
            station_event=_of("station_event", events),
            statement=_statements(listing),
            plaque=listing[["station_id", "source"]].drop_duplicates().assign(plaque="gonghui_yizhan").sort_values(["station_id", "source"]),
            decision_end=_of("decision_end", pd.DataFrame()),
            owner=_of("owner", pd.DataFrame(nobody).assign(owner_name="市总工会", title="名单", kind="union_station", trust=50, due="", max_age_days=60, licence="内部")),
        )  # fmt: skip


def _of(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the columns and types of the table, absent ones empty."""
    empty = empty_of(table(name))
    types = {column: dtype for column, dtype in empty.dtypes.items() if not str(dtype).startswith("datetime")}
    return rows.reindex(columns=empty.columns).astype(types)


def _joined(listing: pd.DataFrame) -> pd.Series:
    """The sources of each station, sorted, joined by ;."""
    told = listing[["station_id", "source"]].drop_duplicates().sort_values(["station_id", "source"])
    return told.groupby("station_id")["source"].agg(";".join)


def _pairs(listing: pd.DataFrame) -> pd.DataFrame:
    """Each listing with the next of its station, and as many that are not one: about one pair a listing, as in the sample city."""
    ordered = listing[["listing_id", "station_id"]].sort_values(["station_id", "listing_id"], ignore_index=True)
    beside = pd.DataFrame({"a": ordered["listing_id"][:-1].to_numpy(object), "b": ordered["listing_id"][1:].to_numpy(object)})
    is_same = ordered["station_id"][:-1].to_numpy(object) == ordered["station_id"][1:].to_numpy(object)
    levels = '{"address": "equal", "distance": "d100", "name": "close", "phone": "missing"}'
    found = pd.DataFrame(
        {
            "left_id": beside.min(axis=1),
            "right_id": beside.max(axis=1),
            "weight_mb": np.where(is_same, 9000, -3000),
            "levels": levels,
            "is_review": False,
            "verdict": None,
        }
    )
    return _of("pair", found.sort_values(["left_id", "right_id"]))


def _statements(listing: pd.DataFrame) -> pd.DataFrame:
    """What each listing says of its station, field by field."""
    told = [
        listing.loc[listing[name].notna(), ["station_id", "listing_id", "source", name]].rename(columns={name: "value"}).assign(field=name)
        for name in _STATED
    ]
    return pd.concat(told, ignore_index=True).sort_values(["station_id", "field", "listing_id", "value"], ignore_index=True)


def _figures(listing: pd.DataFrame, night: str) -> pd.DataFrame:
    counts = listing.groupby("source").size().rename("rows_read").reset_index()
    same = dict.fromkeys(("accepted", "open_before", "open_after"), counts["rows_read"])
    return counts.assign(**same, held_back=0, ignored=0, opened=0, closed=0, carried=0, is_stopped=False, last_good_on=night)

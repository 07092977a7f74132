"""Identity: a station's id is minted from its anchor, so that it hangs on what belongs together and not on the path that led there.

The anchor of a cluster is the listing seen first, then the more trusted source's, then the lesser listing id. The cluster takes its
anchor's id; every other published id that one of its listings minted redirects to it. Closed listings remain anchors. Nothing is read of
earlier clusters, so merging and splitting again gives back the same ids, in whatever order decisions came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

#: Hex digits of an id, and of the id of a listing whose own was taken. Of a million listings two mint one id with a chance of 37 %: whoever came first
#: has it for good, and the other's is long enough never to meet a third.
_DIGITS: Final = 10
_MORE_DIGITS: Final = 24


class IdentityError(ValueError):
    """A listing is unknown."""


@dataclass(frozen=True, slots=True)
class Identified:
    """`station_listing`: listing_id, station_id, sorted. `redirects`: from_id, to_id, sorted; each to_id is a station of tonight."""

    station_listing: pd.DataFrame
    redirects: pd.DataFrame


def station_id(listing_id: str, city_code: str, digits: int = _DIGITS) -> str:
    """The id that a listing mints when it is an anchor: `yz3402-` and ten hex digits."""
    return f"yz{city_code}-{hashlib.sha256(listing_id.encode()).hexdigest()[:digits]}"


def _minted(known: pd.DataFrame, city_code: str) -> list[str]:
    """The id that each listing mints: its own, a longer one where a listing that was seen before it (then of a lesser id) has the same."""
    minted = pd.Series([station_id(str(listing_id), city_code) for listing_id in known["listing_id"]], index=known.index)
    if minted.duplicated().any():
        of_two = known[minted.duplicated(keep=False)].sort_values(["first_seen_on", "listing_id"])
        later = of_two.index[minted[of_two.index].duplicated()]
        longer = {at: station_id(str(known["listing_id"][at]), city_code, _MORE_DIGITS) for at in later}
        return [longer.get(at, own) for at, own in minted.items()]
    return minted.tolist()


def identify(
    clusters: pd.DataFrame, listings_ever: pd.DataFrame, city_code: str, prior: pd.DataFrame, published: Iterable[str] = ()
) -> Identified:
    """Station ids of `clusters` (listing_id, cluster).

    `listings_ever`: listing_id, first_seen_on, trust; those in no cluster stand alone. `prior`: listing_id, station_id of
    the night before; its ids, and those in `published` (every id that ever stood in the register or in a redirect), go on resolving.
    Raises IdentityError.
    """
    strangers = clusters.loc[~clusters["listing_id"].isin(listings_ever["listing_id"]), "listing_id"]
    if len(strangers):
        raise IdentityError(f"登记 {strangers.iloc[0]} 不在历年登记中，无法定号")
    known = listings_ever[["listing_id", "first_seen_on", "trust"]].merge(
        clusters[["listing_id", "cluster"]], on="listing_id", how="left", validate="one_to_one"
    )
    known["minted"] = _minted(known, city_code)
    alone = "alone:" + known["listing_id"]
    known["group"] = alone.where(known["cluster"].isna(), "cluster:" + known["cluster"].astype("Int64").astype("str"))
    # the id and not the row key, which an owner may change: a station would change hands with its owner's numbers
    known = known.sort_values(["first_seen_on", "trust", "listing_id"], ascending=[True, False, True])
    known["station_id"] = known.groupby("group", sort=False)["minted"].transform("first")
    ever = {*prior["station_id"], *published}
    moved = known[(known["minted"] != known["station_id"]) & known["minted"].isin(ever)]
    return Identified(
        known[["listing_id", "station_id"]].sort_values("listing_id").reset_index(drop=True).astype("str"),
        moved[["minted", "station_id"]].set_axis(["from_id", "to_id"], axis=1).sort_values("from_id").reset_index(drop=True).astype("str"),
    )

"""What the network is made of at night 0: kinds of station by batch, and which owners list which share of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.station import Batch


@dataclass(frozen=True, slots=True)
class Grade:
    """`count` stations of one kind (and brand, rank) in one batch; `shares` is the share of them that each source lists."""

    kind: str
    batch: Batch
    count: int
    brand: str = ""
    rank: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)


#: The published totals: 415 renovated, 144 new, 318 co-branded, 63 from before the programme; 940 in all.
BATCH_TOTALS: Final[dict[Batch, int]] = {"renovated": 415, "new_build": 144, "co_branded": 318, "none": 63}

#: Share of the stations that no list of these six has, whatever the shares below say (their owners come later); firms list their own always.
UNLISTED: Final = 0.07

_POST: Final = {"union": 0.66, "civilization": 0.42, "telecom_tower": 0.80}
_KIOSK: Final = {"union": 0.45, "telecom_tower": 1.0, "telecom_mobile": 0.4}
_UNION: Final = {"union": 1.0, "civilization": 0.32, "telecom_tower": 0.45}

GRADES: Final = (
    Grade("civ_centre", "renovated", 7, rank="中心", shares={"civilization": 1.0, "union": 0.5}),
    Grade("party_centre", "renovated", 40, rank="街道", shares={"civilization": 1.0, "union": 0.85, "telecom_tower": 0.3}),
    Grade("party_centre", "renovated", 170, rank="社区", shares={"civilization": 0.9, "union": 0.84, "telecom_tower": 0.4}),
    Grade("community_centre", "renovated", 40, shares={"civilization": 0.7, "union": 0.75, "telecom_tower": 0.35}),
    Grade("city_post", "renovated", 100, shares=_POST),
    Grade("union_station", "renovated", 58, shares=_UNION),
    Grade("mall", "new_build", 36, shares={"union": 0.9, "civilization": 0.4, "telecom_tower": 0.65}),
    Grade("office_tower", "new_build", 30, shares={"union": 0.9, "civilization": 0.35, "telecom_tower": 0.65}),
    Grade("park", "new_build", 38, shares={"union": 0.8, "civilization": 0.45, "telecom_tower": 0.8}),
    Grade("telecom_cabin", "new_build", 22, shares={"union": 0.55, "telecom_tower": 1.0}),
    Grade("telecom_kiosk", "new_build", 18, shares=_KIOSK),
    Grade("bank_outlet", "co_branded", 62, brand="icbc", rank="支行", shares={"bank_icbc": 1.0, "union": 0.8, "civilization": 0.34}),
    Grade("bank_self_service", "co_branded", 10, brand="icbc", rank="自助银行", shares={"bank_icbc": 1.0, "union": 0.5}),
    Grade("bank_outlet", "co_branded", 108, brand="rural", rank="支行", shares={"bank_rural": 1.0, "union": 0.76, "civilization": 0.34}),
    Grade(
        "telecom_hall",
        "co_branded",
        92,
        brand="mobile",
        rank="营业厅",
        shares={"telecom_mobile": 1.0, "union": 0.8, "telecom_tower": 0.32, "civilization": 0.3},
    ),
    Grade("merchant", "co_branded", 46, shares={"union": 0.9, "civilization": 0.35, "telecom_tower": 0.15}),
    Grade("union_station", "none", 33, shares=_UNION),
    Grade("city_post", "none", 18, shares=_POST),
    Grade("telecom_kiosk", "none", 12, shares=_KIOSK),
)

#: Small pool of firms' own lists at any scale: the sources that list a brand's outlets always.
OWN_LIST: Final = {"icbc": "bank_icbc", "rural": "bank_rural", "mobile": "telecom_mobile"}

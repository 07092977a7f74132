"""What of a listing is compared, as arrays: text as codes and character sets, phones as a small matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.dedupe.core import cores, organisations
from transforms.dedupe.levels import BROAD, FAMILIES
from transforms.dedupe.premises import premises
from transforms.dedupe.spelling import is_spelled_by_runs, spelled
from transforms.standardise.latin import is_latin
from transforms.standardise.position import OFFSETS, datum_offsets

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint64]
Marks = npt.NDArray[np.bool_]

#: A phone or credit code on more listings than this is a switchboard or a head office: no evidence of one place. A station is on at
#: most as many lists as a city has owners of overlapping kinds (six in the sample city).
SHARED_BY_AT_MOST: Final = 8

#: Words of a character set: 256 bits keep false common characters of two eight-character names near one in four pairs of names.
_WORDS: Final = 4

#: From this many common characters on a name is hardly met twice by chance; of Latin letters, common runs of three: two words of five.
_LONG, _LONG_LATIN = 4, 9

#: Characters that number or orient a place: 一店 and 二店, 东区 and 西区 are two places however alike the rest is.
_MARKERS: Final = "0123456789一二三四五六七八九十东南西北上下前后左右甲乙丙丁ABCDEF"
_DIGITS: Final = str.maketrans("一二三四五六七八九", "123456789")

#: Hot lines: 400 and 800 numbers and short codes (95588, 12345, 110) reach an organisation, not a place.
_HOT_LINE: Final = r"^(?:[48]00|\d{3,6}$)"

#: Area codes: half of the owners of one city leave theirs out.
_AREA: Final = r"\b0\d{2,3}-(?=\d{7,8}\b)"

#: A landmark worth the name: 门前, 商铺 and shop numbers are everywhere.
_NAMED: Final = r"[^\d-]{3,}"

#: Days before the spans of opening hours: half of the owners leave them out.
_DAYS: Final = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:[-,](?:Mo|Tu|We|Th|Fr|Sa|Su|PH))* "

_PHONES: Final = 4


@dataclass(frozen=True, slots=True)
class Words:
    """A text column as codes of its distinct values (−1: absent), with a set of its characters, their count, and the count of
    common ones that is hardly met by chance, a distinct value."""

    code: Ints
    values: tuple[str, ...]
    bits: Bits
    size: Ints
    long: Ints


@dataclass(frozen=True, slots=True)
class Features:
    """Listings in listing_id order, one element a listing. Codes are −1 where the field is absent, positions NaN."""

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    source: Ints
    text: Mapping[str, pd.Series]
    core: Words
    core_is_area: Marks
    core_stem: Ints
    core_marks: Ints
    organisation: Words
    kind: Ints
    family: Ints
    is_guest: Marks
    is_broad: Marks
    trade: Ints
    sort: Ints
    community: Ints
    town: Ints
    county: Ints
    road: Ints
    number: Ints
    number_base: Ints
    number_value: Ints
    building: Ints
    landmark: Ints
    lng: Floats
    lat: Floats
    shifts: Floats
    phones: Ints
    contacts: Ints
    credit: Ints
    plaques: Ints
    hours: Ints
    facilities: Ints
    opened: Ints
    opened_month: Ints

    def __len__(self) -> int:
        return len(self.ids)


def features(listings: pd.DataFrame) -> Features:
    """Arrays of `listings` (columns of the listing stage; all but listing_id may be missing), sorted by listing_id so that row order is nothing.

    Raises ValueError when a listing_id occurs twice.
    """
    frame = listings.sort_values("listing_id", kind="stable").reset_index(drop=True)
    if frame["listing_id"].duplicated().any():
        twice = frame.loc[frame["listing_id"].duplicated(), "listing_id"].iloc[0]
        raise ValueError(f"登记编号 {twice} 出现两次，无法比较")
    lng, lat = _number(frame, "lng_wgs84"), _number(frame, "lat_wgs84")
    text = {name: _text(frame, name) for name in _TEXTS}
    sources, source = _sorted_codes(text["source"])
    trades, sorts = premises(text["name"], text["host"], text["kind"])
    text["name_core"] = cores(text["name_core"], text["county"], trades)
    text["organisation"] = organisations(text["organisation"])
    core = _words(text["name_core"])
    area = _is_area(text["name_core"], text["road"], text["community"], text["county"])
    numbers = text["number"].where(text["road"] != "", "")
    base = numbers.str.extract(r"^(\d+)", expand=False).fillna("")
    stems, marks = _numbered(text["name_core"])
    kinds = text["kind"]
    families = kinds.map(FAMILIES).fillna(kinds)
    return Features(
        ids=tuple(frame["listing_id"]),
        sources=sources,
        source=source,
        text={**text, "stem": stems, "family": families, "trade": trades},
        core=core,
        core_is_area=area,
        core_stem=_codes(stems),
        core_marks=_codes(marks),
        organisation=_words(text["organisation"]),
        kind=_codes(kinds),
        family=_codes(families),
        is_broad=kinds.isin(BROAD).to_numpy(np.bool_),
        trade=_codes(trades),
        sort=_codes(sorts),
        is_guest=(families == "guest").to_numpy(np.bool_),
        community=_codes(text["community_code"]),
        town=_codes(text["town_code"]),
        county=_codes(text["county_code"]),
        road=_codes(text["road"]),
        number=_codes(numbers),
        number_base=_codes(base),
        number_value=pd.to_numeric(base.where(base.str.len() < 7), errors="coerce").fillna(-1).to_numpy(np.int64),
        building=_codes(text["building"]),
        landmark=_codes(text["landmark"].where(text["landmark"].str.fullmatch(_NAMED), "")),
        lng=lng,
        lat=lat,
        shifts=_shifts(lng, lat),
        phones=_matrix(text["phones"].str.replace(_AREA, "", regex=True), hot_lines=False),
        contacts=_matrix(text["contact_phone"], hot_lines=True),
        credit=_rare(_codes(text["credit_code"])),
        plaques=_masks(text["plaques"]),
        hours=_codes(text["hours"].str.replace(_DAYS, "", regex=True)),
        facilities=_masks(text["facilities"]),
        opened=_codes(text["opened_on"].where(~text["opened_on"].str.endswith("-01"), "")),
        opened_month=_codes(text["opened_on"].str[:7]),
    )


_TEXTS: Final = (
    "source",
    "name",
    "host",
    "name_core",
    "organisation",
    "kind",
    "county_code",
    "town_code",
    "community_code",
    "road",
    "number",
    "building",
    "landmark",
    "phones",
    "contact_phone",
    "credit_code",
    "plaques",
    "city_code",
    "county",
    "community",
    "hours",
    "facilities",
    "opened_on",
)


def family_of(kind: str) -> str:
    """The trade of a kind; a kind that nobody declared is a trade of its own."""
    return FAMILIES.get(kind, kind)


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        return pd.Series([""] * len(frame), dtype="str")
    return frame[name].astype("str").fillna("").reset_index(drop=True)


def _number(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].astype("float64"), dtype=np.float64)


def _shifts(lng: Floats, lat: Floats) -> Floats:
    """East and north metres by which each of three wrong datums moves a listing: shape (listings, 3, 2), NaN without a position.

    Taken at the middle of the listing's cell of 0.01°, across which the vectors change by less than a metre or two.
    """
    cells = np.round(np.stack([lng, lat], axis=1), 2)
    distinct, which = np.unique(cells, axis=0, return_inverse=True)
    vectors = datum_offsets(distinct[:, 0], distinct[:, 1])
    wanted = [OFFSETS.index(pair) for pair in (("WGS-84", "GCJ-02"), ("WGS-84", "BD-09"), ("GCJ-02", "BD-09"))]
    return np.asarray(np.stack([vectors[at] for at in wanted], axis=1)[which.reshape(-1)])


def _numbered(core: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Cores without what numbers or orients them, and that alone. In Latin letters only figures do: A to F are in every word."""
    latin = core.map(is_latin).astype(np.bool_)
    stems = core.str.translate(str.maketrans("", "", _MARKERS)).where(~latin, core.str.replace(r"\d+", "", regex=True))
    marks = core.str.replace(f"[^{_MARKERS}]", "", regex=True).str.translate(_DIGITS)
    return stems, marks.where(~latin, core.str.replace(r"\D+", " ", regex=True).str.strip())


def _is_area(core: pd.Series, *areas: pd.Series) -> Marks:
    """Whether the core is no more than the name of the listing's own road, community or county: neighbours are called the same."""
    plain = core.str.removesuffix("社区").str.removesuffix("村")
    found = np.zeros(len(core), dtype=np.bool_)
    for area in areas:
        found |= ((plain == area.str.removesuffix("社区").str.removesuffix("村")) & (core != "")).to_numpy(np.bool_)
    return found


def _sorted_codes(column: pd.Series) -> tuple[tuple[str, ...], Ints]:
    codes, values = pd.factorize(column, sort=True)
    return tuple(str(value) for value in values), codes.astype(np.int64)


def _codes(column: pd.Series) -> Ints:
    codes = pd.factorize(column.where(column != ""))[0]
    return codes.astype(np.int64)


def _words(column: pd.Series) -> Words:
    codes, values = pd.factorize(column.where(column != ""))
    texts = tuple(str(value) for value in values)
    characters = tuple(map(spelled, texts))
    latin = np.fromiter(map(is_spelled_by_runs, characters), np.bool_, len(texts))
    sizes = np.array([len(set(text)) for text in characters], dtype=np.int64)
    sets = character_sets(characters, 2 * _WORDS if latin.any() else _WORDS)
    return Words(codes.astype(np.int64), texts, sets, sizes, np.where(latin, _LONG_LATIN, _LONG))


def character_sets(texts: tuple[str, ...], width: int = _WORDS) -> Bits:
    """A bit set of each text's characters, hashed by code point (fixed, so that runs agree): shape (texts, width)."""
    bits = np.zeros((len(texts), width), dtype=np.uint64)
    if texts:
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        spots = (points * np.uint64(0x9E3779B1) >> np.uint64(7)) % np.uint64(64 * width)
        np.bitwise_or.at(bits, (rows, (spots >> np.uint64(6)).astype(np.int64)), np.uint64(1) << (spots & np.uint64(63)))
    return bits


def _rare(codes: Ints) -> Ints:
    """Codes with those shared by too many listings taken out."""
    if not (codes >= 0).any():
        return codes
    counts = np.bincount(codes[codes >= 0])
    rare = np.append(counts <= SHARED_BY_AT_MOST, False)
    return np.where(rare[codes], codes, -1)


def _matrix(column: pd.Series, *, hot_lines: bool) -> Ints:
    """Codes of up to four values a cell (joined by ;), −1 elsewhere; hot lines and widely shared ones left out."""
    parts = column.str.split(";").explode()
    kept = parts[parts != ""]
    if not hot_lines:
        kept = kept[~kept.str.contains(_HOT_LINE, regex=True)]
    codes = _rare(pd.factorize(kept)[0].astype(np.int64))
    places = kept.groupby(level=0).cumcount().to_numpy(np.int64)
    matrix = np.full((len(column), _PHONES), -1, dtype=np.int64)
    inside = places < _PHONES
    matrix[kept.index.to_numpy(np.int64)[inside], places[inside]] = codes[inside]
    return matrix


def _masks(column: pd.Series) -> Ints:
    """Sets of plaques as bits; a 63rd plaque and later ones share the last bit."""
    parts = column.str.split(";").explode()
    kept = parts[parts != ""]
    codes = np.minimum(pd.factorize(kept, sort=True)[0], 62).astype(np.int64)
    masks = np.zeros(len(column), dtype=np.int64)
    np.bitwise_or.at(masks, kept.index.to_numpy(np.int64), np.int64(1) << codes)
    return masks

"""What of a listing is compared, as arrays: text as codes and character sets, phones as a small matrix."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.dedupe.coded import Coded, coded, joint_codes, packed_codes, sorted_distinct
from transforms.dedupe.coded import Ints as Ints  # noqa: PLC0414 - others take it from here
from transforms.dedupe.coded import Marks as Marks  # noqa: PLC0414
from transforms.dedupe.core import cores, organisations
from transforms.dedupe.levels import BROAD, FAMILIES
from transforms.dedupe.premises import premises
from transforms.dedupe.spelling import spelled
from transforms.standardise.latin import is_latin
from transforms.standardise.position import OFFSETS, datum_offsets

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

#: A phone or credit code on more listings than this is a switchboard or a head office: no evidence of one place. A station is on at
#: most as many lists as a city has owners of overlapping kinds (six in the sample city).
SHARED_BY_AT_MOST: Final = 8

#: Words of a character set: 256 bits keep false common characters of two eight-character names near one in four pairs of names.
_WORDS: Final = 4

#: Characters that number or orient a place: 一店 and 二店, 东区 and 西区 are two places however alike the rest is.
_MARKERS: Final = "0123456789一二三四五六七八九十东南西北上下前后左右甲乙丙丁ABCDEF"
_DIGITS: Final = str.maketrans("一二三四五六七八九", "123456789")

#: Hot lines: 400 and 800 numbers and short codes (95588, 12345, 110) reach an organisation, not a place.
_HOT_LINE: Final = r"^(?:[48]00|\d{3,6}$)"

#: Area codes: half of the owners of one city leave theirs out.
_AREA: Final = r"\b0\d{2,3}-(?=\d{7,8}\b)"
_AREA_ASCII: Final = r"\b0\d{2,3}-(\d{7,8})\b"

#: A landmark worth the name: 门前, 商铺 and shop numbers are everywhere.
_NAMED: Final = r"[^\d-]{3,}"

#: Days before the spans of opening hours: half of the owners leave them out.
_DAYS: Final = r"(?:Mo|Tu|We|Th|Fr|Sa|Su|PH)(?:[-,](?:Mo|Tu|We|Th|Fr|Sa|Su|PH))* "

_PHONES: Final = 4

#: From this many common characters on a name is hardly met twice by chance; of Latin letters, common runs of three: two words of five.
_LONG, _LONG_LATIN = 4, 9

#: Columns of `Features.related`, by eights: of place, of name and kind, and the rest.
RELATED: Final = (
    *("community", "town", "county", "road", "number", "number_base", "building", "landmark"),
    *("core", "core_stem", "core_marks", "organisation", "kind", "family", "trade", "sort"),
    *("credit", "hours", "opened", "opened_month", "phone", "contact", "spare_1", "spare_2"),
)

#: Bits of `Features.marks`, from the lowest: a kind that holds houses of every trade, a kind that stands in anyone's premises, a core that is
#: but the name of a road, community or county, a core long enough to be hardly met twice by chance.
MARKS: Final = ("is_broad", "is_guest", "core_is_area", "core_is_long")


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
    """Listings in listing_id order, one element a listing. Codes are −1 where the field is absent, positions NaN.

    `related` holds the codes that are compared for being the same, a column each of RELATED; `marks` the bits of MARKS, `namesakes` places in NAMESAKES. `text` holds columns as written or cleaned (city_code, landmark, name_core, organisation, trade, hours) for whoever needs more than codes;
    `shift_lengths` are those of the `shifts` (metres) and `shift_reach` the longest; `told` names those of plaques and facilities that any has.
    """

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    source: Ints
    text: Mapping[str, Coded]
    core: Words
    organisation: Words
    related: Ints
    namesakes: Ints
    marks: Bytes
    number_value: Ints
    lng: Floats
    lat: Floats
    shifts: Floats
    shift_lengths: Floats
    shift_reach: float
    phones: Ints
    contacts: Ints
    plaques: Ints
    facilities: Ints
    told: frozenset[str]

    def column(self, name: str) -> Ints:
        """A column of `related`."""
        return self.related[:, RELATED.index(name)]

    @property
    def community(self) -> Ints:
        """Codes of communities."""
        return self.column("community")

    @property
    def core_is_area(self) -> Marks:
        """Whether the core is but the name of a road, community or county."""
        return np.asarray(self.marks >> MARKS.index("core_is_area") & 1, dtype=np.bool_)

    @property
    def road(self) -> Ints:
        """Codes of roads."""
        return self.column("road")

    def __len__(self) -> int:
        return len(self.ids)


def features(listings: pd.DataFrame) -> Features:
    """Arrays of `listings` (columns of the listing stage; all but listing_id may be missing), sorted by listing_id so that row order is nothing.

    Raises ValueError when a listing_id occurs twice.
    """
    ids, order = _in_order(listings["listing_id"])
    lng, lat = _number(listings, "lng_wgs84", order), _number(listings, "lat_wgs84", order)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy and arrow work without Python's lock
        columns = [listings[name] if name in listings.columns else None for name in _TEXTS]
        text = dict(zip(_TEXTS, pool.map(lambda column: coded(column, len(ids), order), columns), strict=True))
        known: list[Future[Any]] = [
            pool.submit(_matrix, text["phones"], hot_lines=False),
            pool.submit(_matrix, text["contact_phone"], hot_lines=True),
            pool.submit(_masks, text["plaques"]),
            pool.submit(_masks, text["facilities"]),
            pool.submit(_shifts, lng, lat),
        ]
        trade, sort = premises(text.pop("name"), text.pop("host"), text["kind"])
        phones, contacts, plaques, facilities, shifts = (each.result() for each in known)
    sources, source = _sorted_codes(text["source"])
    core = cores(text["name_core"], text["county"], trade)
    organisation = organisations(text["organisation"])
    number = Coded(np.where(text["road"].code >= 0, text["number"].code, -1).astype(np.int32), text["number"].values)
    base = number.mapped(lambda values: values.str.extract(r"^(\d+)", expand=False).fillna(""))
    figures = pd.to_numeric(base.values.where(base.values.str.len() < 7), errors="coerce").fillna(-1).to_numpy(np.int32)
    kind, opened = text["kind"], text["opened_on"]
    family = kind.mapped(lambda values: values.map(FAMILIES).fillna(values))
    landmark = text["landmark"]
    lengths, words = np.hypot(shifts[:, :, 0], shifts[:, :, 1]), _words(core)
    related = {
        "community": text["community_code"].code,
        "town": text["town_code"].code,
        "county": text["county_code"].code,
        "road": text["road"].code,
        "number": number.code,
        "number_base": base.code,
        "building": text["building"].code,
        "landmark": landmark.where(landmark.values.str.fullmatch(_NAMED).to_numpy(np.bool_)),
        "core": core.code,
        "core_stem": core.mapped(_stems).code,
        "core_marks": core.mapped(_marks).mapped(lambda marks: marks.str.translate(_DIGITS)).code,
        "organisation": organisation.code,
        "kind": kind.code,
        "family": family.code,
        "trade": trade.code,
        "sort": sort.code,
        "credit": _rare(text["credit_code"].code),
        "hours": text["hours"].mapped(lambda values: values.str.replace(_DAYS, "", regex=True)).code,
        "opened": opened.where(~opened.values.str.endswith("-01").to_numpy(np.bool_)),
        "opened_month": opened.mapped(lambda values: values.str[:7]).code,
        "phone": phones[:, 0],
        "contact": contacts[:, 0],
    }
    marks = {
        "is_broad": kind.per_listing(kind.values.isin(BROAD).to_numpy(np.bool_), absent=False),
        "is_guest": family.per_listing((family.values == "guest").to_numpy(np.bool_), absent=False),
        "core_is_area": _is_area(core, text["road"], text["community"], text["county"]),
        "core_is_long": core.per_listing(np.bitwise_count(words.bits).sum(axis=1) >= words.long, absent=False),
    }
    return Features(
        ids=ids,
        sources=sources,
        source=source,
        text={
            "city_code": text["city_code"],
            "landmark": landmark,
            "name_core": core,
            "organisation": organisation,
            "trade": trade,
            "hours": text["hours"],
        },
        core=words,
        organisation=_words(organisation),
        related=_beside([related.get(name) for name in RELATED], len(ids)),
        namesakes=_namesakes(text["city_code"].code, core.code, source),
        marks=np.sum([mark.astype(np.uint8) << at for at, mark in enumerate(marks[name] for name in MARKS)], axis=0, dtype=np.uint8),
        number_value=base.per_listing(figures, absent=-1),
        lng=lng,
        lat=lat,
        shifts=shifts,
        shift_lengths=lengths,
        shift_reach=float(np.max(lengths, initial=0.0, where=np.isfinite(lengths))),
        phones=phones,
        contacts=contacts,
        plaques=plaques,
        facilities=facilities,
        told=frozenset(name for name in ("plaques", "facilities") if (text[name].code >= 0).any()),
    )


#: Listings of one name on one list, in a city, from which each level of NAMESAKES but the first begins.
_NAMESAKES: Final = (2, 3, 6)


def _namesakes(city: Ints, core: Ints, source: Ints) -> Ints:
    """The place in NAMESAKES of each listing's core name."""
    held, which, counts = np.unique(packed_codes((city + 1, core + 1, source)), return_inverse=True, return_counts=True)
    first = np.full(len(held), len(core), dtype=np.int64)
    np.minimum.at(first, which, np.arange(len(core)))
    names, name = np.unique(packed_codes((city[first] + 1, core[first] + 1)), return_inverse=True)
    most = np.zeros(len(names), dtype=np.int64)
    np.maximum.at(most, name, counts)
    return np.searchsorted(_NAMESAKES, most[name[which]], side="right").astype(np.int16)


def _beside(columns: Sequence[Ints | None], count: int) -> Ints:
    """The columns side by side, a listing's all in one place of memory."""
    table = np.full((count, len(columns)), -1, dtype=np.int32)
    for at, column in enumerate(columns):
        if column is not None:
            table[:, at] = column
    return table


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


def _in_order(column: pd.Series) -> tuple[tuple[str, ...], Ints | None]:
    """Listing ids in order, and the row that each came from (None where they were in order already)."""
    ids = pa.array(column.astype("str"), type=pa.large_string())
    order = None if len(ids) < 2 or pc.all(pc.less(ids[:-1], ids[1:])).as_py() else pc.sort_indices(ids)
    if order is not None:
        ids = ids.take(order)
        twice = pc.equal(ids[:-1], ids[1:]).to_numpy(zero_copy_only=False)
        if twice.any():
            raise ValueError(f"登记编号 {ids[int(np.argmax(twice))]} 出现两次，无法比较")
    return tuple(ids.to_pylist()), None if order is None else order.to_numpy().astype(np.int64)


def _number(frame: pd.DataFrame, name: str, order: Ints | None) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    column = np.asarray(frame[name].astype("float64"), dtype=np.float64)
    return column if order is None else column[order]


def _shifts(lng: Floats, lat: Floats) -> Floats:
    """East and north metres by which each of three wrong datums moves a listing: shape (listings, 3, 2), NaN without a position.

    Taken at the middle of the listing's cell of 0.01°, across which the vectors change by less than a metre or two.
    """
    shifts = np.full((len(lng), 3, 2), np.nan)
    placed = np.flatnonzero(np.isfinite(lng) & np.isfinite(lat))
    east, north = (np.rint(degrees[placed] * 100).astype(np.int64) for degrees in (lng, lat))
    squares = (east + 18_000) * 100_000 + north + 9_000
    distinct = sorted_distinct(squares)
    vectors = datum_offsets((distinct // 100_000 - 18_000) / 100, (distinct % 100_000 - 9_000) / 100)
    wanted = [OFFSETS.index(pair) for pair in (("WGS-84", "GCJ-02"), ("WGS-84", "BD-09"), ("GCJ-02", "BD-09"))]
    shifts[placed] = np.stack([vectors[at] for at in wanted], axis=1)[np.searchsorted(distinct, squares)]
    return shifts


def _stems(cores: pd.Series) -> pd.Series:
    """Cores without what numbers or orients them. In Latin letters only figures do: A to F are in every word."""
    return _by_script(
        cores, lambda names: names.str.replace(f"[{_MARKERS}]", "", regex=True), lambda names: names.str.replace(r"\d+", "", regex=True)
    )


def _marks(cores: pd.Series) -> pd.Series:
    """What numbers or orients them alone; `_DIGITS` is still to be applied."""
    return _by_script(
        cores,
        lambda names: names.str.replace(f"[^{_MARKERS}]", "", regex=True),
        lambda names: names.str.replace(r"\D+", " ", regex=True).str.strip(),
    )


def _by_script(names: pd.Series, chinese: Callable[[pd.Series], pd.Series], latin: Callable[[pd.Series], pd.Series]) -> pd.Series:
    is_latin = latin_of(names)
    changed = chinese(names)
    return changed.where(~is_latin, latin(names)) if is_latin.any() else changed


def latin_of(names: pd.Series) -> Marks:
    """`is_latin` of a column: only names with a Latin letter are looked at one by one."""
    found = names.str.contains(r"[A-Za-zÀ-ɏ]", regex=True).to_numpy(np.bool_, copy=True)
    found[found] = [is_latin(name) for name in names[found]]
    return found


def _is_area(core: Coded, *areas: Coded) -> Marks:
    """Whether the core is no more than the name of the listing's own road, community or county: neighbours are called the same."""
    found = np.zeros(len(core.code), dtype=np.bool_)
    for area in areas:
        own, other = joint_codes(_plain(core.values), pd.concat([_plain(area.values), pd.Series([""], dtype="str")]))
        found |= (core.code >= 0) & (np.append(own, -1)[core.code] == other[area.code])
    return found


def _plain(names: pd.Series) -> pd.Series:
    return names.str.removesuffix("社区").str.removesuffix("村")


def _sorted_codes(column: Coded) -> tuple[tuple[str, ...], Ints]:
    """Distinct values in order, the empty one among them where a listing has none, and codes in that order."""
    names = [*column.values, *([""] if (column.code < 0).any() else [])]
    order = sorted(range(len(names)), key=lambda at: names[at])
    place = np.zeros(len(names) + 1, dtype=np.int32)
    place[order] = np.arange(len(names), dtype=np.int32)
    place[-1] = 0
    return tuple(names[at] for at in order), place[column.code]


def _words(column: Coded) -> Words:
    texts = tuple(column.values.tolist())
    latin = latin_of(column.values)
    characters = tuple(spelled(text) if is_latin else text for text, is_latin in zip(texts, latin.tolist(), strict=True))
    rows, points = _points(characters)
    # each character of a text once
    distinct = sorted_distinct(rows.astype(np.int64) << 32 | points.astype(np.int64))
    sizes = np.bincount(distinct >> 32, minlength=len(texts)).astype(np.int32)
    sets = character_sets(characters, 2 * _WORDS if latin.any() else _WORDS)
    return Words(column.code, texts, sets, sizes, np.where(latin, _LONG_LATIN, _LONG).astype(np.int32))


def character_sets(texts: tuple[str, ...], width: int = _WORDS) -> Bits:
    """A bit set of each text's characters, hashed by code point (fixed, so that runs agree): shape (texts, width)."""
    bits = np.zeros((len(texts), width), dtype=np.uint64)
    rows, points = _points(texts)
    spots = (points.astype(np.uint64) * np.uint64(0x9E3779B1) >> np.uint64(7)) % np.uint64(64 * width)
    np.bitwise_or.at(bits, (rows, (spots >> np.uint64(6)).astype(np.int64)), np.uint64(1) << (spots & np.uint64(63)))
    return bits


def _points(texts: tuple[str, ...]) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """The code point of every character of the texts, and the text that it stands in."""
    rows = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), np.int64, len(texts)))
    return rows, np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)


def _rare(codes: Ints) -> Ints:
    """Codes with those shared by too many listings taken out."""
    if not (codes >= 0).any():
        return codes
    counts = np.bincount(codes[codes >= 0])
    rare = np.append(counts <= SHARED_BY_AT_MOST, False)
    return np.where(rare[np.minimum(codes, len(counts))], codes, -1).astype(np.int32)


def _matrix(column: Coded, *, hot_lines: bool) -> Ints:
    """Codes of up to four values a cell (joined by ;), −1 elsewhere, as many columns as are in use; hot lines and widely shared ones left out."""
    cells = column.values if hot_lines else _without_area(column.values)
    rows, parts = _parts(cells)
    kept = np.asarray(pc.not_equal(parts, "").to_numpy(zero_copy_only=False))
    if not hot_lines:
        kept &= ~pc.match_substring_regex(parts, _HOT_LINE).to_numpy(zero_copy_only=False)
    rows, codes = rows[kept], pd.factorize(pd.Series(parts.filter(pa.array(kept)), dtype="str"))[0].astype(np.int32)
    uses = np.bincount(column.code[column.code >= 0], minlength=len(cells))
    rare = np.bincount(codes, weights=uses[rows]) <= SHARED_BY_AT_MOST
    places = np.arange(len(rows)) - np.searchsorted(rows, rows)
    inside = places < _PHONES
    width = int(places[inside].max()) + 1 if inside.any() else 1
    matrix = np.full((len(cells) + 1, width), -1, dtype=np.int32, order="F")
    inside &= rare[codes]
    matrix[rows[inside], places[inside]] = codes[inside]
    return np.asfortranarray(matrix[column.code])


def _without_area(cells: pd.Series) -> pd.Series:
    """Numbers without their area code. In ASCII, which a cleaned cell is, a plain expression says the same, and runs over all cells at once."""
    numbers = pa.array(cells, type=pa.large_string())
    if not pc.all(pc.string_is_ascii(numbers)).as_py():
        return cells.str.replace(_AREA, "", regex=True)
    return pd.Series(pc.replace_substring_regex(numbers, _AREA_ASCII, r"\1"), dtype="str")


def _masks(column: Coded) -> Ints:
    """Sets of plaques as bits; a 63rd plaque and later ones share the last bit."""
    rows, parts = _parts(column.values)
    kept = np.asarray(pc.not_equal(parts, "").to_numpy(zero_copy_only=False))
    codes = np.minimum(pd.factorize(pd.Series(parts.filter(pa.array(kept)), dtype="str"), sort=True)[0], 62).astype(np.int64)
    masks = np.zeros(len(column.values) + 1, dtype=np.int64)
    np.bitwise_or.at(masks, rows[kept], np.int64(1) << codes)
    return masks[column.code]


def _parts(cells: pd.Series) -> tuple[Ints, pa.Array]:
    """What stands between the semicolons of each cell, and the cell's row, in order."""
    split = pc.split_pattern(pa.array(cells, type=pa.large_string()), ";")
    return pc.list_parent_indices(split).to_numpy().astype(np.int64), pc.list_flatten(split)

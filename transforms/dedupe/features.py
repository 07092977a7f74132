"""What of a listing is compared, as arrays: text as codes and character sets, phones as a small matrix."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.dedupe.coded import Coded, coded, column_of, joint_codes, one_numbering, packed_codes, sorted_distinct
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
#: Of Latin letters, figures and a letter that stands alone at the end: Building C, Gate B.
_LATIN_MARKERS: Final = r"\d+|\b[A-Z]$"
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
class Sets:
    """Sets as bits, and how many each holds."""

    bits: Bits
    size: Ints


@dataclass(frozen=True, slots=True)
class Words(Sets):
    """A text column as codes of its distinct values (−1: absent), with a set of its characters, the count of
    common ones that is hardly met by chance, and what it begins with as a number, a distinct value."""

    code: Ints
    values: tuple[str, ...]
    long: Ints
    begin: Ints


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
    address: Sets
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
    return features_of(read(listings))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Phone numbers as codes into `values`: of the first listing `counts[0]` of them, in the order in which they are written, and so on."""

    counts: Ints
    codes: Ints
    values: pd.Series


@dataclass(frozen=True, slots=True)
class Read:
    """What is read off each listing by itself, in listing_id order: nothing in it depends on another listing, but how values are numbered.

    `text`: columns by the names of RELATED, and city, source, landmark and hours as written, cells of plaques and facilities. `latin`: 1 where the name, 2 where the
    organisation is in Latin letters. `core_is_area`: as in MARKS. `landmark_is_named`: whether it is worth the name.
    """

    ids: pa.LargeStringArray
    text: Mapping[str, Coded]
    phones: Numbers
    contacts: Numbers
    lng: Floats
    lat: Floats
    latin: Bytes
    core_is_area: Marks
    landmark_is_named: Marks

    def __len__(self) -> int:
        return len(self.ids)

    def first(self, count: int) -> Read:
        """The first of the listings."""
        text = {name: Coded(column.code[:count], column.values) for name, column in self.text.items()}
        phones, contacts = (
            Numbers(each.counts[:count], each.codes[: int(each.counts[:count].sum())], each.values) for each in (self.phones, self.contacts)
        )
        return Read(self.ids[:count], text, phones, contacts, **{name: getattr(self, name)[:count] for name in _ROWS})


@dataclass(frozen=True, slots=True)
class Shared:
    """What of a listing depends on others: its numbers and credit code, less those that too many listings give, and how many are called the same."""

    phones: Ints
    contacts: Ints
    credit: Ints
    namesakes: Ints

    def differs(self, other: Shared) -> Marks:
        """Which listings have another share; both are of the same listings, by the same codes."""
        found = np.asarray((self.credit != other.credit) | (self.namesakes != other.namesakes))
        for one, two in ((self.phones, other.phones), (self.contacts, other.contacts)):
            width = max(one.shape[1], two.shape[1])
            found |= (_padded(one, width) != _padded(two, width)).any(axis=1)
        return found

    def take(self, at: Ints) -> Shared:
        """Of the listings `at` these rows."""
        return Shared(self.phones[at], self.contacts[at], self.credit[at], self.namesakes[at])

    def before(self, other: Shared) -> Shared:
        """Of these listings, and the other ones behind them."""
        phones, contacts = (
            np.asfortranarray(np.concatenate([_padded(each, max(one.shape[1], two.shape[1])) for each in (one, two)]))
            for one, two in ((self.phones, other.phones), (self.contacts, other.contacts))
        )
        credit, namesakes = (np.concatenate(two) for two in ((self.credit, other.credit), (self.namesakes, other.namesakes)))
        return Shared(phones, contacts, credit, namesakes)


def _padded(matrix: Ints, width: int) -> Ints:
    return np.pad(matrix, ((0, 0), (0, width - matrix.shape[1])), constant_values=-1)


def read(listings: pd.DataFrame) -> Read:
    """Read each of `listings`; as `features`."""
    ids, order = in_order(listings["listing_id"])
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy and arrow work without Python's lock
        columns = [listings[name] if name in listings.columns else None for name in TEXTS]
        text = dict(zip(TEXTS, pool.map(lambda column: coded(column, len(ids), order), columns), strict=True))
        known: list[Future[Numbers]] = [
            pool.submit(_numbers, text.pop("phones"), hot_lines=False),
            pool.submit(_numbers, text.pop("contact_phone"), hot_lines=True),
        ]
        trade, sort = premises(text.pop("name"), text.pop("host"), text["kind"])
        phones, contacts = (each.result() for each in known)
    core = cores(text["name_core"], text["county"], trade)
    organisation = organisations(text["organisation"])
    number = Coded(np.where(text["road"].code >= 0, text["number"].code, -1).astype(np.int32), text["number"].values)
    kind, opened, landmark = text["kind"], text["opened_on"], text["landmark"]
    # the values of the cores are those of the names and more, in the same places
    latin = np.append(latin_of(core.values), False)
    return Read(
        ids=ids,
        text={
            "source": text["source"],
            "city": text["city_code"],
            "community": text["community_code"],
            "town": text["town_code"],
            "county": text["county_code"],
            "road": text["road"],
            "number": number,
            "number_base": number.mapped(lambda values: values.str.extract(r"^(\d+)", expand=False).fillna("")),
            "building": text["building"],
            "landmark": landmark,
            "core": core,
            "core_stem": core.mapped(_stems),
            "core_marks": core.mapped(_marks).mapped(lambda marks: marks.str.translate(_DIGITS)),
            "organisation": organisation,
            "kind": kind,
            "family": kind.mapped(lambda values: values.map(FAMILIES).fillna(values)),
            "trade": trade,
            "sort": sort,
            "credit": text["credit_code"],
            "hours_written": text["hours"],
            "hours": text["hours"].mapped(lambda values: values.str.replace(_DAYS, "", regex=True)),
            "opened": Coded(opened.where(~opened.values.str.endswith("-01").to_numpy(np.bool_)), opened.values),
            "opened_month": opened.mapped(lambda values: values.str[:7]),
            "lane": text["lane"],
            "floor": text["floor"],
            "room": text["room"],
            "plaques": text["plaques"],
            "facilities": text["facilities"],
        },
        phones=phones,
        contacts=contacts,
        lng=number_of(listings, "lng_wgs84", order),
        lat=number_of(listings, "lat_wgs84", order),
        latin=(latin[text["name_core"].code] | latin[core.code]).astype(np.uint8)
        | organisation.per_listing(latin_of(organisation.values), absent=False).astype(np.uint8) << np.uint8(1),
        core_is_area=_is_area(core, text["road"], text["community"], text["county"]),
        landmark_is_named=landmark.per_listing(landmark.values.str.fullmatch(_NAMED).to_numpy(np.bool_), absent=False),
    )


def counted_on(first: Read, second: Read) -> Read:
    """`second` in the numbering of `first`, whose codes stay what they are, and with the values of both. What takes long is to find each value
    among those of a whole register: it is done once, and `rejoined` and `shared_after` take it from here."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        text = dict(zip(first.text, pool.map(lambda name: first.text[name].counted_on(second.text[name]), first.text), strict=True))
        phones, contacts = pool.map(lambda name: _counted_on(getattr(first, name), getattr(second, name)), ("phones", "contacts"))
    return replace(second, text=text, phones=phones, contacts=contacts)


def _counted_on(first: Numbers, second: Numbers) -> Numbers:
    place, values = one_numbering(first.values, second.values)
    return Numbers(second.counts, place[second.codes], values)


def rejoined(first: Read, second: Read, at: Ints) -> Read:
    """The listings `at` these rows of both, of which `second` was `counted_on` from `first`."""
    text = {name: Coded(_rows_of(column.code, second.text[name].code, at), second.text[name].values) for name, column in first.text.items()}
    phones, contacts = (_rejoined(getattr(first, name), getattr(second, name), at) for name in ("phones", "contacts"))
    rows = {name: _rows_of(getattr(first, name), getattr(second, name), at) for name in _ROWS}
    return Read(pa.concat_arrays([first.ids, second.ids]).take(pa.array(at)), text, phones, contacts, **rows)


def _rows_of(first: npt.NDArray[Any], second: npt.NDArray[Any], at: Ints) -> npt.NDArray[Any]:
    return np.asarray(np.concatenate([first, second])[at])


#: Fields of Read that are an array with an element a listing.
_ROWS: Final = ("lng", "lat", "latin", "core_is_area", "landmark_is_named")


def _rejoined(first: Numbers, second: Numbers, at: Ints) -> Numbers:
    counts, codes = np.concatenate([first.counts, second.counts]), np.concatenate([first.codes, second.codes])
    own = counts[at]
    return Numbers(own, codes[ramps((np.cumsum(counts) - counts)[at], own)], second.values)


def shared_of(own: Read) -> Shared:
    """What the listings share with each other."""
    named = (own.text[name].code for name in _NAMED_BY)
    return Shared(_matrix(own.phones), _matrix(own.contacts), _rare(own.text["credit"].code), _namesakes(*named))


def shared_after(first: Read, second: Read, at: Ints) -> Shared:
    """`shared_of` what they are when `rejoined`."""
    phones, contacts = (_rejoined(getattr(first, name), getattr(second, name), at) for name in ("phones", "contacts"))
    credit, *named = (_rows_of(first.text[name].code, second.text[name].code, at) for name in ("credit", *_NAMED_BY))
    return Shared(_matrix(phones), _matrix(contacts), _rare(credit), _namesakes(*named))


def words_of(own: Read, before: tuple[Words, Words] | None = None) -> tuple[Words, Words]:
    """Names and organisations by their characters; `before` knows the first of the values. One in Latin letters makes the sets of all of them wider."""
    core, organisation = (
        _words(own.text[name], known, wide=wide)
        for name, known, wide in zip(("core", "organisation"), before or (None, None), in_latin(own), strict=True)
    )
    return core, organisation


def in_latin(own: Read) -> tuple[bool, bool]:
    """Whether any name, and any organisation, is in Latin letters."""
    return bool((own.latin & 1).any()), bool((own.latin & 2).any())


def features_of(own: Read, words: tuple[Words, Words] | None = None, shared: Shared | None = None) -> Features:
    """What is compared, of listings as they were read."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        shifting, wording = pool.submit(_shifts, own.lng, own.lat), pool.submit(lambda: words or words_of(own))
        text, shared = own.text, shared or shared_of(own)
        plaques, facilities = _masks(text["plaques"]), _masks(text["facilities"])
        sources, source = _sorted_codes(text["source"])
        core, kind, family, base = text["core"], text["kind"], text["family"], text["number_base"]
        figures = pd.to_numeric(base.values.where(base.values.str.len() < 7), errors="coerce").fillna(-1).to_numpy(np.int32)
        related = {name: text[name].code for name in RELATED if name in text} | {
            "landmark": np.where(own.landmark_is_named, text["landmark"].code, -1),
            "credit": shared.credit,
            "phone": shared.phones[:, 0],
            "contact": shared.contacts[:, 0],
        }
        shifts, (names, organisations) = shifting.result(), wording.result()
    marks = {
        "is_broad": kind.per_listing(kind.values.isin(BROAD).to_numpy(np.bool_), absent=False),
        "is_guest": family.per_listing((family.values == "guest").to_numpy(np.bool_), absent=False),
        "core_is_area": own.core_is_area,
        "core_is_long": core.per_listing(np.bitwise_count(names.bits).sum(axis=1) >= names.long, absent=False),
    }
    lengths = np.hypot(shifts[:, :, 0], shifts[:, :, 1])
    return Features(
        ids=tuple(own.ids.to_pylist()),
        sources=sources,
        source=source,
        text={
            "city_code": text["city"],
            "landmark": text["landmark"],
            "name_core": core,
            "organisation": text["organisation"],
            "trade": text["trade"],
            "hours": text["hours_written"],
        },
        core=names,
        organisation=organisations,
        address=_address(own),
        related=_beside([related.get(name) for name in RELATED], len(own)),
        namesakes=shared.namesakes,
        marks=np.sum([mark.astype(np.uint8) << at for at, mark in enumerate(marks[name] for name in MARKS)], axis=0, dtype=np.uint8),
        number_value=base.per_listing(figures, absent=-1),
        lng=own.lng,
        lat=own.lat,
        shifts=shifts,
        shift_lengths=lengths,
        shift_reach=float(np.max(lengths, initial=0.0, where=np.isfinite(lengths))),
        phones=shared.phones,
        contacts=shared.contacts,
        plaques=plaques,
        facilities=facilities,
        told=frozenset(name for name in ("plaques", "facilities") if (text[name].code >= 0).any()),
    )


#: Listings of one name on one list, in a city, from which each level of NAMESAKES but the first begins.
_NAMESAKES: Final = (2, 3, 6)


#: Columns of Read of which listings that are called the same share the first two, and that a list has several of them the third.
_NAMED_BY: Final = ("city", "core", "source")


def _namesakes(city: Ints, core: Ints, source: Ints) -> Ints:
    """The place in NAMESAKES of each listing's core name."""
    names = packed_codes((city + 1, core + 1))
    held = packed_codes((names, source + 1))
    order = np.argsort(held, kind="stable")  # the lists of one name stand side by side
    firsts = np.flatnonzero(np.append(True, held[order][1:] != held[order][:-1])[: len(order)])
    counts = np.diff(np.append(firsts, len(order)))
    name = names[order[firsts]]
    begins = np.flatnonzero(np.append(True, name[1:] != name[:-1])[: len(name)])
    most = np.maximum.reduceat(counts, begins) if len(begins) else counts
    spread = np.repeat(np.repeat(most, np.diff(np.append(begins, len(name)))), counts)
    found = np.empty(len(order), dtype=np.int16)
    found[order] = np.searchsorted(_NAMESAKES, spread, side="right")
    return found


def _beside(columns: Sequence[Ints | None], count: int) -> Ints:
    """The columns side by side, a listing's all in one place of memory."""
    table = np.full((count, len(columns)), -1, dtype=np.int32)
    for at, column in enumerate(columns):
        if column is not None:
            table[:, at] = column
    return table


#: What is read of a listing, besides its position.
TEXTS: Final = (
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
    "lane",
    "building",
    "floor",
    "room",
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


def in_order(column: pd.Series) -> tuple[pa.LargeStringArray, Ints | None]:
    """Listing ids in order, and the row that each came from (None where they were in order already)."""
    ids = column_of(column)
    order = None if len(ids) < 2 or pc.all(pc.less(ids[:-1], ids[1:])).as_py() else pc.sort_indices(ids)
    if order is not None:
        ids = ids.take(order)
        twice = pc.equal(ids[:-1], ids[1:]).to_numpy(zero_copy_only=False)
        if twice.any():
            raise ValueError(f"登记编号 {ids[int(np.argmax(twice))]} 出现两次，无法比较")
    return ids, None if order is None else order.to_numpy().astype(np.int64)


def number_of(frame: pd.DataFrame, name: str, order: Ints | None) -> Floats:
    """A column of numbers, its rows put into `order`; NaN where there is none."""
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
    """Cores without what numbers or orients them. In Latin letters A to F are in every word."""
    return _by_script(
        cores,
        lambda names: names.str.replace(f"[{_MARKERS}]", "", regex=True),
        lambda names: names.str.replace(_LATIN_MARKERS, "", regex=True),
    )


def _marks(cores: pd.Series) -> pd.Series:
    """What numbers or orients them alone; `_DIGITS` is still to be applied."""
    return _by_script(
        cores,
        lambda names: names.str.replace(f"[^{_MARKERS}]", "", regex=True),
        lambda names: names.str.findall(_LATIN_MARKERS).str.join(" "),
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


def _words(column: Coded, known: Words | None, *, wide: bool) -> Words:
    if known is not None:
        more = _words(Coded(column.code, column.values.iloc[len(known.values) :]), None, wide=wide)
        bits, size, long, begin = (
            np.concatenate([getattr(known, name), getattr(more, name)]) for name in ("bits", "size", "long", "begin")
        )
        return Words(bits, size, column.code, (*known.values, *more.values), long, begin)
    texts = tuple(column.values.tolist())
    latin = latin_of(column.values)
    characters = tuple(spelled(text) if is_latin else text for text, is_latin in zip(texts, latin.tolist(), strict=True))
    rows, points = _points(characters)
    # each character of a text once
    distinct = sorted_distinct(rows.astype(np.int64) << 32 | points.astype(np.int64))
    sizes = np.bincount(distinct >> 32, minlength=len(texts)).astype(np.int32)
    sets = character_sets(characters, 2 * _WORDS if wide else _WORDS)
    return Words(sets, sizes, column.code, texts, np.where(latin, _LONG_LATIN, _LONG).astype(np.int32), _begins(characters, latin))


#: Parts of an address that are compared by runs of two characters, and those by their figures and words, as they stand: the last word of the set is theirs.
_SPELLED: Final = ("road", "landmark")
_COUNTED: Final = ("number", "lane", "building", "floor", "room")
_COUNTED_WORDS: Final = r"[0-9A-Z]+|[^0-9A-Z-]"


def _address(own: Read) -> Sets:
    """What is written of each listing's address: shape (listings, _WORDS)."""
    bits = np.zeros((len(own), _WORDS), dtype=np.uint64)
    for name in (*_SPELLED, *_COUNTED):
        column = own.text[name]
        if len(column.values):
            texts, part = column.values.tolist(), bits[:, :-1] if name in _SPELLED else bits[:, -1:]
            told = (_runs(spelled(text)) if name in _SPELLED else re.findall(_COUNTED_WORDS, text.upper()) for text in texts)
            # each run or word as one character of its own, so that a set of characters is what is wanted
            one_each = tuple("".join(chr(0x10000 + crc32(each.encode()) % 0xF0000) for each in runs) for runs in told)
            part |= np.append(character_sets(one_each, part.shape[1]), np.zeros((1, part.shape[1]), dtype=np.uint64), axis=0)[column.code]
    return Sets(bits, np.bitwise_count(bits).sum(axis=1, dtype=np.int32))


def _runs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(max(1, len(text) - 1))]


#: Characters that a name is said to begin with: two of Chinese, four runs of Latin letters, which are five letters.
_BEGIN, _BEGIN_LATIN = 2, 4


def _begins(characters: Sequence[str], latin: Marks) -> Ints:
    """What each text begins with, as a number (fixed, so that runs agree)."""
    firsts = (text[: _BEGIN_LATIN if is_latin else _BEGIN] for text, is_latin in zip(characters, latin.tolist(), strict=True))
    return np.fromiter((crc32(first.encode()) for first in firsts), np.int64, len(characters))


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


def _numbers(column: Coded, *, hot_lines: bool) -> Numbers:
    """The numbers in the cells (joined by ;); hot lines left out."""
    cells = column.values if hot_lines else _without_area(column.values)
    rows, parts = _parts(cells)
    kept = np.asarray(pc.not_equal(parts, "").to_numpy(zero_copy_only=False))
    if not hot_lines:
        kept &= ~pc.match_substring_regex(parts, _HOT_LINE).to_numpy(zero_copy_only=False)
    rows = rows[kept]
    codes, values = pd.factorize(pd.Series(parts.filter(pa.array(kept)), dtype="str"))
    counts = np.bincount(rows, minlength=len(cells)).astype(np.int32)
    starts, own = np.append(np.cumsum(counts) - counts, 0), column.per_listing(counts, absent=0)
    return Numbers(np.asarray(own), codes.astype(np.int32)[ramps(starts[column.code], own)], pd.Series(values, dtype="str"))


def ramps(firsts: Ints, counts: Ints) -> Ints:
    """From each of `firsts` on the next `counts` numbers, all in a row."""
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(firsts - (np.cumsum(counts) - counts), counts))


def _matrix(numbers: Numbers) -> Ints:
    """Codes of up to four numbers a listing, −1 elsewhere, as many columns as are in use; widely shared ones left out."""
    rows = np.repeat(np.arange(len(numbers.counts)), numbers.counts)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(numbers.counts) - numbers.counts, numbers.counts)
    rare = np.bincount(numbers.codes, minlength=len(numbers.values)) <= SHARED_BY_AT_MOST
    inside = places < _PHONES
    width = int(places[inside].max()) + 1 if inside.any() else 1
    matrix = np.full((len(numbers.counts), width), -1, dtype=np.int32, order="F")
    inside &= rare[numbers.codes]
    matrix[rows[inside], places[inside]] = numbers.codes[inside]
    return np.asarray(matrix)


def _without_area(cells: pd.Series) -> pd.Series:
    """Numbers without their area code. In ASCII, which a cleaned cell is, a plain expression says the same, and runs over all cells at once."""
    numbers = pa.array(cells, type=pa.large_string())
    if not pc.all(pc.string_is_ascii(numbers)).as_py():
        return cells.str.replace(_AREA, "", regex=True)
    return pd.Series(pc.replace_substring_regex(numbers, _AREA_ASCII, r"\1"), dtype="str")


def _masks(column: Coded) -> Ints:
    """Sets of plaques as bits; a 63rd plaque and later ones share the last bit."""
    rows, parts, known = _named(column)
    codes = np.minimum(pc.index_in(parts, value_set=known).to_numpy(), MASKED - 1).astype(np.int64)
    masks = np.zeros(len(column.values) + 1, dtype=np.int64)
    np.bitwise_or.at(masks, rows, np.int64(1) << codes)
    return np.asarray(masks[column.code])


#: Names of a set that have a bit of their own, and one bit more for all others.
MASKED: Final = 63


def names_in(own: Read) -> tuple[tuple[str, ...], ...]:
    """All plaques and all facilities that a listing names, where they are more than there are bits: which share one hangs on all of them."""
    named = (tuple(_named(own.text[name])[2].to_pylist()) for name in ("plaques", "facilities"))
    return tuple(names if len(names) > MASKED else () for names in named)


def _named(column: Coded) -> tuple[Ints, pa.Array, pa.Array]:
    """Of the values that a listing has: the row and the name of each name in them, and all names in order."""
    used = np.zeros(len(column.values) + 1, dtype=np.bool_)
    used[column.code] = True
    rows, parts = _parts(column.values)
    kept = np.asarray(pc.not_equal(parts, "").to_numpy(zero_copy_only=False)) & used[rows]
    parts = parts.filter(pa.array(kept))
    names = pc.unique(parts)
    return rows[kept], parts, names.take(pc.sort_indices(names))


def _parts(cells: pd.Series) -> tuple[Ints, pa.Array]:
    """What stands between the semicolons of each cell, and the cell's row, in order."""
    split = pc.split_pattern(pa.array(cells, type=pa.large_string()), ";")
    return pc.list_parent_indices(split).to_numpy().astype(np.int64), pc.list_flatten(split)

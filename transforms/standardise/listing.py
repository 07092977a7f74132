"""From the rows of one source to its listings, column by column."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.records.city import City
from transforms.records.layout import Layout
from transforms.standardise import text as texts
from transforms.standardise.bulk_codes import bulk_credit_code, bulk_phone
from transforms.standardise.cells import Cells, Marks, cells_of, kept, matching, plain, present, side_by_side
from transforms.standardise.columns import Columns
from transforms.standardise.credit_code import credit_code
from transforms.standardise.dates import day
from transforms.standardise.facilities import facilities
from transforms.standardise.hours import hours
from transforms.standardise.located import locate
from transforms.standardise.name import Name
from transforms.standardise.named import read_names
from transforms.standardise.phone import Phone, area_code, phone
from transforms.standardise.places import Places
from transforms.standardise.positioned import read_positions
from transforms.standardise.spread import Spread, spread, unchanged, union
from transforms.standardise.status import is_closed
from transforms.standardise.unreadable import Unreadable

#: Fields in which full-width and private-use characters are counted; the others are codes, or figures that fold without loss.
_WATCHED = ("name", "host", "address", "town", "community", "phone", "hours", "credit_code", "facilities", "contact")

#: Fields in which variants of place names are counted.
_PLACED = ("name", "host", "address", "town", "community")

_NUMBERS = re.compile(r"[\d+\- ]{7,}")


#: In the words of RE2, which looks at all cells at once.
_FULLWIDTH = "[０-９Ａ-Ｚａ-ｚ]"
_PRIVATE_USE = r"[\x{e000}-\x{f8ff}\x{f0000}-\x{ffffd}\x{100000}-\x{10fffd}]"


def standardise(rows: pd.DataFrame, layout: Layout, city: City, on: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of one source → (listings, issues), in the order of the rows; each cleaner runs over the distinct values of its column.

    `on` is the night's ISO date: a date after it is an error of the owner's. A required field that is absent or unreadable holds the row back
    under a critical issue; any other costs an issue and leaves the field empty. Rows that the owner calls closed are listings too,
    with is_closed_by_owner.
    """
    return columns_of(rows, layout, Places(city), on).frame()


def columns_of(rows: pd.DataFrame, layout: Layout, places: Places, on: str, datums: Cells | None = None) -> Columns:
    """The columns of `standardise`, before rows are held back; `datums` is a datum a row where the layout's is not that of all."""
    columns, city = Columns(rows, layout), places.city
    _characters(columns, places)
    names = read_names(columns, places)
    read_positions(columns, city, datums)
    locate(columns, places, names)
    _reach(columns, names, area_code(city.name))
    _facts(columns, city, on)
    _required(columns)
    source, key = (cells_of(columns.rows[name]) for name in ("source", "row_key"))
    columns.listing["listing_id"] = side_by_side(source, ":", key)
    return columns


def _characters(columns: Columns, places: Places) -> None:
    """Width, private-use characters and variants, counted once a row and field."""
    # few cells have either, and all are looked at once for both
    odd = {field: _found(columns, field, f"{_FULLWIDTH}|{_PRIVATE_USE}") for field in _WATCHED}
    for rule, pattern in (("text_fullwidth", _FULLWIDTH), ("text_private_use", _PRIVATE_USE)):
        for field, marks in odd.items():
            found = marks.copy()
            found[found] = matching(columns.written(field).filter(pa.array(marks)), pattern)
            columns.flag(rule, found, columns.written(field), field)
    if places.variants.pattern:
        for field in _PLACED:
            found = _found(columns, field, places.variants.pattern, any_case=True)
            columns.flag("place_name_variant", found, columns.written(field), field)


def _found(columns: Columns, field: str, pattern: str, *, any_case: bool = False) -> Marks:
    if columns.is_empty(field):
        return np.zeros(len(columns), dtype=bool)
    return matching(columns.written(field), pattern, any_case=any_case)


def _reach(columns: Columns, names: Spread[Name], area: str | None) -> None:
    """Public phones and mobiles, out of the phone cell and the name; the contact's name without the number beside it."""
    bulk = partial(bulk_phone, area=area)
    cell = columns.read("phone", partial(phone, area=area), bulk)
    spare = partial(_phone, area=area)
    columns.flag("phone_several", cell.where("several"), columns.written("phone"))
    contact = columns.written("contact")
    columns.listing["contact_name"] = spread(contact, lambda written: texts.text(_NUMBERS.sub("", written))).texts()
    found = [cell, spread(contact, spare), spread(names.texts("phones"), spare)]
    for field, part in (("phones", "public"), ("contact_phone", "mobiles")):
        columns.listing[field] = union([read.texts(part) for read in found])


def _phone(written: str, area: str | None) -> Phone | None:
    try:
        return phone(written, area)
    except Unreadable:
        return None


def _facts(columns: Columns, city: City, on: str) -> None:
    """Hours, facilities, credit code, status and dates."""
    opening = columns.read("hours", hours)
    columns.flag("hours_past_midnight", opening.where("past_midnight"), columns.written("hours"))
    columns.listing["hours"] = opening.texts("osm")
    columns.listing["hours_text"] = spread(columns.written("hours"), texts.text, unchanged).texts()
    columns.listing["facilities"] = columns.read("facilities", facilities).texts()
    columns.listing["credit_code"] = columns.read("credit_code", credit_code, bulk_credit_code).texts()
    closed = columns.read("status", is_closed).where()
    columns.flag("closed_still_listed", closed, columns.written("status"))
    columns.listing["is_closed_by_owner"] = closed
    for field, name in (("opened", "opened_on"), ("updated", "updated_on")):
        columns.listing[name] = columns.read(field, partial(day, zone=city.timezone, until=on)).texts()


def _required(columns: Columns) -> None:
    """Hold back rows without what the layout requires; a cell that says 无 is as good as empty. What cannot be read is held back by its reader."""
    for field in columns.layout.required:
        written = columns.written(field)
        unsure = kept(written, ~plain(written))  # what is plain says something
        absent = ~present(written) | (present(unsure) & ~present(spread(unsure, texts.text).texts()))
        columns.flag("name_unreadable" if field == "name" else "required_missing", absent, written, field)

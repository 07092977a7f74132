"""From the rows of one source to its listings, column by column."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.records.city import City
from transforms.records.layout import Layout
from transforms.standardise import text as texts
from transforms.standardise.columns import Columns, joined
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
from transforms.standardise.spread import Spread, objects, spread
from transforms.standardise.status import is_closed
from transforms.standardise.unreadable import Unreadable

#: Fields in which full-width and private-use characters are counted; the others are codes, or figures that fold without loss.
_WATCHED = ("name", "host", "address", "town", "community", "phone", "hours", "credit_code", "facilities", "contact")

#: Fields in which variants of place names are counted.
_PLACED = ("name", "host", "address", "town", "community")

_NUMBERS = re.compile(r"[\d+\- ]{7,}")


def standardise(rows: pd.DataFrame, layout: Layout, city: City, on: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of one source → (listings, issues), in the order of the rows; each cleaner runs over the distinct values of its column.

    `on` is the night's ISO date: a date after it is an error of the owner's. A required field that is absent or unreadable holds the row back
    under a critical issue; any other costs an issue and leaves the field empty. Rows that the owner calls closed are listings too,
    with is_closed_by_owner.
    """
    columns, places = Columns(rows, layout), Places(city)
    _characters(columns, places)
    names = read_names(columns, places)
    read_positions(columns, city)
    locate(columns, places, names)
    _reach(columns, names, area_code(city.name))
    _facts(columns, city, on)
    _required(columns)
    columns.listing["listing_id"] = columns.rows["source"].str.cat(columns.rows["row_key"], sep=":")
    return columns.frame()


def _characters(columns: Columns, places: Places) -> None:
    """Width, private-use characters and variants, counted once a row and field."""
    tests = (
        ("text_fullwidth", texts.has_fullwidth, _WATCHED),
        ("text_private_use", texts.has_private_use, _WATCHED),
        ("place_name_variant", lambda written: places.variants.met(written) is not None, _PLACED),
    )
    for rule, test, fields in tests:
        for field in fields:
            written = columns.written(field)
            if written.notna().any():
                columns.flag(rule, spread(written, test).where(bool), written.to_numpy(dtype=object), field)


def _reach(columns: Columns, names: Spread[Name], area: str | None) -> None:
    """Public phones and mobiles, out of the phone cell and the name; the contact's name without the number beside it."""
    cell = columns.read("phone", partial(phone, area=area))
    spare = partial(_phone, area=area)
    columns.flag("phone_several", cell.where(lambda found: found.several), columns.written("phone").to_numpy(dtype=object))
    contact = columns.written("contact")
    people = spread(contact, lambda written: texts.text(_NUMBERS.sub("", written)))
    found = [cell, spread(contact, spare), spread(pd.Series(names.column(lambda reading: reading.phones), dtype="str"), spare)]
    columns.listing["contact_name"] = people.column(str)
    for field, read in (("phones", lambda reading: reading.public), ("contact_phone", lambda reading: reading.mobiles)):
        columns.listing[field] = _union([part.column(read) for part in found])


def _phone(written: str, area: str | None) -> Phone | None:
    try:
        return phone(written, area)
    except Unreadable:
        return None


def _union(parts: list[NDArray[np.object_]]) -> NDArray[np.object_]:
    """Row by row, all numbers of the parts, sorted, joined by ;."""
    merged = [joined(tuple(sorted({number for part in row if part for number in part}))) for row in zip(*parts, strict=True)]
    return objects(merged)


def _facts(columns: Columns, city: City, on: str) -> None:
    """Hours, facilities, credit code, status and dates."""
    opening = columns.read("hours", hours)
    columns.flag("hours_past_midnight", opening.where(lambda found: found.past_midnight), columns.written("hours").to_numpy(dtype=object))
    columns.listing["hours"] = opening.column(lambda found: found.osm)
    columns.listing["hours_text"] = spread(columns.written("hours"), texts.text).column(str)
    columns.listing["facilities"] = columns.read("facilities", facilities).column(joined)
    columns.listing["credit_code"] = columns.read("credit_code", credit_code).column(str)
    status = columns.read("status", is_closed)
    closed = status.where(bool)
    columns.flag("closed_still_listed", closed, columns.written("status").to_numpy(dtype=object))
    columns.listing["is_closed_by_owner"] = closed
    for field, name in (("opened", "opened_on"), ("updated", "updated_on")):
        columns.listing[name] = columns.read(field, partial(day, zone=city.timezone, until=on)).column(str)


def _required(columns: Columns) -> None:
    """Hold back rows without what the layout requires; a cell that says 无 is as good as empty. What cannot be read is held back by its reader."""
    for field in columns.layout.required:
        written = columns.written(field)
        absent = ~spread(written, texts.text).where(lambda _: True)
        columns.flag("name_unreadable" if field == "name" else "required_missing", absent, written.to_numpy(dtype=object), field)

"""Lists as owners would have sent them otherwise: an altered house reads the same payloads and sees other rows in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias, cast

from flows.house import House
from sources.kit.json_pages import JsonPages
from sources.kit.raw import Payload, Raw
from sources.kit.source import Source
from sources.kit.sql_view import SqlView

Change: TypeAlias = Callable[[Raw], Raw]


def with_source(house: House, source: Source) -> House:
    """The house with this declaration of one of its sources."""
    return replace(house, sources={**house.sources, source.key: source})


def reading(house: House, key: str, change: Change) -> House:
    """The house to which the source's payloads read as `change` makes them."""
    source = house.sources[key]

    def reader(payloads: Sequence[Payload]) -> Raw:
        return change(source.reader(payloads))

    return with_source(house, replace(source, reader=reader))


def asking_for_whole_lists(house: House) -> House:
    """The house whose two changed-since feeds are asked for the whole list every night: then a list can be half there."""
    mobile, tower = house.sources["telecom_mobile"], house.sources["telecom_tower"]
    whole = replace(cast(JsonPages, mobile.fetch), since=None)
    view = replace(cast(SqlView, tower.fetch), snapshot_on=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    return with_source(with_source(house, replace(mobile, fetch=whole)), replace(tower, fetch=view))


def rows_at(raw: Raw, order: Sequence[int]) -> Raw:
    """The list with these of its rows, in this order; lines are counted anew."""
    place = {old: new for new, old in enumerate(order)}
    unusable = raw.unusable[raw.unusable["at"].isin(place)]
    return replace(
        raw,
        cells=raw.cells.iloc[list(order)].reset_index(drop=True),
        lines=raw.lines.iloc[: len(order)].reset_index(drop=True),
        parts=raw.parts.iloc[list(order)].reset_index(drop=True),
        unusable=unusable.assign(at=unusable["at"].map(place).astype("int64")),
        total=None if raw.total is None else len(order),
    )


def without_row(header: str, value: str) -> Change:
    """The list without the rows whose cell under `header` is `value`."""
    return lambda raw: rows_at(raw, [at for at, cell in enumerate(raw.cells[header]) if cell != value])


def without_header(raw: Raw, header: str) -> Raw:
    """The list without one of its columns."""
    headers = {block: tuple(each for each in named if each != header) for block, named in raw.headers.items()}
    return replace(raw, cells=raw.cells.drop(columns=header), headers=headers)


def blanked(header: str, value: str, cell: str) -> Change:
    """The list with `cell` left empty in the row whose cell under `header` is `value`."""

    def change(raw: Raw) -> Raw:
        cells = raw.cells.copy()
        cells.loc[cells[header] == value, cell] = None
        return replace(raw, cells=cells)

    return change

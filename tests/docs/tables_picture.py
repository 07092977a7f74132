"""The picture of the tables, drawn from the models as an SVG that needs nothing else: boxes in groups, keys, and who refers to whom.

There are no foreign keys; names tell: `listing_id` is a listing's, `station_id` a station's, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from sqlalchemy import Table

from warehouse.readers import columns_for
from warehouse.tables import METADATA, is_ops

#: Groups from left to right: title, colour, tables from the top.
_GROUPS: Final = (
    ("What owners say", "#2563eb", ("owner", "listing", "pair")),
    ("The register", "#15803d", ("station_history", "station_listing", "station_redirect", "division")),
    ("History and causes", "#b45309", ("statement", "plaque", "station_event")),
    ("Nights", "#7c3aed", ("night", "run", "source_night")),
    ("Ops: what was fetched and met", "#b91c1c", ("retrieval", "quarantine", "issue")),
    ("Ops: what people decided", "#b91c1c", ("judgement", "decision", "decision_end", "correction")),
)  # fmt: skip

#: Column → the table that it refers to. `source` and `night` are told by a mark at the column, for an arrow from each table would hide all others.
_REFERS: Final = {
    "listing_id": "listing", "left_id": "listing", "right_id": "listing", "station_id": "station_history", "from_id": "station_history",
    "to_id": "station_history", "decision_id": "decision", "parent_code": "division", "county_code": "division", "town_code": "division", "community_code": "division",
}  # fmt: skip
_MARKED: Final = {"source": "owner", "night": "night"}

#: Columns shown of a table with more: the rest are told by their number.
_SHOWN: Final = 14

_LEGEND: Final = (
    "bold: key · arrow, →: refers to (there are no foreign keys) · red column: operators alone · "
    "valid_from … valid_to, first_seen_on … gone_on: the nights on which the row holds"
)

_STYLE: Final = (
    "text{font:12px system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;fill:#1f2937}.group{font-size:16px;font-weight:600}.name{font-weight:600;fill:#fff}"
    ".key{font-weight:600}.more,.mark,.note{fill:#6b7280}.hidden{fill:#b91c1c}path{fill:none;stroke-width:1.3;stroke-opacity:.55}"
)

_WIDTH, _GAP, _ROW, _HEAD, _TOP = 230, 90, 17, 26, 84


class _Box:
    """A table where it is drawn."""

    def __init__(self, table: Table, colour: str, left: int, top: int) -> None:
        self.table, self.colour, self.left, self.top = table, colour, left, top
        names = list(table.columns.keys())
        key = [name for name in names if name in table.primary_key.columns]
        linked = [name for name in names if name not in key and (name in _REFERS or name in _MARKED)]
        rest = [name for name in names if name not in key and name not in linked]
        self.shown = [*key, *linked, *rest][:_SHOWN]
        self.more = len(names) - len(self.shown)

    @property
    def height(self) -> int:
        return _HEAD + _ROW * (len(self.shown) + bool(self.more)) + 8

    def row(self, name: str) -> int:
        """The middle of a column's line."""
        return self.top + _HEAD + _ROW * self.shown.index(name) + 12


def tables_picture() -> str:
    """The SVG, readable offline."""
    boxes: dict[str, _Box] = {}
    for place, (_, colour, names) in enumerate(_groups()):
        top = _TOP
        for name in names:
            boxes[name] = _Box(METADATA.tables[name], colour, 30 + place * (_WIDTH + _GAP), top)
            top += boxes[name].height + 24
    width = 30 + len(_groups()) * (_WIDTH + _GAP) - _GAP + 30
    height = max(box.top + box.height for box in boxes.values()) + 30
    heads = (
        f'<text x="{30 + place * (_WIDTH + _GAP)}" y="68" class="group" style="fill:{colour}">{escape(title)}</text>'
        for place, (title, colour, _) in enumerate(_groups())
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="The tables of the warehouse">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            f'<text x="30" y="30" class="note">{_LEGEND}</text>',
            *heads,
            *(line for box in boxes.values() for line in _arrows(box, boxes)),
            *(line for box in boxes.values() for line in _drawn(box, boxes)),
            "</svg>\n",
        )
    )


def _groups() -> list[tuple[str, str, list[str]]]:
    """The groups, with every table: what nobody placed yet is put with its like."""
    placed = {name for _, _, names in _GROUPS for name in names}
    rest = [name for name in sorted(METADATA.tables) if name not in placed]
    ops = [name for name in rest if is_ops(METADATA.tables[name])]
    plain = [name for name in rest if name not in ops]
    added = {"Ops: what people decided": ops, "Nights": plain}
    return [(title, colour, [*names, *added.get(title, [])]) for title, colour, names in _GROUPS]


def _drawn(box: _Box, boxes: dict[str, _Box]) -> Iterator[str]:
    readable = columns_for("analyst", box.table)
    yield f'<rect x="{box.left}" y="{box.top}" width="{_WIDTH}" height="{box.height}" rx="6" fill="#fff" stroke="{box.colour}"/>'
    yield f'<path d="M{box.left} {box.top + _HEAD - 2}v-{_HEAD - 8}q0 -6 6 -6h{_WIDTH - 12}q6 0 6 6v{_HEAD - 8}z" style="fill:{box.colour};stroke:none"/>'
    yield f'<text x="{box.left + 10}" y="{box.top + 17}" class="name">{box.table.name}</text>'
    for name in box.shown:
        marks = ["key"] if name in box.table.primary_key.columns else []
        marks += ["hidden"] if name not in readable and not is_ops(box.table) else []
        yield f'<text x="{box.left + 10}" y="{box.row(name) + 4}" class="{" ".join(marks)}">{name}</text>'
        if told := _told_by_mark(box, name, boxes):
            yield f'<text x="{box.left + _WIDTH - 10}" y="{box.row(name) + 4}" text-anchor="end" class="mark">→ {told}</text>'
    if box.more:
        yield f'<text x="{box.left + 10}" y="{box.top + box.height - 10}" class="more">… {box.more} more</text>'


def _told_by_mark(box: _Box, name: str, boxes: dict[str, _Box]) -> str:
    """The table that the column refers to without an arrow; empty when it has one, or refers to none."""
    far = _REFERS.get(name)
    told = far if far and _is_far(box, boxes[far]) else _MARKED.get(name, "")
    return "" if told == box.table.name else told


def _is_far(box: _Box, other: _Box) -> bool:
    """Whether an arrow between them would have to cross other boxes."""
    return abs(box.left - other.left) > _WIDTH + _GAP


def _arrows(box: _Box, boxes: dict[str, _Box]) -> Iterator[str]:
    """An arrow from each column that refers to another table to that table's head; two that would run side by side are one."""
    drawn: set[str] = set()
    for name in box.shown:
        wanted = _REFERS.get(name)
        if wanted is None or wanted == box.table.name or wanted in drawn or _is_far(box, boxes[wanted]):
            continue
        drawn.add(wanted)
        to = boxes[wanted]
        end, start = to.top + 12, box.row(name)
        if to.left == box.left:
            side = box.left
            yield f'<path stroke="{box.colour}" d="M{side} {start}C{side - 34} {start} {side - 34} {end} {side - 6} {end}"/>'
            yield _head(side, end, 1, box.colour)
            continue
        is_left = to.left < box.left
        begin, stop = (box.left, to.left + _WIDTH) if is_left else (box.left + _WIDTH, to.left)
        turn, short = (begin + stop) // 2, 6 if is_left else -6
        yield f'<path stroke="{box.colour}" d="M{begin} {start}C{turn} {start} {turn} {end} {stop + short} {end}"/>'
        yield _head(stop, end, -1 if is_left else 1, box.colour)


def _head(x: int, y: int, way: int, colour: str) -> str:
    return f'<path d="M{x} {y}l{-8 * way} -4v8z" style="fill:{colour};stroke:none"/>'

"""Writes warehouse/examples.csv, the examples of the dictionary, from two nights of the small sample city: `python -m tests.docs.examples`.

A personal column, one that holds the clock or the state of the code, and one that the sample leaves empty, get an invented example that says so.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from flows.settings import Settings, prepare_process
from tests.night.town import Household, iso, served_town
from warehouse.dictionary import COLUMNS, EXAMPLES, NAME
from warehouse.engine import open_warehouse
from warehouse.publish import Publication
from warehouse.tables import METADATA
from warehouse.views import views

INVENTED: Final = " (invented)"

#: Columns whose real value is personal, the clock's, or not in the sample: table.column or column → what may stand there.
_INVENTED: Final = {
    "contact_name": "王芳", "contact_phone": "13900000000", "verbatim": '{"名称": "青阳路社区站", "电话": "0553-3812345"}', "who": "王芳",
    "why": "电话核实过", "issue.value": "停用", "issue.message": "这一行标明“停用”，不再计入；如仍开放请改状态。", "correction.value": "0553-3812345",
    "decision.detail": '{"left_id": "bank_icbc:1", "right_id": "union:2", "verdict": "same"}', "decision_id": "d-000001", "act": "judge", "decided_at": "2026-06-01 01:30:00",
    "is_undone": "false", "decision_end.night": "2026-06-02", "decision_end.cause": "caught_up", "verdict": "same", "left_id": "bank_icbc:1307000009",
    "right_id": "union:WHGH-0027", "scope": "station", "key": "yz3402-2858c84500", "field": "phones", "station_id": "yz3402-2858c84500", "valid_to": "2026-06-09",
    "gone_on": "2026-06-09", "closed_on": "2026-06-09", "close_cause": "absent_twice", "carried_since": "2026-06-01", "carried_cause": "row_held", "lane": "3巷",
    "from_id": "yz3402-7c1f0a92b3", "to_id": "yz3402-2858c84500", "valid_from": "2026-06-02", "detail": "120", "reason": "没有可用的来源", "message": "连不上对方的服务器。",
    "run_id": "6069fee9-83e1-4fcf-bf09-6521c127bea8", "started_at": "2026-06-01 18:00:00", "ended_at": "2026-06-01 18:00:10", "elapsed_ms": "1593", "fingerprint": "0342ee48…",
    "model_fingerprint": "6bcd09d2…", "etag": '"3718a7aab94eed60"', "last_modified": "2026-06-01T00:00:00+00:00", "watermark": "2026-06-01T08:37:06+00:00",
    "parts": '[{"label": "list.xml", "sha256": "7345e6f1…", "bytes": 28526}]', "total": "115", "bytes": "28526", "tries": "1", "payload": "7345e6f1…", "row_digest": "00032b77…",
    "credit_code": "913400007199042708", "community_code": "340202005001", "opened_on": "2025-06-01", "batch_hint": "co_branded", "due": "Mon", "room": "102", "building": "5幢",
    "publication": "2026-06-01-1", "mart_merge_split_by_event.night": "2026-06-02", "mart_merge_split_by_event.event": "merged",
    "mart_merge_split_by_event.cause": "same_station",
    "mart_merge_split_by_event.number": "1", "mart_merge_split_by_event.name": "青阳路社区站", "other_ids": "yz3402-7c1f0a92b3", "mart_merge_split_by_event.basis": "evidence",
    "mart_merge_split_by_event.weight_mb": "24310", "mart_merge_split_by_event.levels": '{"name": "same"}',
}  # fmt: skip

#: Never taken from the sample, be there a value or not.
_NEVER: Final = frozenset({"run_id", "started_at", "ended_at", "elapsed_ms", "fingerprint", "model_fingerprint", "etag", "last_modified", "watermark", "parts", "bytes", "payload", "publication"})  # fmt: skip

_OF_ITSELF: Final = (
    "station",
    "lng_wgs84",
    "number",
    "longitude, degrees WGS-84",
    "degrees",
    "WGS-84",
    "true",
    "view over station_history",
    "118.38",
    "public",
)


def two_nights(root: Path) -> Publication:
    """What two nights of the small sample city published, in a home of its own below `root`."""
    with served_town(root) as town:
        household = Household(root / "var", town.env)
        for night in (0, 1):
            town.move(night)
            household.run(iso(night))
    publication = household.house.publisher.current()
    assert publication is not None
    return publication


@contextmanager
def sample_warehouse() -> Iterator[Engine]:
    """The warehouse after two nights of the small sample city."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        prepare_process(Settings(home=root / "var"))
        engine = open_warehouse(two_nights(root).warehouse, read_only=True)
        yield engine
        engine.dispose()


def examples(connection: Connection) -> dict[tuple[str, str], str]:
    """(table, column) → example, for every table and view."""
    told = {}
    for table in METADATA.sorted_tables:
        for column in table.columns:
            is_ours = column.info["personal"] or column.name in _NEVER
            told[table.name, column.name] = _of(connection, table.name, column.name, is_invented=is_ours)
    for view in views():
        for name in view.columns:
            told[view.name, name] = _of(connection, view.name, name, is_invented=False)
    return told | {(NAME, name): value for name, value in zip(COLUMNS, _OF_ITSELF, strict=True)}


def _of(connection: Connection, table: str, column: str, *, is_invented: bool) -> str:
    query = f'select cast("{column}" as varchar) as v from {table} where cast("{column}" as varchar) <> \'\' group by v order by count(*) desc, v limit 1'
    value = None if is_invented else connection.exec_driver_sql(query).scalar()
    if value is None:
        invented = _INVENTED.get(f"{table}.{column}", _INVENTED.get(column))
        if invented is None:
            raise SystemExit(f"the sample has no value of {table}.{column}: invent one in tests/docs/examples.py")
        return invented + INVENTED
    return str(value)


def main() -> None:
    """Write the file."""
    with sample_warehouse() as engine, engine.connect() as connection:
        told = examples(connection)
    with EXAMPLES.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(("table", "column", "example"))
        writer.writerows((*key, example) for key, example in told.items())


if __name__ == "__main__":
    main()

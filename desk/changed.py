"""What changed in the register between two nights, for other systems."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from desk.asking import QuestionError, answered

_QUERY: Final = Path(__file__).with_name("changes.sql")


def changes(connection: duckdb.DuckDBPyConnection, since: date, until: date | None) -> pa.Table:
    """Each change on the nights after `since`, up to and with `until` (None: the last): a row a change, columns as `changes.sql` says.

    A `since` before the first night gives everything since there is a register. Raises QuestionError (Chinese) where the span is none.
    """
    first, last = connection.execute("select min(night), max(night) from night where state <> 'rejected'").fetchone() or (None, None)
    if first is None or last is None:
        raise QuestionError("还没有发布过一夜，没有变化可言；请先运行 yizhan nightly")
    until = last if until is None else min(until, last)
    if since > until:
        raise QuestionError(f"{since} 之后到 {until} 没有一夜：名册最近到 {last}，--since 请给更早的日期，--until 请给更晚的日期")
    return answered(connection, _QUERY.read_text("utf-8"), [since, until]).to_arrow_table()

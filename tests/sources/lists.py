"""A small declared source and lists for it, for the tests of the kit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sources.kit.call import FetchCall, Fetched
from sources.kit.json_rows import JsonRows
from sources.kit.raw import Raw, raw_of
from sources.kit.source import Due, Source

HEADERS = ("编号", "名称", "地址", "信用代码", "更新", "删除")


def _fetch(call: FetchCall, /) -> Fetched:
    return call.unchanged()


#: A list of at least 2 and at most 50 rows, with a running number that is refused and a flag that marks tombstones.
HALLS = Source(
    key="halls",
    owner="某单位",
    title="网点清单",
    kind="telecom_hall",
    fetch=_fetch,
    reader=JsonRows(),
    columns={"编号": "code", "名称": "name", "地址": "address", "信用代码": "credit_code"},
    ignored=("更新",),
    rows=(2, 50),
    row_key=("code",),
    tombstone=("删除", "true"),
    trust=50,
    due=Due.daily(),
    licence="测试",
)


def hall(number: int, **changed: str | None) -> dict[str, str | None]:
    """One row of the owner's, the `number`-th."""
    row = dict(zip(HEADERS, (f"H{number:03}", f"第{number}营业厅", f"青阳路{number}号", None, str(number), "false"), strict=True))
    return row | changed


def listed(rows: Sequence[Mapping[str, str | None]], headers: Sequence[str] = HEADERS, **changed: Any) -> Raw:
    """The rows as a reader gives them."""
    return replace(raw_of(rows, headers), **changed)


def halls(count: int, change: Callable[[int, dict[str, str | None]], dict[str, str | None]] = lambda _, row: row) -> Raw:
    """A list of `count` distinct rows, each as `change` leaves it."""
    return listed([change(number, hall(number)) for number in range(1, count + 1)])

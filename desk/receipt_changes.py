"""What the register writes otherwise than an owner did, in words: how many rows of each field, with examples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sources.kit.source import Source
from transforms.allowed import is_corrected

#: Examples of each kind of change.
EXAMPLES: Final = 3

#: Row field → listing fields that hold it now, its title, and what is done to it. Codes (type, plaques, facilities) are another language and no change of text.
_TOLD: Final = (
    ("name", ("name",), "名称", "统一全角半角、括号和空格，异形字还原，混入的地址和电话拆开"),
    ("host", ("host",), "所属单位", "统一全角半角、括号和空格"),
    ("address", ("address",), "地址", "从区县写起，数字用半角，地名异写改成标准写法"),
    ("county", ("county",), "区县", "改成现行区划的名称"),
    ("town", ("town",), "乡镇街道", "改成区划表里的名称"),
    ("community", ("community",), "社区", "改成区划表里的名称，去掉“居民委员会”等后缀"),
    ("phone", ("phones", "contact_phone"), "电话", "一栏多个的分开，写成区号加号码；手机只供内部使用，不公开"),
    ("hours", ("hours_text",), "开放时间", "统一全角半角和空格"),
    ("opened", ("opened_on",), "建成日期", "写成 年-月-日"),
    ("credit_code", ("credit_code",), "统一社会信用代码", "去掉空格，字母改大写"),
)

#: What is asked of each listing besides its digest, text and position.
TAKEN: Final = tuple(name for _, now, _, _ in _TOLD for name in now)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing done to a list: what it was done to, what was done, to how many rows, and some of them (as written, as it stands now)."""

    title: str
    done: str
    rows: int
    examples: tuple[tuple[str, str], ...] = ()


def changes(listings: Sequence[Mapping[Any, Any]], source: Source, datum: str | None) -> tuple[Change, ...]:
    """What was changed in the listings taken tonight (table listing), the most frequent first. `datum`: of the owner's positions."""
    own = [each for each in listings if not is_corrected(each["row_digest"])]
    written = [json.loads(each["verbatim"]) for each in own]
    headers = {field: header for header, field in source.columns.items()}
    told = [
        _change([row.get(headers[field]) for row in written], [[each[name] for name in now] for each in own], title, done)
        for field, now, title, done in _TOLD
        if field in headers
    ]
    placed = sum(each["lng_wgs84"] is not None for each in listings)
    told += [
        Change("坐标", f"从 {datum} 换算为 WGS-84", placed if datum in ("GCJ-02", "BD-09") else 0),
        Change("坐标", "经纬度颠倒的换回", sum(each["position_basis"] == "swapped" for each in listings)),
        Change("人工更正", "有人按回执或核实的结果更正过，名单里请一并改正", len(listings) - len(own)),
    ]
    return tuple(sorted((each for each in told if each.rows), key=lambda each: -each.rows))


def _change(written: Sequence[str | None], now: Sequence[Sequence[object]], title: str, done: str) -> Change:
    """The rows whose text is not what stands now. What the owner left out, or we could not read, is no change."""
    stands = [";".join(str(value) for value in values if value is not None) for values in now]
    pairs = [(text.strip(), ours) for text, ours in zip(written, stands, strict=True) if text and ours and text.strip() != ours]
    return Change(title, done, len(pairs), tuple(dict.fromkeys(pairs))[:EXAMPLES])

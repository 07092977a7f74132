"""Rows from JSON pages: one list of objects a page, at a path such as `data.list`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sources.kit.dotted import at_path
from sources.kit.raw import NotAsDeclaredError, Payload, Raw, raw_of
from sources.kit.text import decode


@dataclass(frozen=True, slots=True)
class JsonRows:
    """Reads the list of objects at `at` ("" for a page that is the list itself). Numbers keep the owner's digits; null is NA.

    An object inside a row is read as several headers (`geo.lng`), a list of plain values as one text joined by 、.
    """

    at: str = ""

    def __call__(self, payloads: Sequence[Payload]) -> Raw:
        """Rows of all pages in order, numbered from 1. Raises NotAsDeclaredError when a page is not JSON or has no list at `at`."""
        return raw_of_objects([self._rows(payload) for payload in payloads])

    def _rows(self, payload: Payload) -> list[Mapping[str, object]]:
        try:
            body = json.loads(decode(payload, "utf-8"), parse_float=str, parse_int=str)
        except json.JSONDecodeError as broken:
            raise NotAsDeclaredError(
                f"{payload.label}：不是完整的 JSON（第 {broken.lineno} 行第 {broken.colno} 列起读不下去）；请检查接口"
            ) from None
        except RecursionError:
            raise NotAsDeclaredError(f"{payload.label}：JSON 嵌套过深，无法读取；请检查接口") from None
        rows = at_path(body, self.at)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise NotAsDeclaredError(f"{payload.label}：JSON 里“{self.at or '最外层'}”处不是名单；请检查接口")
        return rows


def raw_of_objects(pages: Sequence[Sequence[Mapping[str, object]]]) -> Raw:
    """Raw of parsed JSON objects, those of each payload apart, numbered from 1 in the order given."""
    records = [dict(_flat(row, "")) for page in pages for row in page]
    headers = dict.fromkeys(header for record in records for header in record)
    return raw_of(records, list(headers), sizes=list(map(len, pages)))


def _flat(value: object, header: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{header}.{key}" if header else str(key))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        yield header, json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list):
        yield header, "、".join(text for text in map(_text, value) if text)
    else:
        yield header, _text(value)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)

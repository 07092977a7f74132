"""Rows from what SqlView archives: one JSON object a line, keys in the view's order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sources.kit.json_rows import raw_of_objects
from sources.kit.raw import NotAsDeclaredError, Payload, Raw
from sources.kit.text import decode


@dataclass(frozen=True, slots=True)
class SqlRows:
    """Reads the rows of a view. Numbers keep the owner's digits; null is NA."""

    def __call__(self, payloads: Sequence[Payload]) -> Raw:
        """Rows of all parts in order, numbered from 1. Raises NotAsDeclaredError when a line is no JSON object."""
        return raw_of_objects([list(_objects(payload)) for payload in payloads])


def _objects(payload: Payload) -> Iterator[Mapping[str, object]]:
    # not splitlines: a text may hold a line separator (U+2028) that JSON leaves as it is
    for number, line in enumerate(decode(payload, "utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=str, parse_int=str)
        except json.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            raise NotAsDeclaredError(f"{payload.label}：第 {number} 行不是一条完整的记录，归档可能损坏；请用 --refetch 重取")
        yield row

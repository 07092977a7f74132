"""The operators' own list: stations that no owner lists. It is a source like any other, but for where it comes from: the journal of decisions.

What was added and taken back again stands on it as out of use, so that its listing closes at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flows.house import House
from sources.kit.call import FetchCall, Fetched
from sources.kit.raw import Payload, Raw, raw_of
from sources.kit.source import Due, Source

#: Its key. No file of a city may be called so: the operators' list comes with every city.
OPERATORS: Final = "operators"

#: Row fields that an operator may fill in, under the headers of the list.
COLUMNS: Final = {
    "编号": "code",
    "名称": "name",
    "所属单位": "host",
    "类型": "kind",
    "批次": "batch",
    "地址": "address",
    "区县": "county",
    "乡镇街道": "town",
    "社区": "community",
    "经度": "lng",
    "纬度": "lat",
    "电话": "phone",
    "开放时间": "hours",
    "设施": "facilities",
}

#: What was taken back, in the words of any owner.
_STATUS: Final = ("状态", "停用")


@dataclass(frozen=True, slots=True)
class FromDecisions:
    """Fetches the list as the decisions have it now. `added`: decision_id, values (row field → text), is_undone."""

    added: tuple[Mapping[str, Any], ...] = ()

    def __call__(self, call: FetchCall) -> Fetched:
        headers = {field: header for header, field in COLUMNS.items()}
        records = [
            {headers[name]: text for name, text in each["values"].items()}
            | {"编号": str(each["decision_id"])}
            | ({_STATUS[0]: _STATUS[1]} if each["is_undone"] else {})
            for each in self.added
        ]
        content = json.dumps(records, ensure_ascii=False, indent=1).encode()
        return Fetched((call.archive.put(content, "decisions"),), total=len(records))


def operators_source(city: str, added: tuple[Mapping[str, Any], ...] = ()) -> Source:
    """The declaration of the list in this city (its Chinese name)."""
    return Source(
        key=OPERATORS,
        owner=f"{city}驿站数据组",
        title="人工登记",
        kind="other",
        fetch=FromDecisions(added),
        reader=_read,
        columns={**COLUMNS, _STATUS[0]: "status"},
        rows=(0, 5000),
        datum="WGS-84",
        row_key=("code",),
        trust=90,  # somebody went there
        due=Due.daily(),
        licence="本市自有",
    )


def known_sources(house: House) -> Mapping[str, Source]:
    """The sources of the house, the operators' own list among them: it comes with every city."""
    return {**house.sources, OPERATORS: operators_source(house.city.name)}


def _read(payloads: Sequence[Payload]) -> Raw:
    records = [record for payload in payloads for record in json.loads(payload.content)]
    return raw_of(records, [*COLUMNS, _STATUS[0]], total=len(records))

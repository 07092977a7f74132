"""What every list shares: its header row, which header plays which part, and a row in the making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.datum import Position
from sandbox.dice import dice
from sandbox.station import Station
from sandbox.writing import jittered, position

#: Headers of each list, in its own order. `__sheet__` is the workbook's sheet (a county), not a column.
HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "union": (
        "stationCode",
        "stationName",
        "stationType",
        "batch",
        "hostUnit",
        "address",
        "county",
        "street",
        "community",
        "lng",
        "lat",
        "linkman",
        "linkPhone",
        "openTime",
        "facilities",
        "status",
        "buildDate",
        "updateTime",
    ),
    "bank_icbc": (
        "outletNo",
        "outletName",
        "orgType",
        "address",
        "district",
        "longitude",
        "latitude",
        "tel",
        "businessHours",
        "laborHarbor",
        "services",
        "uscc",
        "status",
        "updateDate",
    ),
    "bank_rural": (
        "__sheet__",
        "序号",
        "网点名称",
        "统一社会信用代码",
        "地址/乡镇街道",
        "地址/社区（村）",
        "地址/详细地址",
        "联系方式/联系人",
        "联系方式/联系电话",
        "营业时间",
        "驿站服务",
        "挂牌",
        "状态",
        "备注",
    ),
    "telecom_mobile": (
        "hallId",
        "hallName",
        "hallType",
        "addr",
        "areaName",
        "street",
        "community",
        "lon",
        "lat",
        "servicePhone",
        "openHours",
        "facilities",
        "plaque",
        "changedOn",
    ),
    "telecom_tower": (
        "site_code",
        "site_name",
        "site_type",
        "county_name",
        "town_name",
        "community_name",
        "address",
        "longitude",
        "latitude",
        "contact_phone",
        "open_hours",
        "equipment",
        "status",
        "built_on",
        "updated_at",
    ),
    "civilization": (
        "编号",
        "名称",
        "层级",
        "上级编号",
        "区划代码",
        "区县",
        "乡镇街道",
        "村社区",
        "地址",
        "经度",
        "纬度",
        "电话",
        "开放时间",
        "服务内容",
        "建设类别",
        "状态",
    ),
}

#: Part → header, where a list has that part. Faults are told in parts, so one fault serves every list.
PARTS: Final[dict[str, dict[str, str]]] = {
    "union": {
        "code": "stationCode",
        "name": "stationName",
        "batch": "batch",
        "host": "hostUnit",
        "address": "address",
        "town": "street",
        "community": "community",
        "lng": "lng",
        "lat": "lat",
        "phone": "linkPhone",
        "hours": "openTime",
        "status": "status",
    },
    "bank_icbc": {
        "code": "outletNo",
        "name": "outletName",
        "address": "address",
        "lng": "longitude",
        "lat": "latitude",
        "phone": "tel",
        "hours": "businessHours",
        "credit_code": "uscc",
        "status": "status",
    },
    "bank_rural": {
        "name": "网点名称",
        "credit_code": "统一社会信用代码",
        "town": "地址/乡镇街道",
        "community": "地址/社区（村）",
        "address": "地址/详细地址",
        "phone": "联系方式/联系电话",
        "hours": "营业时间",
        "status": "状态",
    },
    "telecom_mobile": {
        "code": "hallId",
        "name": "hallName",
        "address": "addr",
        "town": "street",
        "community": "community",
        "lng": "lon",
        "lat": "lat",
        "phone": "servicePhone",
        "hours": "openHours",
    },
    "telecom_tower": {
        "code": "site_code",
        "name": "site_name",
        "address": "address",
        "town": "town_name",
        "community": "community_name",
        "lng": "longitude",
        "lat": "latitude",
        "phone": "contact_phone",
        "hours": "open_hours",
        "status": "status",
    },
    "civilization": {
        "code": "编号",
        "name": "名称",
        "batch": "建设类别",
        "address": "地址",
        "town": "乡镇街道",
        "community": "村社区",
        "lng": "经度",
        "lat": "纬度",
        "phone": "电话",
        "hours": "开放时间",
        "status": "状态",
    },
}

#: Datum that a list's positions are in; a list not named here gives none.
DATUM: Final = {"union": "GCJ-02", "bank_icbc": "BD-09", "telecom_mobile": "GCJ-02", "telecom_tower": "CGCS2000", "civilization": "WGS-84"}
DECIMALS: Final = {"union": 6, "bank_icbc": 6, "telecom_mobile": 6, "telecom_tower": 7, "civilization": 6}

#: How far off an owner's pins are at most, in metres.
PIN_FAR: Final = {"union": 60, "bank_icbc": 45, "telecom_mobile": 60, "telecom_tower": 50, "civilization": 60}

#: What an owner writes beside a place that it has closed; None: it takes the row out.
CLOSED_WORDS: Final = {"union": "停用", "bank_icbc": "停业", "bank_rural": "停业", "telecom_tower": "已拆除", "civilization": "停用"}


@dataclass(slots=True)
class Draft:
    """A row in the making: its fields by header and the station behind it; `copy` 1 is the same station under a second code."""

    seed: int
    source: str
    station: Station
    copy: int
    fields: dict[str, str | None]

    def draw(self, part: str) -> Random:
        """This row's own generator for a part: the same each night, whatever the other parts drew."""
        return dice(self.seed, self.source, self.station.id, self.copy, part)

    def get(self, part: str) -> str | None:
        """The text of a part, None where the list has no such part or the cell is empty."""
        header = PARTS[self.source].get(part)
        return self.fields[header] if header else None

    def put(self, part: str, text: str | None) -> None:
        """Write a part."""
        self.fields[PARTS[self.source][part]] = text

    def place_pin(self, datum: str | None = None) -> None:
        """Write the position, in the list's datum or (a fault) another."""
        there = pin(self.seed, self.source, self.station, self.copy)
        lng, lat = position(datum or DATUM[self.source], there, DECIMALS[self.source])
        self.put("lng", lng)
        self.put("lat", lat)

    @property
    def texts(self) -> Mapping[str, str]:
        """The cells that are not empty."""
        return {header: text for header, text in self.fields.items() if text}


def pin(seed: int, source: str, station: Station, copy: int = 0) -> Position:
    """Where a list has a station, in WGS-84."""
    return jittered(dice(seed, source, station.id, copy, "pin"), station.place, PIN_FAR[source])


def code_number(number: int, copy: int, salt: int) -> int:
    """A code's number: unlike the truth's order, never the same twice (9973 is prime; stations stay under 5,000)."""
    return (number + 5000 * copy) * salt % 9973

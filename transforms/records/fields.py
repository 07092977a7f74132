"""The field dictionary: the one description of a row, a listing and a station. Layouts, suites, tables and docs are built from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

import pandas as pd

Stage: TypeAlias = Literal["row", "listing", "station"]
FieldType: TypeAlias = Literal["text", "integer", "number", "boolean", "date"]

#: How a field's type is held in a pandas frame. Dates are ISO text (2026-06-01) in frames and DATE in tables.
DTYPES: Final = {"text": "str", "integer": "Int64", "number": "float64", "boolean": "boolean", "date": "str"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `on` says where it occurs; `meaning` gives unit, datum and form, of which `unit` and `datum` are the words; `limit` is the longest text that is plausible.

    `personal`: names a natural person or reaches one; never leaves the ops tables. `stated`: every owner's value is kept in `statement`.
    """

    name: str
    type: FieldType
    title: str
    meaning: str
    on: tuple[Stage, ...]
    example: str = ""
    limit: int = 200
    personal: bool = False
    stated: bool = False
    unit: str = ""
    datum: str = ""


def _row(name: str, title: str, meaning: str, example: str, limit: int = 200, personal: bool = False) -> Field:
    return Field(name, "text", title, meaning, ("row",), example, limit, personal)


_ROW: Final = (
    _row("code", "编号", "the owner's own id of the place", "WHGH-0001", 60),
    _row("name", "名称", "name as the owner writes it", "户外劳动者服务站点工会驿站(青阳路社区站)", 100),
    _row("host", "所属单位", "organisation whose premises the station stands in", "青阳路社区居民委员会", 100),
    _row("kind", "类型", "kind of place in the owner's words", "工会驿站", 60),
    _row("level", "层级", "rank in the owner's hierarchy (中心, 所, 站, 点)", "站", 20),
    _row("parent", "上级编号", "owner's id of the place this one belongs to", "WM-0001", 60),
    _row("batch", "批次", "batch in the owner's words", "改造一批", 40),
    _row("plaque", "挂牌", "plaques in the owner's words, or a yes/no flag for the owner's own", "劳动者港湾", 100),
    _row("address", "地址", "address as the owner writes it", "安徽省芜湖市镜湖区青阳路38号一楼", 200),
    _row("county", "区县", "county in the owner's words", "镜湖区", 40),
    _row("town", "乡镇街道", "township or street in the owner's words", "赭山街道", 60),
    _row("community", "社区", "community or village in the owner's words", "青阳路社区", 80),
    _row("division", "区划代码", "division code of 6, 9 or 12 digits, at the owner's vintage", "340202005001", 20),
    _row("lng", "经度", "longitude, or the whole position when lat is absent, in the owner's datum", "118.3854", 40),
    _row("lat", "纬度", "latitude in the owner's datum", "31.3281", 40),
    _row("phone", "电话", "phones in the owner's words", "0553-3812345", 80),
    _row("contact", "联系人", "contact person", "王芳", 60, personal=True),
    _row("hours", "开放时间", "opening hours in the owner's words", "周一至周五 8:30-12:00，14:00-17:30", 120),
    _row("facilities", "设施", "facilities and services in the owner's words", "饮水机、微波炉、充电", 300),
    _row("credit_code", "统一社会信用代码", "credit code of the host, 18 characters (GB 32100)", "913400007199042708", 40),
    _row("status", "状态", "status in the owner's words, or a tombstone flag", "在用", 40),
    _row("opened", "建成日期", "date of opening in the owner's words", "2025年6月", 40),
    _row("updated", "更新时间", "the owner's own time of last change", "2026-05-30", 40),
    _row("remark", "备注", "anything else the owner writes", "", 300),
)

_BOTH: Final = ("listing", "station")

_LISTING: Final = (
    Field(
        "listing_id",
        "text",
        "登记编号",
        "source:row_key of the listing when first seen; stable through renumbering",
        ("listing",),
        "union:WHGH-0001",
    ),
    Field(
        "name",
        "text",
        "名称",
        "cleaned name: folded width, variants and private-use characters put right",
        _BOTH,
        "工会驿站(青阳路社区站)",
        100,
        stated=True,
    ),
    Field(
        "name_core", "text", "核心名", "the name without brand, plaque, admin prefix, legal form and kind words", ("listing",), "青阳路社区"
    ),
    Field("organisation", "text", "机构", "organisation of the place, brand and legal form normalised", ("listing",), "中国工商银行"),
    Field("kind", "text", "类型", "code of vocabulary/kinds.csv", _BOTH, "union_station", stated=True),
    Field("host", "text", "所属单位", "host organisation, cleaned", _BOTH, "青阳路社区居民委员会", 100, stated=True),
    Field("plaques", "text", "挂牌", "codes of vocabulary/plaques.csv, sorted, joined by ;", _BOTH, "gonghui_yizhan;laodongzhe_gangwan"),
    Field("batch", "text", "批次", "renovated, new_build, co_branded, none; missing when unknown", _BOTH, "renovated", stated=True),
    Field(
        "batch_basis",
        "text",
        "批次依据",
        "owner (stated), rule (owner kind and host), hint (the source's) or date (a public place that opened before the programme)",
        _BOTH,
        "owner",
    ),
    Field("county_code", "text", "区县代码", "6-digit code of today", _BOTH, "340202", stated=True),
    Field("county", "text", "区县", "county name of today", _BOTH, "镜湖区"),
    Field("town_code", "text", "乡镇街道代码", "9-digit code of the bureau's vintage", _BOTH, "340202005", stated=True),
    Field("town", "text", "乡镇街道", "township or street", _BOTH, "赭山街道"),
    Field("community_code", "text", "社区代码", "12-digit code of the bureau's vintage", _BOTH, "340202005001", stated=True),
    Field("community", "text", "社区", "community or village without its suffix 居民委员会 / 村民委员会", _BOTH, "青阳路社区"),
    Field("address", "text", "地址", "cleaned address from the county down", _BOTH, "镜湖区青阳路38号1楼", 200, stated=True),
    Field("road", "text", "道路", "road, lane's road or village group", ("listing",), "青阳路"),
    Field("number", "text", "门牌号", "house number in Arabic digits without 号; 88-15 stays 88-15", ("listing",), "38"),
    Field("lane", "text", "弄巷", "lane (巷, 弄, 里) below the road", ("listing",), "3巷"),
    Field("building", "text", "楼栋", "building", ("listing",), "5幢"),
    Field("floor", "text", "楼层", "floor in Arabic digits", ("listing",), "1"),
    Field("room", "text", "房间", "room", ("listing",), "102"),
    Field("landmark", "text", "地标", "named mall, tower, compound, park, or a place given by 旁, 对面 …", ("listing",), "万达广场"),
    Field("lng_wgs84", "number", "经度", "longitude, degrees WGS-84, rounded to 7 places", _BOTH, "118.38", unit="degrees", datum="WGS-84"),
    Field("lat_wgs84", "number", "纬度", "latitude, degrees WGS-84, rounded to 7 places", _BOTH, "31.33", unit="degrees", datum="WGS-84"),
    Field("position_basis", "text", "坐标来历", "given, swapped (put right), or missing when there is none", ("listing",), "given"),
    Field(
        "phones",
        "text",
        "电话",
        "public phones: 0553-3812345, 400-…, five-digit hot lines; sorted, joined by ;",
        _BOTH,
        "0553-3812345",
        stated=True,
    ),
    Field("contact_name", "text", "联系人", "contact person", ("listing",), "王芳", 60, personal=True),
    Field("contact_phone", "text", "联系手机", "mobiles, sorted, joined by ;", ("listing",), "13900001234", personal=True),
    Field("hours", "text", "开放时间", "OpenStreetMap opening_hours syntax", _BOTH, "Mo-Fr 08:30-12:00,14:00-17:30", stated=True),
    Field("hours_text", "text", "开放时间原文", "opening hours as written, cleaned", _BOTH, "周一至周五 8:30-12:00", stated=True),
    Field("facilities", "text", "设施", "codes of vocabulary/facilities.csv, sorted, joined by ;", _BOTH, "charging;microwave;water"),
    Field("credit_code", "text", "统一社会信用代码", "valid 18-character credit code", _BOTH, "913400007199042708", 18, stated=True),
    Field("is_closed_by_owner", "boolean", "业主称已停用", "the owner itself says it is closed", ("listing",), "false"),
    Field("opened_on", "date", "建成日期", "first day of the month where only a month is given", _BOTH, "2025-06-01", stated=True),
    Field("updated_on", "date", "业主更新日期", "the owner's own date of last change", ("listing",), "2026-05-30"),
)

_STATION: Final = (
    Field("station_id", "text", "驿站编号", "stable id minted from the station's anchor listing", ("station",), "yz3402-7c1f0a92b3"),
    Field("status", "text", "状态", "open or closed", ("station",), "open"),
    Field(
        "close_cause",
        "text",
        "停用原因",
        "why it is closed: closed_by_owner, absent_twice or carried_too_long of the listing that closed last, or closed_by_person (an operator closed it, though "
        "lists may still have it); missing while it is open",
        ("station",),
        "absent_twice",
    ),
    Field("first_seen_on", "date", "首次出现", "night on which its anchor listing was first seen", ("station",), "2026-06-01"),
    Field("sources", "text", "来源", "keys of the sources that list it now, sorted, joined by ;", ("station",), "bank_icbc;union"),
    Field("listing_count", "integer", "登记数", "open listings merged into it", ("station",), "2", unit="listings"),
)

#: Every field, rows first. Names are unique within a stage.
FIELDS: Final[tuple[Field, ...]] = (*_ROW, *_LISTING, *_STATION)

#: Columns that a frame of rows or listings carries besides its fields.
ROW_META: Final = ("source", "row_key", "line", "row_digest", "verbatim")
LISTING_META: Final = ("source", "row_key", "line", "row_digest", "verbatim")


def columns_of(stage: Stage) -> tuple[str, ...]:
    """Names of the fields of a stage, in dictionary order."""
    return tuple(field.name for field in FIELDS if stage in field.on)


def empty_frame(stage: Stage) -> pd.DataFrame:
    """A frame of the stage without rows, with its meta columns and the right dtypes."""
    return _empty(stage).copy()


@cache
def _empty(stage: Stage) -> pd.DataFrame:
    """The frame that `empty_frame` copies: making it column by column takes 13 ms."""
    meta = {"row": ROW_META, "listing": LISTING_META, "station": ()}[stage]
    columns = {name: pd.Series(dtype="str") for name in meta}
    columns |= {field.name: pd.Series(dtype=DTYPES[field.type]) for field in FIELDS if stage in field.on}
    return pd.DataFrame(columns)

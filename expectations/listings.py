"""The listing suite: what is wrong with one owner's claim once it is cleaned, and what must never leave the cleaners."""

from __future__ import annotations

from typing import Final

from expectations.baseline import baseline
from expectations.check import Check, Suite
from expectations.factories import (
    FAR_M,
    NEAR_M,
    clean_cells,
    dates,
    division_cells,
    division_in_parent,
    matches,
    not_after_night,
    not_older_than,
    own,
    position_band,
    position_in_county,
    stock,
)
from transforms.records import Rule

#: A mobile number names a person; it may not stand in a field that everybody reads.
MOBILE: Final = r"(?<!\d)1[3-9]\d{9}(?!\d)"
#: A listing that its owner did not touch for two years is where closed stations hide; two yearly reviews have passed it by.
STALE_DAYS: Final = 730
#: Before the People's Republic there were no stations of this kind; earlier dates are a default such as 1900-01-00.
EARLIEST: Final = "1949-10-01"
#: An owner that lists more than this many public phones for one door has put a directory into the cell.
PHONES: Final = 3

UNPLACED: Final = Rule(
    "listing_unplaced",
    "critical",
    "owner",
    "address",
    "找不到位置",
    "这一行既没有地址，也没有坐标和社区，无法确定站点在哪里；请至少补上一项。",
    "Without any place a listing can be neither compared nor visited.",
)
OUTSIDE_CITY: Final = Rule(
    "position_far_outside",
    "critical",
    "owner",
    "lng",
    "坐标远在市外",
    "坐标“{value}”在本市边界以外5公里以上；请核对坐标或从名单中删去。",
    "No coarseness of the outline explains 5 km; the row's last good listing stays meanwhile.",
)
NEAR_BORDER: Final = Rule(
    "position_near_border",
    "warning",
    "owner",
    "lng",
    "坐标在市界外侧",
    "坐标“{value}”落在本市边界外侧不远处；边界数据较粗，请核对。",
    "The outline's vertices stand about 2 km apart, so up to 5 km outside this only warns and never holds back.",
)
OTHER_COUNTY: Final = Rule(
    "position_in_other_county",
    "warning",
    "owner",
    "lng",
    "坐标与区县不符",
    "坐标和区县“{value}”相差3公里以上；请核对是坐标错还是区县错。",
    "County outlines are about 1 km coarse on both sides of a border; 3 km is beyond that.",
)
NOT_ON_DATE: Final = Rule(
    "division_not_on_date",
    "critical",
    "us",
    "county_code",
    "区划代码当日无效",
    "区划代码“{value}”当日不存在，系清洗程序的错误，请报运维。",
    "The cleaners give codes that exist on the night or none; anything else would break every count by district.",
)
TOWN_ELSEWHERE: Final = Rule(
    "town_in_other_county",
    "warning",
    "owner",
    "town",
    "乡镇街道与区县不符",
    "乡镇街道和区县“{value}”对不上；请核对。",
    "By the bureau's vintage; borders between counties do move, so it only warns.",
)
COMMUNITY_ELSEWHERE: Final = Rule(
    "community_in_other_town",
    "warning",
    "owner",
    "community",
    "社区与乡镇街道不符",
    "社区和乡镇街道“{value}”对不上；请核对。",
    "By the bureau's vintage; communities are moved between streets, so it only warns.",
)
CODE_UNVERIFIED: Final = Rule(
    "credit_code_unverified",
    "critical",
    "us",
    "credit_code",
    "信用代码未经校验",
    "统一社会信用代码“{value}”校验不通过却未被剔除，系清洗程序的错误，请报运维。",
    "The cleaner drops codes with a wrong check digit (GB 32100-2015); one that passed would join strangers in dedupe.",
)
HOURS_ABSENT: Final = Rule(
    "hours_absent",
    "info",
    "owner",
    "hours",
    "缺少开放时间",
    "没有开放时间；请补上，便于劳动者安排。",
    "The question asked most often of a station; counted, never held.",
)
HOURS_IMPLAUSIBLE: Final = Rule(
    "hours_implausible",
    "warning",
    "owner",
    "hours",
    "开放时间不合情理",
    "开放时间“{value}”不合情理（不足半小时、互相重叠或全在清晨6点前）；请核对，下午请用24小时制。",
    "Afternoons written on a 12-hour clock (2:00-5:30) are the commonest slip.",
)
MANY_PHONES: Final = Rule(
    "phones_too_many",
    "info",
    "owner",
    "phone",
    "电话过多",
    "列了三个以上公开电话：“{value}”；请只留站点自己的电话。",
    "A directory in the phone cell joins strangers in dedupe.",
)
MOBILE_PUBLIC: Final = Rule(
    "personal_phone_public",
    "critical",
    "us",
    "phones",
    "手机号将被公开",
    "公开字段“{value}”里有手机号，为保护个人信息未采用；请把手机号移到联系人栏。",
    "Names, addresses, hosts, hours and public phones are read by everybody; a mobile number reaches a person.",
)
OPENED_LATER: Final = Rule(
    "opened_in_future",
    "warning",
    "owner",
    "opened",
    "建成日期在将来",
    "建成日期“{value}”还没有到；请核对，未建成的站点请暂不列入。",
    "A station that is not open yet sends workers to a closed door.",
)
OPENED_EARLY: Final = Rule(
    "opened_too_early",
    "info",
    "owner",
    "opened",
    "建成日期过早",
    "建成日期“{value}”早得不合情理；请核对。",
    "Spreadsheets write 1900-01-00 for an empty date.",
)
UPDATED_LATER: Final = Rule(
    "updated_in_future",
    "warning",
    "owner",
    "updated",
    "更新日期在将来",
    "更新日期“{value}”还没有到；请核对系统时钟或日期格式。",
    "Recency decides between owners: a date in the future would win for ever.",
)
STALE: Final = Rule(
    "updated_long_ago",
    "info",
    "owner",
    "updated",
    "两年未更新",
    "上次更新在“{value}”，已超过两年；请确认站点仍然开放。",
    "Old entries are where closed stations hide; counted so that an owner can be asked.",
)
NAME_SAYS_NOTHING: Final = Rule(
    "name_says_nothing",
    "warning",
    "owner",
    "name",
    "名称没有区分度",
    "名称里只有品牌或类型，也没有所属单位，分不清是哪一处；请写明单位或地点。",
    "工会驿站 alone is every station of the union's; only its place tells it apart.",
)
FORM_BROKEN: Final = Rule(
    "listing_form_broken",
    "critical",
    "us",
    "",
    "字段格式不符",
    "字段值“{value}”不合字段字典规定的格式，系清洗程序的错误，请报运维。",
    "Baseline from the field dictionary: tables, marts and maps rely on these forms.",
)
FIELD_TOO_LONG: Final = Rule(
    "listing_text_too_long",
    "warning",
    "owner",
    "",
    "字段过长",
    "“{value}”超出这一字段合理的长度；请检查是否填错栏。",
    "Baseline from the field dictionary (Field.limit), after cleaning.",
)

#: Fields that everybody reads and that carry free text.
PUBLIC_TEXT: Final = ("name", "host", "address", "hours_text", "phones")


_PLACES: Final = ("address", "lng_wgs84", "community", "landmark")
_POSITION: Final = ("lng_wgs84", "lat_wgs84")
_TELLING: Final = ("name_core", "organisation", "host")

#: Asked of listings frames, after cleaning.
LISTINGS: Final[Suite] = (
    Check(UNPLACED, _PLACES, own("ExpectRowToHoldOneOf", column_list=list(_PLACES)), sees_absence=True),
    Check(OUTSIDE_CITY, _POSITION, position_band(FAR_M)),
    Check(NEAR_BORDER, _POSITION, position_band(NEAR_M, FAR_M)),
    Check(OTHER_COUNTY, (*_POSITION, "county_code", "county"), position_in_county()),
    division_cells(NOT_ON_DATE, ("county_code", "town_code", "community_code")),
    Check(TOWN_ELSEWHERE, ("town_code", "county_code", "town", "county"), division_in_parent("town_code", "county_code")),
    Check(COMMUNITY_ELSEWHERE, ("community_code", "town_code", "community", "town"), division_in_parent("community_code", "town_code")),
    Check(CODE_UNVERIFIED, ("credit_code",), own("ExpectColumnValuesToBeCreditCodes", column="credit_code")),
    Check(HOURS_ABSENT, ("hours_text",), stock("ExpectColumnValuesToNotBeNull", column="hours_text")),
    Check(HOURS_IMPLAUSIBLE, ("hours",), own("ExpectColumnValuesToBePlausibleHours", column="hours")),
    Check(MANY_PHONES, ("phones",), matches("phones", rf"^[^;]*(?:;[^;]*){{0,{PHONES - 1}}}$")),
    clean_cells(MOBILE_PUBLIC, PUBLIC_TEXT, MOBILE),
    Check(OPENED_LATER, ("opened_on",), not_after_night("opened_on"), is_dated=True),
    Check(OPENED_EARLY, ("opened_on",), dates("opened_on", earliest=EARLIEST)),
    Check(UPDATED_LATER, ("updated_on",), not_after_night("updated_on"), is_dated=True),
    Check(STALE, ("updated_on",), not_older_than("updated_on", STALE_DAYS), is_dated=True),
    Check(NAME_SAYS_NOTHING, _TELLING, own("ExpectRowToHoldOneOf", column_list=list(_TELLING)), sees_absence=True),
    *baseline("listing", FORM_BROKEN, FIELD_TOO_LONG),
)

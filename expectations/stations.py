"""The station suite: what would embarrass the register. A critical rule here rejects the night, so critical ones are faults of ours."""

from __future__ import annotations

from typing import Final

from expectations.baseline import baseline
from expectations.check import Check, Factory, Suite
from expectations.factories import FAR_M, clean_cells, division_cells, matches, not_after_night, own, position_band, stock
from expectations.listings import MOBILE, PUBLIC_TEXT
from transforms.records import Rule
from transforms.records.issues import Severity


def _rule(id: str, severity: Severity, field: str, title: str, sentence: str, reason: str) -> Rule:
    return Rule(id, severity, "us", field, title, sentence, reason)


_STOP: Final = "；今晚的登记未发布，请报运维。"

ID_FORM: Final = _rule(
    "station_id_form",
    "critical",
    "station_id",
    "驿站编号格式不符",
    "驿站编号“{value}”格式不符" + _STOP,
    "Ids are printed on plaques and QR codes; a wrong form cannot be taken back.",
)
ID_REPEATED: Final = _rule(
    "station_id_repeated",
    "critical",
    "station_id",
    "驿站编号重复",
    "驿站编号“{value}”出现两次" + _STOP,
    "One id, one station: everything that joins on it would double.",
)
NAMELESS: Final = _rule(
    "station_nameless",
    "critical",
    "name",
    "驿站没有名称",
    "驿站没有名称" + _STOP,
    "Every listing has a name, so a station without one was merged wrongly.",
)
OUTSIDE: Final = _rule(
    "station_outside_city",
    "critical",
    "lng_wgs84",
    "驿站在市外",
    "驿站坐标“{value}”在市界5公里以外" + _STOP,
    "Such listings are held back one by one; a station there is a fault of the merge or of a correction.",
)
SEEN_LATER: Final = _rule(
    "station_seen_in_future",
    "critical",
    "first_seen_on",
    "首次出现在将来",
    "驿站首次出现的日期“{value}”在今晚之后" + _STOP,
    "A later night leaked into this one: replay and history would lie.",
)
INCOHERENT: Final = _rule(
    "station_status_incoherent",
    "critical",
    "status",
    "状态与登记不符",
    "驿站状态与登记数“{value}”互相矛盾" + _STOP,
    "An open station has at least one open listing, a closed one has none.",
)
SOURCELESS: Final = _rule(
    "station_without_status",
    "critical",
    "status",
    "驿站没有状态",
    "驿站没有状态" + _STOP,
    "Liveness of the whole register is counted by it.",
)
MOBILE_PUBLIC: Final = _rule(
    "station_shows_mobile",
    "critical",
    "phones",
    "驿站公开了手机号",
    "驿站的公开字段“{value}”里有手机号" + _STOP,
    "The last guard before analysts and the public read it.",
)
CODE_UNVERIFIED: Final = _rule(
    "station_credit_code_invalid",
    "critical",
    "credit_code",
    "驿站信用代码有误",
    "驿站的统一社会信用代码“{value}”校验不通过" + _STOP,
    "Listings carry valid codes only; an invalid one came from a correction or a fault of the merge.",
)
FORM_BROKEN: Final = _rule(
    "station_form_broken",
    "critical",
    "",
    "驿站字段格式不符",
    "驿站的字段值“{value}”不合字段字典规定的格式" + _STOP,
    "Baseline from the field dictionary; the batch among them: only the three and none.",
)
TOO_LONG: Final = _rule(
    "station_text_too_long",
    "warning",
    "",
    "驿站字段过长",
    "驿站的“{value}”超出这一字段合理的长度；请核对或更正。",
    "Baseline from the field dictionary (Field.limit): it breaks labels on maps.",
)
BATCH_UNFIT: Final = _rule(
    "station_batch_unfit",
    "warning",
    "batch",
    "驿站批次与类型不符",
    "驿站的批次与类型、所属单位“{value}”不相称；请核对并更正。",
    "Owner kind and host bound the batch; what the sources agreed on may still be right, so it only warns.",
)
UNPLACED: Final = _rule(
    "station_unplaced",
    "warning",
    "address",
    "驿站没有位置",
    "驿站既没有地址，也没有坐标和社区；请更正补上。",
    "Corrections can take the last place away; listings without one are held back.",
)
COUNTYLESS: Final = _rule(
    "station_without_county",
    "warning",
    "county_code",
    "驿站没有区县",
    "驿站不知属于哪个区县；请更正补上，否则不计入分区统计。",
    "It would be missing from every count by district.",
)
NOT_ON_DATE: Final = _rule(
    "station_division_not_on_date",
    "critical",
    "county_code",
    "驿站区划代码当日无效",
    "驿站的区县代码“{value}”当日不存在" + _STOP,
    "Counts by district would grow a district that does not exist.",
)
TWINS: Final = _rule(
    "station_twice",
    "warning",
    "name",
    "疑似同一驿站",
    "另有一个驿站名称、区县、地址都相同：“{value}”；请判断是否同一处。",
    "Same name at the same address under two ids: dedupe left a pair for a person.",
)
OPENED_LATER: Final = _rule(
    "station_opened_in_future",
    "warning",
    "opened_on",
    "驿站尚未建成",
    "驿站的建成日期“{value}”还没有到；请核对。",
    "Every owner that lists it says it opens later.",
)


def _id_of_city() -> Factory:
    return lambda scene: matches("station_id", rf"^yz{scene.city.code}-[0-9a-f]{{10}}$")(scene)


_TWIN: Final = ("name", "county_code", "address", "status")
_FITTING: Final = ("batch", "kind", "host")
_PLACES: Final = ("address", "lng_wgs84", "community")

#: Asked of the stations frame, after the merge.
STATIONS: Final[Suite] = (
    Check(ID_FORM, ("station_id",), _id_of_city()),
    Check(ID_REPEATED, ("station_id",), stock("ExpectColumnValuesToBeUnique", column="station_id")),
    Check(NAMELESS, ("name",), own("ExpectColumnValuesToSaySomething", column="name"), sees_absence=True),
    Check(OUTSIDE, ("lng_wgs84", "lat_wgs84"), position_band(FAR_M)),
    Check(SEEN_LATER, ("first_seen_on",), not_after_night("first_seen_on")),
    Check(SOURCELESS, ("status",), stock("ExpectColumnValuesToNotBeNull", column="status"), sees_absence=True),
    Check(INCOHERENT, ("status", "listing_count"), own("ExpectStatusToAgreeWithListings", column_list=["status", "listing_count"])),
    clean_cells(MOBILE_PUBLIC, PUBLIC_TEXT, MOBILE),
    Check(CODE_UNVERIFIED, ("credit_code",), own("ExpectColumnValuesToBeCreditCodes", column="credit_code")),
    Check(BATCH_UNFIT, _FITTING, own("ExpectBatchToFitKindAndHost", column_list=list(_FITTING))),
    Check(UNPLACED, _PLACES, own("ExpectRowToHoldOneOf", column_list=list(_PLACES)), sees_absence=True),
    Check(COUNTYLESS, ("county_code",), stock("ExpectColumnValuesToNotBeNull", column="county_code"), sees_absence=True),
    division_cells(NOT_ON_DATE, ("county_code", "town_code", "community_code")),
    Check(TWINS, _TWIN, stock("ExpectCompoundColumnsToBeUnique", column_list=list(_TWIN), ignore_row_if="any_value_is_missing")),
    Check(OPENED_LATER, ("opened_on",), not_after_night("opened_on")),
    *baseline("station", FORM_BROKEN, TOO_LONG),
)

"""The bad inputs, in nights of at most one a source: telecom_tower stays as it is, so that every night has a good list too."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree
from openpyxl.worksheet.worksheet import Worksheet

from tests.night.bad_night import Bad
from tests.night.bad_owners import (
    StandIn,
    altered_workbook,
    altering,
    altering_json,
    answering,
    folder_with,
    on_a_socket,
    setting,
)
from tests.sources.owner_server import Asked, Reply, as_json, closed_port, dripping, saying
from tests.sources.workbooks import WEB_PAGE, locked

UNION, ICBC, MOBILE, CIVILIZATION = "YIZHAN_UNION_URL", "YIZHAN_ICBC_URL", "YIZHAN_MOBILE_URL", "YIZHAN_CIVILIZATION_URL"

_CUT_XML = '<?xml version="1.0" encoding="GB18030"?>\n<实践阵地名录 总数="49"><阵地><编号>WM-34'.encode("gb18030")
_BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
_LOGIN = Reply('<!DOCTYPE html><html><head><title>统一登录</title></head><body><form action="/login"></form></body></html>'.encode())

#: A row of the union's that nothing is wrong with.
GOOD_ROW = {
    "stationName": "赭山公园南门工会驿站",
    "stationType": "工会驿站",
    "batch": "",
    "hostUnit": "镜湖区城市管理局",
    "address": "芜湖市镜湖区九华中路81号",
    "county": "镜湖区",
    "street": "赭麓街道",
    "community": "",
    "lng": "118.374012",
    "lat": "31.345678",
    "linkman": "",
    "linkPhone": "0553-3838383",
    "openTime": "8:30-17:30",
    "facilities": "饮水机",
    "status": "正常",
    "buildDate": "2025-09",
    "updateTime": "2026-05-06",
}

#: What is wrong with each row that the union's list gains; the row's code tells which it is.
BAD_CELLS = {
    "WHGH-T001": {"lng": "0", "lat": "0"},
    "WHGH-T002": {"stationName": "0553-5712345"},
    "WHGH-T003": {"stationName": "长虹苑社区工会驿站13855312345"},
    "WHGH-T004": {"stationName": "驿" * 3_500},  # 10 kB
    "WHGH-T005": {"hostUnit": '=HYPERLINK("http://example.invalid","点这里")'},
}


def _first_half(asked: Asked, body: bytes) -> bytes:
    """The first half of the union's rows, under the total of all of them."""
    told = json.loads(body)
    rows = told["data"]["list"]
    told["data"]["list"] = rows[: len(rows) // 2] if asked.query["page"] == "1" else []
    return json.dumps(told).encode()


def _three_quarters(told: Any) -> Any:
    """A quarter of the union's rows gone, and the total says nothing of it."""
    rows = told["data"]["list"]
    kept = rows[len(rows) // 4 :]
    return {**told, "data": {**told["data"], "list": kept, "total": len(kept)}}


def _half_of_places(_asked: Asked, body: bytes) -> bytes:
    """Half of the civilization places gone, and the total says nothing of it."""
    root = etree.fromstring(body)
    for place in root[: len(root) // 2]:
        root.remove(place)
    root.set("总数", str(len(root)))
    return etree.tostring(root, encoding="GB18030", xml_declaration=True)


def _renamed(told: Any) -> Any:
    """Every outlet's name under another header."""
    rows = [{"branchName" if name == "outletName" else name: row[name] for name in row} for row in told["outlets"]]
    return {**told, "outlets": rows}


def _with_bad_cells(told: Any) -> Any:
    rows = [{"stationCode": code, **GOOD_ROW, **cells} for code, cells in BAD_CELLS.items()]
    listed = told["data"]
    return {**told, "data": {**listed, "list": [*listed["list"], *rows], "total": listed["total"] + len(rows)}}


def _whole(target: str) -> str:
    """The firm's whole list is asked for, not what changed, and on one page: what is made of it is the stand-in's."""
    kept = {name: value for name, value in parse_qsl(urlsplit(target).query) if name != "changedSince"}
    return f"{urlsplit(target).path}?{urlencode({**kept, 'offset': 0, 'limit': 200})}"


def _same_page(told: Any) -> Any:
    return {**told, "total": 200}


def _growing() -> StandIn:
    """A list to whose top a row is added after the first page was given."""
    asked_so_far = count()

    def page(asked: Asked, body: bytes) -> bytes:
        told, offset = json.loads(body), int(asked.query["offset"])
        rows = told["items"] if next(asked_so_far) else told["items"][1:]
        return json.dumps({**told, "total": len(rows), "offset": offset, "items": rows[offset : offset + 4]}).encode()

    return altering(MOBILE, page, _whole)


def _long_number(sheet: Worksheet) -> None:
    """One row more, with a credit code of nothing but digits, typed into a cell that is a number."""
    for column, value in ((2, "扬子农商行奎湖路支行"), (3, 913402000000000123), (4, "籍山镇"), (6, "南陵县籍山镇奎湖路8号"), (12, "营业")):
        sheet.cell(sheet.max_row + (column == 2), column, value)


def _no_hours(sheet: Worksheet) -> None:
    """The header of the opening hours is gone from one sheet."""
    sheet.unmerge_cells("I3:I4")
    sheet.cell(3, 9).value = None


def _new_column(sheet: Worksheet) -> None:
    sheet.cell(3, 14, "分管领导")
    sheet.cell(5, 14, "待补")


_LIMITED = Reply(status=429, headers={"Retry-After": "0"})
_NEXT_YEAR = Reply(status=429, headers={"Retry-After": "31536000"})
_CODE_500 = as_json({"code": 500, "data": []})
_NO_OUTLETS = as_json({"respCode": "0000", "respMsg": "成功", "nextCursor": None, "outlets": []})

NIGHTS: tuple[tuple[Bad, ...], ...] = (
    (
        Bad("connection refused", "union", setting(UNION, f"http://127.0.0.1:{closed_port()}/")),
        Bad("no such host", "bank_icbc", setting(ICBC, "http://no-such-bank.invalid/outlets")),
        Bad("Retry-After of a year", "telecom_mobile", answering(MOBILE, lambda _: _NEXT_YEAR)),
        Bad(
            "cut with Content-Length",
            "civilization",
            on_a_socket(CIVILIZATION, saying(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + _CUT_XML)),
        ),
        Bad("a web page renamed .xls", "bank_rural", folder_with("网点清单.xls", WEB_PAGE)),
    ),
    (
        Bad("wrong key", "union", setting("YIZHAN_UNION_KEY", "an-0ld-key-of-last-year")),
        Bad("429 forever", "bank_icbc", answering(ICBC, lambda _: _LIMITED)),
        Bad(
            "cut without Content-Length",
            "telecom_mobile",
            on_a_socket(MOBILE, saying(b'HTTP/1.0 200 OK\r\n\r\n{"success":true,"total":10,"asOf":"2026-06-08","items":[{"hallId":"WH')),
        ),
        Bad(
            "slow drip",
            "civilization",
            on_a_socket(CIVILIZATION, dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n<a>")),
            wall_seconds=1.5,
        ),
        Bad("a workbook with a password", "bank_rural", folder_with("网点清单.xlsx", locked())),
    ),
    (
        Bad("code 500 with status 200", "union", answering(UNION, lambda _: _CODE_500)),
        Bad("login page", "bank_icbc", answering(ICBC, lambda _: _LOGIN)),
        Bad("missing secret", "telecom_mobile", setting("YIZHAN_MOBILE_CLIENT_SECRET", "")),
        Bad("entity bomb", "civilization", answering(CIVILIZATION, lambda _: Reply(_BOMB))),
        Bad("a code stored as a number", "bank_rural", altered_workbook(_long_number)),
    ),
    (
        Bad("half of the list", "union", altering(UNION, _first_half)),
        Bad("empty list", "bank_icbc", answering(ICBC, lambda _: _NO_OUTLETS)),
        Bad("a page that repeats", "telecom_mobile", altering_json(MOBILE, _same_page, _whole)),
        Bad(
            "GB18030 declared UTF-8",
            "civilization",
            altering(CIVILIZATION, lambda _, body: body.replace(b'encoding="GB18030"', b'encoding="UTF-8"')),
        ),
        Bad("a new column", "bank_rural", altered_workbook(_new_column)),
    ),
    (
        Bad("a quarter of the list gone, told as the whole", "union", altering_json(UNION, _three_quarters)),
        Bad("a renamed column", "bank_icbc", altering_json(ICBC, _renamed)),
        Bad("rows added while paging", "telecom_mobile", _growing()),
        Bad("half of the list, told as the whole", "civilization", altering(CIVILIZATION, _half_of_places)),
        Bad("a missing column", "bank_rural", altered_workbook(_no_hours)),
    ),
    (Bad("bad cells", "union", altering_json(UNION, _with_bad_cells)),),
)

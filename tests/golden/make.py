"""Writes the golden payloads that no text editor can: the workbook as WPS saves it, the XML in GB18030. `python -m tests.golden.make`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from xlsxwriter.worksheet import Worksheet

from tests.sources.workbooks import as_wps_writes_it, workbook

_HERE: Final = Path(__file__).parent

_TOP: Final = ("序号", "网点名称", "统一社会信用代码", "地址", "", "", "联系方式", "", "营业时间", "驿站服务", "挂牌", "状态", "备注")
_BELOW: Final = {3: "乡镇街道", 4: "社区（村）", 5: "详细地址", 6: "联系人", 7: "联系电话"}

OUTLETS: Final[dict[str, tuple[tuple[object, ...], ...]]] = {
    "镜湖区": (
        (1, "芜湖扬子农村商业银行青阳路支行", "913400007199042708", "赭山街道", "青阳路社区", "青阳路叁拾捌号", "王芳", "0553-3812345", "周一至周五 8:30-17:00", "饮水机、微波炉", "工会驿站、劳动者港湾", "营业", ""),
        (2, "扬子农商行镜湖分理处", "91340207MA2MWRK069", "北京路街道", "", "＝北京中路１２号", "李强", 5533812346, "9:00-17:00", "充电", "爱心驿站", "营业", "季末延长服务"),
    ),
    "无为市": (
        (3, "=农商行无城支行", 913402257117523123, "无城镇", "西门社区", "鼓楼路88-15号", "赵敏", "96669", "8:00-17:00", "热水，休息区", "劳动者港湾", "停业", ""),
    ),
}  # fmt: skip

PLACES: Final = """<?xml version="1.0" encoding="GB18030"?>
<实践阵地名录 发布日期="2026-06-01" 总数="3">
  <阵地><编号>WM-340202-0001</编号><名称>镜湖区新时代文明实践中心</名称><层级>中心</层级><上级编号/><区划代码>340202000000</区划代码><区县>镜湖区</区县><乡镇街道/><村社区/><地址>镜湖区九华中路112号</地址><经度>118.376512</经度><纬度>31.340021</纬度><电话>0553-3812345</电话><开放时间>周一至周五 8:30-17:30</开放时间><服务内容>饮水机、图书</服务内容><建设类别/><状态>正常开放</状态></阵地>
  <阵地><编号>WM-340221-0002</编号><名称>湾沚镇新时代文明实践所</名称><层级>所</层级><上级编号>WM-340221-0001</上级编号><区划代码>340221100000</区划代码><区县>湾沚区</区县><乡镇街道>湾沚镇</乡镇街道><村社区/><地址>湾沚镇迎宾大道６号</地址><经度>118.571201</经度><纬度>31.134518</纬度><电话>0553-8812345、13900001234</电话><开放时间>24小时</开放时间><服务内容>急救药箱</服务内容><建设类别>改造一批</建设类别><状态>正常开放</状态></阵地>
  <阵地><编号>WM-340203-0003</编号><名称>澛港社区新时代文明实践站</名称><层级>站</层级><上级编号>WM-340203-0001</上级编号><区划代码>340203003001</区划代码><区县>弋江区</区县><乡镇街道>澛港街道</乡镇街道><村社区>澛港社区</村社区><地址>弋江区㐂莊路2号</地址><经度>118.351123</经度><纬度>31.282310</纬度><电话/><开放时间>8:00-12:00，14:30-17:30</开放时间><服务内容/><建设类别>新建一批</建设类别><状态>停用</状态></阵地>
</实践阵地名录>
"""


def outlets() -> bytes:
    """The rural bank's workbook: two title rows, a header over two, a sheet a county, dimension A1, an id kept as a number."""
    return as_wps_writes_it(workbook(*((county, _sheet(rows)) for county, rows in OUTLETS.items())))


def _sheet(rows: tuple[tuple[object, ...], ...]) -> Callable[[Worksheet], None]:
    def fill(sheet: Worksheet) -> None:
        sheet.merge_range(0, 0, 0, len(_TOP) - 1, "芜湖扬子农村商业银行网点清单")
        sheet.write(1, 0, "填报单位：办公室    填报日期：2026年6月1日")
        for column, title in enumerate(_TOP):
            if column in _BELOW:
                sheet.write(3, column, _BELOW[column])
            else:
                sheet.merge_range(2, column, 3, column, title)
        sheet.merge_range(2, 3, 2, 5, "地址")
        sheet.merge_range(2, 6, 2, 7, "联系方式")
        for at, row in enumerate(rows):
            sheet.write_row(4 + at, 0, row)

    return fill


def main() -> None:
    """Write both payloads beside this file."""
    (_HERE / "bank_rural" / "网点清单.xlsx").write_bytes(outlets())
    (_HERE / "civilization" / "list.xml").write_bytes(PLACES.encode("gb18030"))


if __name__ == "__main__":
    main()

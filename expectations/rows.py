"""The row suite: what makes a row unusable or misplaced, asked of the owner's text before any cleaning.

What a cleaner can mend or drop by itself it reports itself (?:transforms.records.rules) and is not asked here again.
"""

from __future__ import annotations

from typing import Final

from expectations.check import Check, Suite
from expectations.factories import at_most_long, clean_cells, matches, never_matches, own, short_cells
from expectations.predicates import SHAPES
from transforms.records import FIELDS, RULES, Rule

#: A real row of six or seven hundred characters is a long one; this holds ten of them. More is a page or a file in a cell.
ROW_LIMIT: Final = 8_000

#: Replacement characters, the classic wreckage of a wrong encoding, UTF-8 read as Latin-1, and control characters other than line ends.
_GARBLED: Final = r"\ufffd|锟斤拷|烫烫|屯屯|[ÃÂ][\u0080-\u00bf]|[åäæçèé][\u0080-\u00bf]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_PAGE: Final = (
    r"(?i)<\s*/?\s*(?:[a-z][a-z0-9]*|!doctype)\b[^<>]*>|请先?登录|登录(?:超时|失效|已过期)|会话已?(?:过期|超时|失效)"
    r"|session (?:expired|timeout)|40[134] (?:unauthorized|forbidden|not found)|50[0234] (?:internal|bad gateway|service)"
)
_MARKUP: Final = r"(?i)<\s*/?\s*[a-z!][^<>]*>|&(?:nbsp|amp|lt|gt|quot|#\d+);"
_NO_PLACE: Final = (
    r"^\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|序号|编号|(?:网点|站点|驿站|阵地|站址|机构|厅店|营业厅)?\s*名称|(?:station|outlet|hall|site)?_?name"
    r"|填报(?:人|单位|日期)\b.*|制表(?:人|单位)?\b.*|(?:备注|说明|注)\s*[:：].*)\s*$"
)
_TEST: Final = r"(?i)^\s*(?:测试|test|demo|样例|示例)(?:站|点|数据|网点|用户|驿站|\d|\s|$|-|_)"
_EXPONENT: Final = r"^\s*\d(?:\.\d+)?[eE]\+?\d{1,2}\s*$"
_FORMULA: Final = r"^\s*[=@]|^\s*[+\-][A-Za-z(]"

NAME_ABSENT: Final = Rule(
    "name_absent",
    "critical",
    "owner",
    "name",
    "缺少名称",
    "名称一栏是“{value}”，等于没有填；请填写站点名称。",
    "A listing without a name cannot be compared, shown or asked after; a placeholder is no name.",
)
NAME_GARBLED: Final = Rule(
    "name_garbled",
    "critical",
    "owner",
    "name",
    "名称乱码",
    "名称“{value}”是乱码；请检查导出时的文字编码（建议 UTF-8）后重报。",
    "A wrong encoding cannot be undone once characters were replaced.",
)
TEXT_GARBLED: Final = Rule(
    "text_garbled",
    "warning",
    "owner",
    "address",
    "文字乱码",
    "“{value}”里有乱码或控制字符；请检查导出时的文字编码。",
    "The row is usable without the cell; the owner should know.",
)
NAME_IS_PAGE: Final = Rule(
    "name_is_page",
    "critical",
    "owner",
    "name",
    "名称是网页内容",
    "名称“{value}”是网页代码或登录提示，不是站点名称；请重新导出。",
    "A list scraped through an expired session carries the login page in its cells.",
)
TEXT_MARKUP: Final = Rule(
    "text_has_markup",
    "warning",
    "owner",
    "address",
    "文字带网页代码",
    "“{value}”里带有网页代码；请用纯文字重填。",
    "Copied from a web page; the text around it is usually right.",
)
NAME_NO_PLACE: Final = Rule(
    "name_is_no_place",
    "critical",
    "owner",
    "name",
    "不是站点的行",
    "“{value}”是表头、合计或说明，不是站点；请从名单中删去这一行。",
    "Headers repeated inside a sheet, totals and notes would become stations.",
)
NAME_MISPLACED: Final = Rule(
    "name_misplaced",
    "critical",
    "owner",
    "name",
    "名称栏填了别的内容",
    "名称栏里的“{value}”没有一个文字，像是电话、坐标或日期；请检查是否错列。",
    "A name without a letter is a value of another column.",
)
CELLS_SHIFTED: Final = Rule(
    "row_cells_shifted",
    "critical",
    "owner",
    "",
    "整行错列",
    "这一行至少有两格内容不属于所在的列：{value}；请对齐后重报。",
    "One odd cell is a typing error, which its cleaner reports; two are a row that slipped sideways, where every value is suspect.",
)
ROW_OVERSIZED: Final = Rule(
    "row_oversized",
    "critical",
    "owner",
    "",
    "整行过长",
    "这一行超过8000字，像是把整段文件粘进了一格：“{value}”；请检查后重报。",
    "A page or file in a cell; real rows have a few hundred characters.",
)
TEXT_TOO_LONG: Final = Rule(
    "text_too_long",
    "warning",
    "owner",
    "",
    "内容过长",
    "“{value}”比这一栏合理的长度还长；请检查是否填错栏。",
    "Baseline from the field dictionary: Field.limit is the longest text that is plausible.",
)
PHONE_EXPONENT: Final = Rule(
    "phone_in_exponent_form",
    "warning",
    "owner",
    "phone",
    "电话成了科学计数",
    "电话“{value}”被表格软件改成了科学计数，末几位已丢失；请把该列设为文本后重填。",
    "A spreadsheet showed the number as 1.39E+10 and exported what it showed; the digits are gone.",
)
CODE_EXPONENT: Final = Rule(
    "code_in_exponent_form",
    "critical",
    "owner",
    "code",
    "编号成了科学计数",
    "编号“{value}”被表格软件改成了科学计数，已不能区分站点；请把该列设为文本后重填。",
    "Several codes become one: under such a key rows would take over each other's listings.",
)
FORMULA: Final = Rule(
    "cell_looks_like_formula",
    "info",
    "owner",
    "name",
    "像公式的内容",
    "“{value}”以等号等公式符号开头，按文字保留；如非有意请改正。",
    "Harmless as text, live when someone opens an export: exports write it as text.",
)
NAME_IS_TEST: Final = Rule(
    "name_is_test",
    "critical",
    "owner",
    "name",
    "测试数据",
    "“{value}”像是测试用的站点；请从名单中删去，如确有此站请改名。",
    "A test entry would be published as a station that nobody finds.",
)

_LIMITS: Final = {field.name: field.limit for field in FIELDS if "row" in field.on}
_SHAPED: Final = tuple(SHAPES)

#: Asked of rows frames, before cleaning.
ROWS: Final[Suite] = (
    Check(NAME_ABSENT, ("name",), own("ExpectColumnValuesToSaySomething", column="name"), sees_absence=True),
    Check(RULES["name_too_long"], ("name",), at_most_long("name", _LIMITS["name"])),
    Check(NAME_GARBLED, ("name",), never_matches("name", _GARBLED)),
    Check(NAME_IS_PAGE, ("name",), never_matches("name", _PAGE)),
    Check(NAME_NO_PLACE, ("name",), never_matches("name", _NO_PLACE)),
    Check(NAME_MISPLACED, ("name",), matches("name", r"(?s).*[^\W\d_]|^\W*$")),
    Check(NAME_IS_TEST, ("name",), never_matches("name", _TEST)),
    Check(CELLS_SHIFTED, _SHAPED, own("ExpectRowCellsToStandInTheirColumns", column_list=list(_SHAPED), at_most=1)),
    Check(ROW_OVERSIZED, ("verbatim",), at_most_long("verbatim", ROW_LIMIT)),
    Check(CODE_EXPONENT, ("code",), never_matches("code", _EXPONENT)),
    Check(PHONE_EXPONENT, ("phone",), never_matches("phone", _EXPONENT)),
    clean_cells(TEXT_GARBLED, ("address", "host"), _GARBLED),
    clean_cells(TEXT_MARKUP, ("address", "hours", "facilities"), _MARKUP),
    clean_cells(FORMULA, ("name", "host", "address", "remark"), _FORMULA),
    short_cells(TEXT_TOO_LONG, {name: limit for name, limit in _LIMITS.items() if name != "name"}),
)

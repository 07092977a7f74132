"""A rural commercial bank: a workbook in a folder or by SFTP, a sheet a county. It gives no code and no position."""

from sources.kit.files import Files
from sources.kit.source import Due, Source
from sources.kit.workbook import Workbook

SOURCE = Source(
    key="bank_rural",
    owner="芜湖扬子农村商业银行",
    title="网点清单",
    kind="bank_outlet",
    fetch=Files("RURAL_PATH", "*.xls*", password="RURAL_PASSWORD"),  # noqa: S106 (a setting's name)
    reader=Workbook(title_rows=2, header_rows=2, sheet_header="工作表"),
    columns={
        "工作表": "county",
        "网点名称": "name",
        "统一社会信用代码": "credit_code",
        "地址/乡镇街道": "town",
        "地址/社区（村）": "community",
        "地址/详细地址": "address",
        "联系方式/联系人": "contact",
        "联系方式/联系电话": "phone",
        "营业时间": "hours",
        "驿站服务": "facilities",
        "挂牌": "plaque",
        "状态": "status",
        "备注": "remark",
    },
    ignored=("序号",),
    rows=(6, 240),  # about 115; low as in union
    row_key=("credit_code", "name", "town", "community", "address"),
    batch_hint="co_branded",
    brand=("芜湖扬子农村商业银行", "扬子农商行", "农商行"),
    trust=70,
    due=Due.daily(),
    licence="协议共享，限本市驿站登记使用",
)

"""A national bank's outlets: JSON by cursor, each request signed."""

from sources.kit.auth import Hmac
from sources.kit.json_pages import JsonPages
from sources.kit.json_rows import JsonRows
from sources.kit.paging import Cursor
from sources.kit.source import Due, Source

SOURCE = Source(
    key="bank_icbc",
    owner="中国工商银行芜湖分行",
    title="网点与劳动者港湾清单",
    kind="bank_outlet",
    fetch=JsonPages(
        "ICBC_URL", at="outlets", paging=Cursor("nextCursor", 50), auth=Hmac("ICBC_APP_ID", "ICBC_SECRET"), success=("respCode", "0000")
    ),
    reader=JsonRows("outlets"),
    columns={
        "outletNo": "code",
        "outletName": "name",
        "orgType": "kind",
        "address": "address",
        "district": "county",
        "longitude": "lng",
        "latitude": "lat",
        "tel": "phone",
        "businessHours": "hours",
        "laborHarbor": "plaque",
        "services": "facilities",
        "uscc": "credit_code",
        "status": "status",
        "updateDate": "updated",
    },
    rows=(5, 160),  # about 77; low as in union
    datum="BD-09",
    row_key=("code",),
    batch_hint="co_branded",
    brand=("中国工商银行", "工商银行", "工行"),
    plaques=("laodongzhe_gangwan",),
    trust=75,
    due=Due.daily(),
    licence="协议共享，限本市驿站登记使用",
)

"""A telecom firm's halls: JSON by offset behind OAuth2, changes since a date with tombstones."""

from sources.kit.auth import ClientCredentials
from sources.kit.json_pages import JsonPages, Since
from sources.kit.json_rows import JsonRows
from sources.kit.paging import Offset
from sources.kit.source import Due, Source

SOURCE = Source(
    key="telecom_mobile",
    owner="中国移动芜湖分公司",
    title="营业厅与便民亭清单",
    kind="telecom_hall",
    fetch=JsonPages(
        "MOBILE_URL",
        at="items",
        paging=Offset(100),
        auth=ClientCredentials("MOBILE_TOKEN_URL", "MOBILE_CLIENT_ID", "MOBILE_CLIENT_SECRET"),
        total="total",
        success=("success", True),
        since=Since("changedSince", "asOf"),
    ),
    reader=JsonRows("items"),
    columns={
        "hallId": "code",
        "hallName": "name",
        "hallType": "kind",
        "addr": "address",
        "areaName": "county",
        "street": "town",
        "community": "community",
        "lon": "lng",
        "lat": "lat",
        "servicePhone": "phone",
        "openHours": "hours",
        "facilities": "facilities",
        "plaque": "plaque",
        "changedOn": "updated",
    },
    tombstone=("deleted", "true"),
    rows=(5, 220),  # about 105; low as in union
    datum="GCJ-02",
    row_key=("code",),
    batch_hint="co_branded",
    brand=("中国移动", "移动公司", "移动"),
    trust=65,
    due=Due.daily(),
    licence="协议共享，限本市驿站登记使用",
)

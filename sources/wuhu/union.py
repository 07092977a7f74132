"""The city federation of trade unions: 工会驿站 and 户外劳动者服务站点, JSON in numbered pages."""

from sources.kit.auth import ApiKey
from sources.kit.json_pages import JsonPages
from sources.kit.json_rows import JsonRows
from sources.kit.paging import PageSize
from sources.kit.source import Due, Source

SOURCE = Source(
    key="union",
    owner="芜湖市总工会",
    title="户外劳动者服务站点名录",
    kind="union_station",
    fetch=JsonPages(
        "UNION_URL", at="data.list", paging=PageSize(100), auth=ApiKey("UNION_KEY"), total="data.total", success=("code", 0), etag=True
    ),
    reader=JsonRows("data.list"),
    columns={
        "stationCode": "code",
        "stationName": "name",
        "stationType": "kind",
        "batch": "batch",
        "hostUnit": "host",
        "address": "address",
        "county": "county",
        "street": "town",
        "community": "community",
        "lng": "lng",
        "lat": "lat",
        "linkman": "contact",
        "linkPhone": "phone",
        "openTime": "hours",
        "facilities": "facilities",
        "status": "status",
        "buildDate": "opened",
        "updateTime": "updated",
    },
    rows=(50, 1200),  # about 740; low also admits a city of a tenth, for after the first night the gate is far stricter
    datum="GCJ-02",
    row_key=("code",),
    plaques=("gonghui_yizhan",),
    trust=80,
    due=Due.daily(),
    licence="政务共享，限本市驿站登记使用",
)

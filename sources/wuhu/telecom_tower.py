"""A telecom site operator: a view in its PostgreSQL, changes on weekdays, the whole of it on Sundays."""

from datetime import timedelta

from sources.kit.source import Due, Source
from sources.kit.sql_rows import SqlRows
from sources.kit.sql_view import SqlView

SOURCE = Source(
    key="telecom_tower",
    owner="中国铁塔芜湖分公司",
    title="驿站站址视图",
    kind="telecom_kiosk",
    # transactions commit up to two hours after the time they carry; three hours of overlap leave a margin
    fetch=SqlView("TOWER_URL", "ops.v_station_site", watermark="updated_at", overlap=timedelta(hours=3), snapshot_on=("Sun",)),
    reader=SqlRows(),
    columns={
        "site_code": "code",
        "site_name": "name",
        "site_type": "kind",
        "county_name": "county",
        "town_name": "town",
        "community_name": "community",
        "address": "address",
        "longitude": "lng",
        "latitude": "lat",
        "contact_phone": "phone",
        "open_hours": "hours",
        "equipment": "facilities",
        "status": "status",
        "built_on": "opened",
        "updated_at": "updated",
    },
    rows=(25, 700),  # about 380; low as in union
    datum="CGCS2000",
    row_key=("code",),
    trust=60,
    due=Due.daily(),
    licence="协议共享，限本市驿站登记使用",
)

"""Merchants of a delivery site in the same district: one CSV in a folder."""

from sources.kit.csv_rows import CsvRows
from sources.kit.files import Files
from sources.kit.source import Due, Source

SOURCE = Source(
    key="delivery",
    owner="外卖平台",
    title="外卖平台商户名单",
    kind="merchant",
    fetch=Files("DELIVERY_PATH", "*.csv"),
    reader=CsvRows(),
    columns={"id": "code", "name": "name", "address": "address", "category": "kind", "longitude": "lng", "latitude": "lat"},
    ignored=("belong",),
    rows=(500, 1500),
    datum="GCJ-02",
    row_key=("code",),
    trust=55,
    due=Due.daily(),
    licence="仅供测试，不得再分发",
)

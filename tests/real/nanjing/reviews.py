"""Places of a review site, a district's whole trade: one CSV in a folder."""

from sources.kit.csv_rows import CsvRows
from sources.kit.files import Files
from sources.kit.source import Due, Source

SOURCE = Source(
    key="reviews",
    owner="点评网站",
    title="点评网站商户名单",
    kind="merchant",
    fetch=Files("REVIEWS_PATH", "*.csv"),
    reader=CsvRows(),
    columns={"id": "code", "name": "name", "address": "address", "category": "kind", "longitude": "lng", "latitude": "lat"},
    ignored=("belong",),
    rows=(10000, 20000),
    datum="GCJ-02",
    row_key=("code",),
    trust=50,
    due=Due.daily(),
    licence="仅供测试，不得再分发",
)

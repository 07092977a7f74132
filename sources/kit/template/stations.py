"""一份名单就是一个文件：照抄这一个，改文件名、key 和下面各项。"""

from pathlib import Path

from sources.kit.csv_rows import CsvRows
from sources.kit.shipped import Shipped
from sources.kit.source import Due, Source

SOURCE = Source(
    key="stations",
    owner="示例市总工会",
    title="驿站名单",
    kind="union_station",
    fetch=Shipped(Path(__file__).parent / "lists", "*.csv"),
    reader=CsvRows(),
    columns={
        "编号": "code",
        "名称": "name",
        "地址": "address",
        "区县": "county",
        "经度": "lng",
        "纬度": "lat",
        "电话": "phone",
        "开放时间": "hours",
        "设施": "facilities",
    },
    ignored=("序号",),
    rows=(1, 1000),
    datum="WGS-84",
    row_key=("code",),
    trust=50,
    due=Due.daily(),
    licence="本市内部使用",
)

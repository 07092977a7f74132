"""The city's civilization office: 新时代文明实践 places, XML in GB18030, new on Mondays."""

from sources.kit.download import Download
from sources.kit.source import Due, Source
from sources.kit.xml_rows import XmlRows

SOURCE = Source(
    key="civilization",
    owner="芜湖市文明办",
    title="新时代文明实践阵地名录",
    kind="civ_station",
    fetch=Download("CIVILIZATION_URL", "xml"),
    reader=XmlRows("阵地", total="总数"),
    columns={
        "编号": "code",
        "名称": "name",
        "层级": "level",
        "上级编号": "parent",
        "区划代码": "division",
        "区县": "county",
        "乡镇街道": "town",
        "村社区": "community",
        "地址": "address",
        "经度": "lng",
        "纬度": "lat",
        "电话": "phone",
        "开放时间": "hours",
        "服务内容": "facilities",
        "建设类别": "batch",
        "状态": "status",
    },
    divisions_on="2018-12-31",  # its codes are those before 无为 became a city (2019) and 弋江, 湾沚, 繁昌 were redrawn (2020)
    rows=(30, 800),  # about 440; low as in union
    datum="WGS-84",
    row_key=("code",),
    plaques=("wenming_shijian",),
    trust=70,
    due=Due.weekly("Mon"),
    licence="政务公开，注明来源",
)

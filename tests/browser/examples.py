"""An example of each action, of what the served city holds: what is filled in, and what the answer must say. The pictures of docs/operating.md show these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from tests.browser.city import Served
from transforms.allowed import NEVER_ALLOWED

#: Who decides in the pictures.
WHO: Final = "李敏"


@dataclass(frozen=True)
class Example:
    """What is filled in besides who, why it is done, and a word of the answer; `change`: a query whose answer is another once it is done, "" where nothing need change."""

    filled: Mapping[str, Any]
    why: str
    answer: str
    change: str = ""


def _soon(city: Served) -> str:
    """A day a month after the latest night."""
    return str(date.fromisoformat(_tonight(city)) + timedelta(days=30))


def _tonight(city: Served) -> str:
    return str(city.query("select cast(max(night) as varchar) as night from night")["night"].iloc[0])


def _waive(city: Served) -> Example:
    """A rule that holds rows of a list, for one of its rows."""
    never = ", ".join(f"'{rule}'" for rule in sorted(NEVER_ALLOWED))
    found = city.query(f"""
        select q.source, q.row_key, min(i.rule) as rule from quarantine q join issue i using (source, row_key)
        where q.closed_on is null and i.severity = 'critical' group by q.source, q.row_key
        having count(distinct i.rule) = 1 and min(i.rule) not in ({never}) order by 1, 2 limit 1""")
    row = found.iloc[0]
    key = f"{row['source']}:{row['row_key']}"
    return Example(
        {"rule": row["rule"], "scope": "名单里的一行", "key": key, "until": _soon(city)},
        "业主说下月换牌子，这一行没有错",
        "已豁免",
        f"select count(*) from quarantine where closed_on is null and source = '{row['source']}' and row_key = '{row['row_key']}'",
    )


#: A doubtful pair of two stations, each of the right one's listings being all that it has.
_PAIR: Final = """
select p.left_id, p.right_id, a.station_id as left_station, b.station_id as right_station from pair p
join station_listing a on a.listing_id = p.left_id and a.valid_to is null
join station_listing b on b.listing_id = p.right_id and b.valid_to is null
where p.is_review and p.valid_to is null and a.station_id <> b.station_id order by p.weight_mb desc, 1, 2 limit 1
"""


def _judge(city: Served) -> Example:
    pair = city.query(_PAIR).iloc[0]
    return Example(
        {"left_id": pair["left_id"], "right_id": pair["right_id"], "verdict": "不是同一站"},
        "去看过：同一条街的两个门",
        "已记下",
        "select count(*) from judgement",
    )


def _merge(city: Served) -> Example:
    pair = city.query(_PAIR).iloc[0]
    return Example(
        {"stations": [pair["left_station"], pair["right_station"]]},
        "两家名单写的是同一间屋子",
        "已合并",
        "select count(*) from station where status = 'open'",
    )


def _split(city: Served) -> Example:
    found = city.query("""
        select station_id, max(listing_id) as part, min(listing_id) as other from station_listing where valid_to is null
        group by 1 having count(*) = 2 order by 1 limit 1""").iloc[0]
    return Example(
        {"station": found["station_id"], "listings": [found["part"]]},
        "一个在大厅，一个在马路对面",
        "拆出",
        f"select station_id from station_listing where valid_to is null and listing_id in ('{found['part']}', '{found['other']}') order by 1",
    )


def _add(_: Served) -> Example:
    return Example(
        {
            "name": "滨江公园北门驿站",
            "address": "芜湖市镜湖区滨江大道38号",
            "county": "镜湖区",
            "lng": "118.3581",
            "lat": "31.3402",
            "hours": "8:00-18:00",
            "facilities": "饮水机、微波炉",
        },
        "新开的，各家名单还没有",
        "已新增",
        "select count(*) from station where status = 'open'",
    )


def _close(city: Served) -> Example:
    station = city.query("""
        select s.station_id from station s join station_listing b on b.station_id = s.station_id and b.valid_to is null
        where s.status = 'open' group by 1 having count(*) = 1 order by 1 limit 1""")["station_id"].iloc[0]
    return Example({"station": station}, "路过看见已经拆了", "已停用", "select count(*) from station where status = 'open'")


def _accept(city: Served) -> Example:
    return Example({"source": "bank_rural", "rules": ["source_too_few"], "until": _soon(city)}, "银行来函：并了一批网点", "已接受")


def _refetch(_: Served) -> Example:
    return Example({"source": "union"}, "工会说刚刚改好了名单", "重新取")


def _replay(city: Served) -> Example:
    return Example({"since": _tonight(city)}, "判定改过，重建今天", "起按今天的决定重建")


#: Action → its example. 放行, 更正 and 撤销 are tried from the report.
EXAMPLES: Final[Mapping[str, Callable[[Served], Example]]] = {
    "waive": _waive,
    "judge": _judge,
    "merge": _merge,
    "split": _split,
    "add": _add,
    "close": _close,
    "accept": _accept,
    "refetch": _refetch,
    "replay": _replay,
}

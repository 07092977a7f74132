"""What an action changed, told on its page: rows let in or held, and stations opened, closed, merged, split or changed, with links to some of them."""

from __future__ import annotations

from typing import Final

from desk.links import PAGES
from desk.rehearsal_page import LIST_KINDS, ROW_KINDS
from desk.rehearsed import Beside
from desk.report import cell

#: Sorts of change to stations, in the order in which they are told.
_STATIONS: Final = {
    "opened": "新增或重新开放",
    "closed": "停用",
    "merged": "合并",
    "split": "拆开",
    "renumbered": "换了编号",
    "changed": "内容变了",
}

#: Stations shown of each sort.
EXAMPLES: Final = 5


def effect_lines(found: Beside, base: str) -> list[str]:
    """Sentences (Markdown) on what differs between the publication before and the one after; `base`: address of our own pages."""
    lines = []
    rows = [f"{title} {count} 行" for kind, title in ROW_KINDS.items() if (count := found.count(kind))]
    lists = [f"{title} {count} 份名单" for kind, title in LIST_KINDS.items() if (count := found.count(kind))]
    if rows or lists:
        lines.append("，".join([*rows, *lists]))
    for kind, title in _STATIONS.items():
        of_kind = found.stations[found.stations["kind"] == kind].drop_duplicates("station_id")
        if len(of_kind):
            shown = "、".join(
                f"[{cell(row['name']) or row['station_id']}]({base}{PAGES['station']}{row['station_id']})"
                for row in of_kind.head(EXAMPLES).to_dict("records")
            )
            lines.append(f"{title} {len(of_kind)} 站：{shown}{' 等' if len(of_kind) > EXAMPLES else ''}")
    if found.open_was != found.open_now:
        lines.append(f"在册驿站 {found.open_was} → {found.open_now}")
    return lines or ["名册没有因此改变"]

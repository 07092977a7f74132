"""The sentence with which the churn gate stops a night: how much would change, why perhaps, examples, and how to let it through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from desk import words
from transforms.churn import CHURN_LIMIT, SHAKING, Churn, churn_share

#: Examples shown of each sort of change.
EXAMPLES: Final = 2


def let_through(night: str, digest: str) -> str:
    """The command that lets this set of changes of this night pass."""
    return f"yizhan accept churn {night} {digest}"


def churn_sentence(found: Churn, night: str, causes: Sequence[str], name: Callable[[str], str]) -> str:
    """Why the night stops (Chinese). `causes`: what may have brought it about; `name`: station id → what to call it."""
    counts = found.shaken["event"].value_counts()
    sorts = "、".join(f"{words.word(words.EVENTS, event)} {counts[event]}" for event in SHAKING if event in counts)
    shown = found.shaken.groupby("event", sort=False).head(EXAMPLES)
    examples = [
        f"{name(station)} {words.word(words.EVENTS, event)}{f' {name(into)}' if event == 'merged' else ''}"
        for station, event, into in shown[["station_id", "event", "detail"]].astype("str").itertuples(index=False, name=None)
    ]
    return (
        f"一夜之间有 {len(found.shaken)} 站要变（{sorts}），占在册 {found.known} 站的 {found.share:.0%}，超过 {CHURN_LIMIT:.0%}。"
        f"可能的原因：{'；'.join(causes) or '看不出单一的原因，请逐份核对名单'}。例：{'；'.join(examples)}。"
        f"有误请先改正；核对无误要放行：{let_through(night, found.digest)} --who 姓名 --why 理由，然后 yizhan nightly --on {night}。"
        "只放行这一夜的这一批变动，变动不同会再次拦下"
    )


def churn_warning(shaken: int, known: int) -> list[str]:
    """A line that says beforehand that the gate would stop a night which shakes `shaken` of `known` open stations; none when it would not."""
    if (share := churn_share(shaken, known)) <= CHURN_LIMIT:
        return []
    return [
        f"注意：一夜变动 {shaken} 站，占在册 {known} 站的 {share:.0%}，超过 {CHURN_LIMIT:.0%}，夜跑会被变动把关拦下，要人核对后按夜报里的命令放行"
    ]

"""`yizhan accept`: let through what a gate stopped, as a decision that names who and why and can be undone."""

from __future__ import annotations

import json

from rich.console import Console
from sqlalchemy import text

from desk.churned import let_through
from flows.house import House, open_house
from flows.judge import decisions_of, written
from flows.outlook import warehouse_in_force
from flows.run import RefusedError
from flows.settings import Settings


def accept_churn(settings: Settings, say: Console, night: str, digest: str, *, who: str, why: str) -> int:
    """Let a set of changes of one night through: a decision, which holds for that night and those changes alone."""
    house = open_house(settings)
    _refuse_unknown(house, night, digest)
    log = decisions_of(house).log
    for row in log[log["act"].eq("churn") & ~log["is_undone"].astype(bool)].to_dict("records"):
        detail = json.loads(row["detail"])
        if (detail["night"], detail["digest"]) == (night, digest):
            say.print(f"已由{row['who']}于 {str(row['decided_at'])[:10]} 放行（{row['why']}；{row['decision_id']}）", markup=False)
            return 0
    number = written(house, [{"act": "churn", "night": night, "digest": digest, "who": who, "why": why}])[0]
    say.print(f"已放行 {night} 的这一批变动，记为 {number}；现在请运行 yizhan nightly --on {night}", markup=False)
    say.print(f"撤销：yizhan undo {number} --who 姓名 --why 理由", markup=False)
    return 0


def _refuse_unknown(house: House, night: str, digest: str) -> None:
    """Only what was stopped, and told, may be let through."""
    with warehouse_in_force(house) as connection:
        reasons = connection.execute(text("select reason from run where state = 'rejected' and reason is not null")).scalars().all()
    told = f"{let_through(night, digest)} "
    if not digest.isalpha() or not any(told in reason for reason in reasons):
        raise RefusedError(f"{night} 没有因为这一批变动（{digest}）被拦下过；请照夜报里那一句原样抄写命令")

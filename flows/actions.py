"""The actions as Prefect flows: one deployment each, with a form. Each writes its decision, makes the night again out of the archive, and says what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from prefect import Flow, flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from desk import words
from desk.effect import effect_lines
from desk.report import cell
from desk.words import ACTIONS
from flows import acts, forms
from flows.ended import told_without_traceback
from flows.forms import day, filled
from flows.house import House, of_another_city, open_house
from flows.judge import Answer, take_back
from flows.outlook import read_published
from flows.rebuild import Rebuilt, rebuild
from flows.run import RefusedError
from flows.settings import load_settings
from flows.vouched import is_vouched
from warehouse.disk import DiskFullError
from warehouse.journal import JournalError

told_without_traceback()


@flow(name="release", validate_parameters=False, persist_result=False)
def release(form: forms.ReleaseForm) -> State[None]:
    """放行：一组扣留的行照现在的样子通过，只在这一夜，或到某天为止。缺少必填项的行不能放行，请用更正。"""
    return _acted(forms.ReleaseForm, form, lambda house, asked: acts.release(house, asked.group.selector, day(asked.until), asked.signed))


@flow(name="correct", validate_parameters=False, persist_result=False)
def correct(form: forms.CorrectForm) -> State[None]:
    """更正：用正确的值代替名单里的值，直到撤销，或名单自己也这样写。值要通过同样的检查。"""
    return _acted(
        forms.CorrectForm,
        form,
        lambda house, asked: acts.correct(house, words.code(words.SCOPES, asked.scope), asked.key, asked.field, asked.value, asked.signed),
    )


@flow(name="waive", validate_parameters=False, persist_result=False)
def waive(form: forms.WaiveForm) -> State[None]:
    """豁免：一条规则在某天之前不再扣留某份名单、某一行或某个驿站。"""

    def act(house: House, asked: forms.WaiveForm) -> Answer:
        until = day(asked.until)
        if until is None:
            raise RefusedError("豁免到哪一天：没有填写")
        return acts.waive(house, words.code(words.SCOPES, asked.scope), asked.key, asked.rule, until, asked.signed)

    return _acted(forms.WaiveForm, form, act)


@flow(name="judge", validate_parameters=False, persist_result=False)
def judge(form: forms.JudgeForm) -> State[None]:
    """判定：两条登记是不是同一站。"""
    return _acted(
        forms.JudgeForm,
        form,
        lambda house, asked: acts.judge(house, asked.left_id, asked.right_id, words.code(words.VERDICTS, asked.verdict), asked.signed),
    )


@flow(name="merge", validate_parameters=False, persist_result=False)
def merge(form: forms.MergeForm) -> State[None]:
    """合并：几个驿站其实是一个。最早的编号留用，其余编号转到它，以后查询仍能找到。"""
    return _acted(forms.MergeForm, form, lambda house, asked: acts.merge(house, asked.stations, asked.signed))


@flow(name="split", validate_parameters=False, persist_result=False)
def split(form: forms.SplitForm) -> State[None]:
    """拆分：一个驿站其实是两个。含最早登记的一边留用原编号。"""
    return _acted(forms.SplitForm, form, lambda house, asked: acts.split(house, asked.station, asked.listings, asked.signed))


@flow(name="add", validate_parameters=False, persist_result=False)
def add(form: forms.AddForm) -> State[None]:
    """新增：一个没有名单登记的驿站，列入人工登记的名单，照样检查、比对、合并。"""
    return _acted(forms.AddForm, form, lambda house, asked: acts.add(house, asked.values, asked.signed))


@flow(name="close", validate_parameters=False, persist_result=False)
def close(form: forms.CloseForm) -> State[None]:
    """停用：一个驿站已经没有了，名单里却还有它。编号照旧可查，撤销后恢复。"""
    return _acted(forms.CloseForm, form, lambda house, asked: acts.close(house, asked.station, asked.signed))


@flow(name="accept", validate_parameters=False, persist_result=False)
def accept(form: forms.AcceptForm) -> State[None]:
    """接受变更：一份名单变了样（行数、表头、坐标系），今后照变了的样子收。"""
    return _acted(
        forms.AcceptForm,
        form,
        lambda house, asked: acts.accept(house, asked.source, asked.changes, day(asked.until), asked.signed),
    )


@flow(name="refetch", validate_parameters=False, persist_result=False)
def refetch(form: forms.FetchForm) -> State[None]:
    """重跑来源：重新取一份名单，重建最近一夜；其余名单从存档来。"""
    return _acted(
        forms.FetchForm, form, lambda house, asked: acts.refetch(house, asked.source, asked.signed), source=lambda asked: asked.source
    )


@flow(name="undo", validate_parameters=False, persist_result=False)
def undo(form: forms.UndoForm) -> State[None]:
    """撤销：收回一个决定，就像没有做过。反悔时撤销这次撤销。"""
    return _acted(forms.UndoForm, form, lambda house, asked: take_back(read_published(house), asked.decision, asked.who, asked.why))


@flow(name="replay", validate_parameters=False, persist_result=False)
def replay(form: forms.ReplayForm) -> State[None]:
    """重放：从某一夜起，按今天的决定把各夜从存档重建一遍，不重新取数。"""
    return _acted(
        forms.ReplayForm, form, lambda house, asked: acts.replay(house, day(asked.since), asked.signed), since=lambda asked: asked.since
    )


#: Every action's flow.
FLOWS: Final[tuple[Flow[..., Any], ...]] = (release, correct, waive, judge, merge, split, add, close, accept, refetch, replay, undo)


def _acted(
    form: type[Any],
    given: Any,
    act: Callable[[House, Any], Answer],
    *,
    since: Callable[[Any], str] = lambda _: "",
    source: Callable[[Any], str] = lambda _: "",
) -> State[None]:
    """Decide, make the night again, tell. A refusal is a sentence and writes nothing; a decision stands although its night cannot be published."""
    house = open_house(load_settings())
    run_id, name = str(flow_run.get_id()), ACTIONS[str(flow_run.get_flow_name())]
    try:
        _refuse_another_city(house)
        secret, tags = house.settings.desk_secret, flow_run.tags
        asked = filled(form, given).vouched(is_so=is_vouched(secret, str(flow_run.get_flow_name()), given, tags))
        answer = act(house, asked)
    except RefusedError as refused:
        return _told(house, name, f"**没有做**：{cell(str(refused))}", Failed(name="Refused", message=str(refused)), "refused")
    done = "\n".join(f"- {cell(line)}" for line in answer.lines)
    if not answer.is_new:
        return _told(house, name, done, Completed(message=answer.lines[0]))
    if holder := house.publisher.writer():
        get_run_logger().warning("先等%s写完（进程 %s，自 %s 起）", holder.who, holder.pid, holder.since)
        done += f"\n- 等过{cell(holder.who)}写完"
    try:
        rebuilt = rebuild(
            open_house(load_settings()), run_id, f"{name}（{run_id[:8]}）", since=since(asked) or None, refetch=source(asked) or None
        )
    except (DiskFullError, JournalError) as stopped:
        told = f"{done}\n- **决定已记下，但这一夜没有重建**：{cell(str(stopped))}；下一夜起生效"
        return _told(house, name, told, Failed(name="NotPublished", message=str(stopped)), "needs-review")
    create_markdown_artifact(key="night-report", markdown=rebuilt.report, description=f"{rebuilt.night} 夜报")
    return _rebuilt(house, name, done, answer, rebuilt)


def _refuse_another_city(house: House) -> None:
    if sentence := of_another_city(house):
        raise RefusedError(sentence)


def _rebuilt(house: House, name: str, done: str, answer: Answer, rebuilt: Rebuilt) -> State[None]:
    if rebuilt.ended.state == "rejected":
        told = f"{done}\n- **决定已记下，但 {rebuilt.night} 这一夜重建后不能发布**：{cell(rebuilt.ended.reason)}"
        return _told(house, name, told, Failed(name="Rejected", message=rebuilt.ended.reason), "needs-review", "rejected")
    told = "\n".join(
        [
            f"{done}\n- 已重建 {rebuilt.night} 并发布为 {rebuilt.publication}，回执随之重写（不再发送）",
            *(f"- {line}" for line in effect_lines(rebuilt.found, house.settings.desk_address)),
            *(f"- **{cell(each)}**" for each in rebuilt.faults),
        ]
    )
    return _told(house, name, told, Completed(message=answer.lines[0]), *(["receipts-failed"] if rebuilt.faults else []))


def _told(house: House, name: str, markdown: str, state: State[None], *needs: str) -> State[None]:
    """The answer as a page of the run, and the run's name and tags."""
    create_markdown_artifact(key="action-answer", markdown=f"# {name}\n\n{markdown}\n", description=name)
    with get_client(sync_client=True) as client:
        client.update_flow_run(
            UUID(str(flow_run.get_id())), name=f"{house.city.name} {name}", tags={"action", f"city:{house.city.key}", *needs}
        )
    return state

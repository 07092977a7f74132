"""The nightly flow: one task a source, then the register, then one publication."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect import Flow, flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging.loggers import flow_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from desk.report import cell
from flows.ended import told_without_traceback
from flows.feeding import tell_feed
from flows.followed import bring_postgres
from flows.gather import Received
from flows.house import House, of_another_city, open_house
from flows.night import Order, Stage, conclude, receive, run_nights
from flows.notices import send_receipts, tell_of_night
from flows.receipts import receipt_lines, write_receipts
from flows.register import Verdict
from flows.settings import load_settings, now, tonight
from warehouse.disk import DiskFullError
from warehouse.journal import JournalError
from warehouse.lock import AnotherWriterError

#: Frames pass between the tasks within one process: nothing is cached or stored, the archive is what a re-run starts from.
_receive = task(name="receive", cache_policy=NO_CACHE, persist_result=False)(receive)
_conclude = task(name="register", cache_policy=NO_CACHE, persist_result=False)(conclude)


told_without_traceback()


def _tell(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tell people outside how the night ended. A hook: it runs when the state stands, also that of a run whose process died, and can fail no night."""
    house = open_house(load_settings(), with_model=False)
    given = flow_run.parameters.get("on")
    night = date.fromisoformat(str(given)) if given else _business_date(house, flow_run)
    for sentence in tell_of_night(house, night, str(state.name), str(state.message or ""), str(flow_run.id)):
        flow_run_logger(flow_run, flow).warning("通知：%s", sentence)


def _business_date(house: House, run: FlowRun) -> date:
    """The night of a run that names none: that of the day on which it began."""
    return (run.start_time or now()).astimezone(ZoneInfo(house.city.timezone)).date()


@flow(name="nightly", persist_result=False, on_completion=[_tell], on_failure=[_tell], on_crashed=[_tell])
def nightly(on: date | None = None, full: bool = False, refetch: bool = False, source: list[str] | None = None) -> State[None]:
    """Run one night: fetch every list, hold back what is wrong, find which listings are one station, publish the register.

    Args:
        on: 业务日期，留空为今天；之后的各夜随之重建。
        full: 全部重算，而不只算变化的部分。
        refetch: 即使今晚已经取过，也重新取数。
        source: 只取这些名单，其余沿用。
    """
    house = open_house(load_settings())
    night = (on or tonight(house.city.timezone)).isoformat()
    if sentence := of_another_city(house):
        return _unpublished("NotPublished", sentence, house, night)
    try:
        with house.publisher.begin(night, f"{night} 的夜跑") as draft:
            # it starts when it may write: what was decided by then is what it goes by
            order = Order(night, str(flow_run.get_id() or now().isoformat()), now(), full=full, refetch=refetch, only=tuple(source or ()))
            ended, report = run_nights(house, order, draft, _receive_all, _conclude)
            draft.publish()
            behind = bring_postgres(house)
            receipts = write_receipts(house, night)
            untold = tell_feed(house)
    except AnotherWriterError as held:
        return _unpublished("Locked", str(held), house, night)
    except (DiskFullError, JournalError) as stopped:
        return _unpublished("NotPublished", str(stopped), house, night)
    markdown = "\n".join([report, *receipt_lines(receipts, house, night)])
    create_markdown_artifact(key="night-report", markdown=markdown, description=f"{night} 夜报")
    for sentence in send_receipts(house, night, receipts):
        get_run_logger().warning("回执：%s", sentence)
    if untold:
        get_run_logger().warning("%s", untold)
    needs = {"quarantined": ["needs-review"], "rejected": ["needs-review", "rejected"]}.get(ended.state, [])
    _name(
        house,
        night,
        *needs,
        *(f"source:{key}" for key in ended.sources),
        *(["receipts-failed"] if receipts.faults else []),
        *(["postgres-behind"] if behind else []),
    )
    return _state(ended, [*behind, *receipts.told, *filter(None, [untold])])


def _unpublished(name: str, sentence: str, house: House, night: str) -> State[None]:
    """A run that could not write anything: found by its tags like any other, with a page that says why."""
    create_markdown_artifact(
        key="night-report", markdown=f"# {house.city.name} {night}\n\n**没有发布**：{cell(sentence)}", description=f"{night} 夜报"
    )
    _name(house, night, "needs-review", name.lower())
    return Failed(name=name, message=sentence)


def _receive_all(stage: Stage) -> list[Received]:
    """One task a source, side by side: most of that time is waiting for owners."""
    with ThreadPoolTaskRunner[Received](max_workers=stage.house.settings.workers) as runner:
        futures = [
            runner.submit(_receive.with_options(task_run_name=f"{source.title} {stage.night}"), {"stage": stage, "key": key})
            for key, source in stage.house.sources.items()
        ]
        return [future.result() for future in futures]


def _name(house: House, night: str, *needs: str) -> None:
    """The name and the tags by which the UI finds the run: its night, and what it needs."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(
            UUID(str(flow_run.get_id())),
            name=f"{house.city.name} {night}",
            tags={"nightly", f"night:{night}", f"city:{house.city.key}", *needs},
        )


def _state(ended: Verdict, after: Sequence[str]) -> State[None]:
    """How the night ended, and what went wrong with PostgreSQL, the receipts and the feed: they come after it, and do not make it fail."""
    message = "；".join(filter(None, [ended.reason, *after]))
    if ended.state == "rejected":
        return Failed(name="Rejected", message=message)
    return Completed(name="Quarantined" if ended.state == "quarantined" else None, message=message)

"""`yizhan serve`: Prefect's server and the deployments, until they are stopped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from rich.console import Console

from flows.house import House
from flows.missed import begin_tonight, put_right
from flows.sample import sample_city
from flows.server import HOST, only_server, prefect_server, refuse_taken
from flows.settings import Settings, set_variable
from flows.watch import NIGHT_AT

if TYPE_CHECKING:  # Prefect reads its settings when it is imported
    from prefect.deployments.runner import RunnerDeployment

SCHEDULE = f"{NIGHT_AT.minute} {NIGHT_AT.hour} * * *"


def serve(house: House, *, sample: bool) -> None:
    """Serve the UI and the nightly deployment until SIGINT or SIGTERM; with `sample` the sample city too."""
    for stop in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # stopped by a service manager as by Ctrl-C, also where a shell had it ignored: children first
        signal.signal(stop, signal.default_int_handler)
    settings = house.settings
    with ExitStack() as running:
        running.enter_context(only_server(settings.home))
        if sample:
            set_variable("YIZHAN_ENV_FILE", str(running.enter_context(sample_city(settings.home)).resolve()))
        set_variable("YIZHAN_HOME", str(settings.home.resolve()))
        api = running.enter_context(prefect_server(settings.home, settings.port, settings.ui_address))
        set_variable("PREFECT_API_URL", api)
        set_variable("PREFECT_RUNNER_POLL_FREQUENCY", "1")
        running.enter_context(our_pages(settings, api))
        Console().print(
            f"[bold green]驿站  Yizhan[/]  {settings.desk_address}（从这里开始：要处理的、判定、查找）\n"
            f"                {settings.ui_address}（Prefect：夜报、运行、操作的表单）　Ctrl-C 停止",
            highlight=False,
        )
        _serve_deployments(house, api)


@contextmanager
def our_pages(settings: Settings, api: str) -> Iterator[None]:
    """Our own pages on 127.0.0.1 while the block runs. Raises ServerError when the port is taken."""
    import uvicorn

    from desk.links import API
    from flows.api import read_api
    from flows.pages import our_app
    from flows.reviewing import Reviewing
    from flows.settling import Settling

    refuse_taken(settings.desk_port, "YIZHAN_DESK_PORT")
    reviewing = Reviewing(settings)
    settling = Settling(reviewing, api)
    app = our_app(settings, api, reviewing, settling)
    registers, reading = read_api(settings, settings.desk_address + API, is_public=False)
    app.mount(API, reading)
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=settings.desk_port, log_level="warning", server_header=False))
    serving = Thread(target=server.run, daemon=True)
    serving.start()
    try:
        with settling.watched(), registers.watched():
            yield
    finally:
        server.should_exit = True
        serving.join(timeout=10)


def deployments(timezone: str) -> list[RunnerDeployment]:
    """The night and every action, as they are served."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from desk.words import ACTIONS
    from flows.actions import FLOWS
    from flows.nightly import nightly

    night = nightly.to_deployment(
        name="nightly",
        schedule=Cron(SCHEDULE, timezone=timezone),
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description="每夜取数、校验、去重、合并、发布。",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    actions = [
        each.to_deployment(name=ACTIONS[each.name], description=each.description, entrypoint_type=EntrypointType.MODULE_PATH)
        for each in FLOWS
    ]
    made = [night, *actions]
    if not all(isinstance(each, RunnerDeployment) for each in made):  # a coroutine only where a loop runs, and none does here
        raise TypeError(made)
    return [each for each in made if isinstance(each, RunnerDeployment)]


def _serve_deployments(house: House, api: str) -> None:
    """Wait for runs and execute them. What the last stop left is put right first, while nobody waits for runs yet."""
    from prefect.runner import Runner

    told = put_right(api)
    runner = Runner()
    for each in deployments(house.city.timezone):
        runner.add_deployment(each)
    for sentence in filter(None, (*told, begin_tonight(api, house))):
        Console().print(sentence, markup=False)
    with suppress(KeyboardInterrupt):  # how a stop arrives, see `serve`
        asyncio.run(runner.start())

"""`yizhan serve`: Prefect's server and the deployments, until they are stopped."""

from __future__ import annotations

import signal
from contextlib import ExitStack

from rich.console import Console

from flows.sample import sample_city
from flows.server import prefect_server
from flows.settings import Settings, set_variable

#: Two in the morning, city time: after the owners' own nightly exports, before anyone's day begins.
SCHEDULE = "0 2 * * *"


def serve(settings: Settings, timezone: str, *, sample: bool) -> None:
    """Serve the UI and the nightly deployment until SIGINT or SIGTERM; with `sample` the sample city too."""
    for stop in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # stopped by a service manager as by Ctrl-C, also where a shell had it ignored: children first
        signal.signal(stop, signal.default_int_handler)
    with ExitStack() as running:
        if sample:
            set_variable("YIZHAN_ENV_FILE", str(running.enter_context(sample_city(settings.home)).resolve()))
        set_variable("YIZHAN_HOME", str(settings.home.resolve()))
        api = running.enter_context(prefect_server(settings.home, settings.port))
        set_variable("PREFECT_API_URL", api)
        set_variable("PREFECT_RUNNER_POLL_FREQUENCY", "2")
        Console().print(f"[bold green]驿站  Yizhan[/]  {api.removesuffix('/api')}  (Prefect UI; Ctrl-C stops everything)", highlight=False)
        _serve_deployments(timezone)


def _serve_deployments(timezone: str) -> None:
    from prefect import serve as serve_deployments
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.nightly import nightly

    deployment = nightly.to_deployment(
        name="nightly",
        schedule=Cron(SCHEDULE, timezone=timezone),
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        description="每夜取数、校验、去重、合并、发布。",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    if not isinstance(deployment, RunnerDeployment):  # a coroutine only where a loop runs, and none does here
        raise TypeError(type(deployment))
    serve_deployments(deployment, print_starting_message=False)

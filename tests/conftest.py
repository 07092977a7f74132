"""Options of the suite: `--real-data DIR` brings real lists in; without it what needs them is skipped with a reason. Figures that tests
measure stand at the end of what the suite prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from sandbox.servers.postgres import Postgres
from tests.warehouse.server import new_database, running

# a busy machine is no failure: durations belong in benchmarks
settings.register_profile("yizhan", deadline=None)
settings.load_profile("yizhan")

_FIGURE = "figure"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real-data", type=Path, default=None, help="folder with real lists (nanjing/entities.csv …)")
    parser.addoption("--pictures", type=Path, default=None, help="folder in which the browser's tests leave their pictures")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The browser's tests need what `make test-browser` installs."""
    return True if collection_path.name == "browser" and "browser" not in config.getoption("-m") else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ended = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [
        told for report in ended if isinstance(report, pytest.TestReport) for name, told in report.user_properties if name == _FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(str(line))


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell a figure that was measured."""
    properties = request.node.user_properties
    return lambda figure: properties.append((_FIGURE, figure))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A real PostgreSQL: each test has a database of its own on it."""
    with running() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """The address of an empty database, as one who may do anything."""
    return new_database(postgres_server)


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    folder: Path | None = request.config.getoption("--real-data")
    if folder is None:
        pytest.skip("real lists were not given: pytest --real-data DIR")
    return folder.resolve()

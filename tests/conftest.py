"""Options of the suite: `--real-data DIR` brings real lists in; without it what needs them is skipped with a reason. Figures that tests
measure stand at the end of what the suite prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is no failure: durations belong in benchmarks
settings.register_profile("yizhan", deadline=None)
settings.load_profile("yizhan")

_FIGURES: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real-data", type=Path, default=None, help="folder with real lists (nanjing/entities.csv …)")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_FIGURES]:
        terminalreporter.section("figures")
        for line in config.stash[_FIGURES]:
            terminalreporter.write_line(line)


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tell a figure that was measured."""
    return request.config.stash[_FIGURES].append


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    folder: Path | None = request.config.getoption("--real-data")
    if folder is None:
        pytest.skip("real lists were not given: pytest --real-data DIR")
    return folder.resolve()

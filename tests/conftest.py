"""Options of the suite: `--real-data DIR` brings real lists in; without it what needs them is skipped with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--real-data", type=Path, default=None, help="folder with real lists (nanjing/entities.csv …)")


@pytest.fixture(scope="session")
def real_data(request: pytest.FixtureRequest) -> Path:
    folder: Path | None = request.config.getoption("--real-data")
    if folder is None:
        pytest.skip("real lists were not given: pytest --real-data DIR")
    return folder.resolve()

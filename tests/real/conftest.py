"""Real lists, brought in by --real-data: without it, or without the folder that a test needs, the test is skipped with a reason."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.night.town import Household

CITY = Path(__file__).parent / "nanjing"

#: The value of column `belong` → the source that its rows are the list of.
LISTS = {"0": "reviews", "1": "delivery"}


@pytest.fixture(scope="session")
def nanjing(real_data: Path) -> Path:
    """Folder of Nanjing's two lists and the pairs that are one place."""
    folder = real_data / "nanjing"
    if not folder.is_dir():
        pytest.skip(f"no folder nanjing in {real_data}")
    return folder


@pytest.fixture(scope="session")
def entities(nanjing: Path) -> pd.DataFrame:
    """Every row of both lists as text, with its `source`."""
    rows = pd.read_csv(nanjing / "entities.csv", dtype="str", keep_default_na=False)
    return rows.assign(source=rows["belong"].map(LISTS))


@pytest.fixture(scope="session")
def nanjing_home(entities: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Household:
    """A household of Nanjing whose two owners have put their lists into their folders."""
    root = tmp_path_factory.mktemp("nanjing")
    for key, rows in entities.groupby("source"):
        (root / str(key)).mkdir()
        rows.drop(columns="source").to_csv(root / str(key) / "list.csv", index=False, encoding="utf-8")
    env = {f"YIZHAN_{key.upper()}_PATH": str(root / key) for key in LISTS.values()}
    return Household(root / "var", env, city=str(CITY))

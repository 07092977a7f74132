"""Real names and addresses: what is read in bulk is what the cleaners read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.transforms.standardise import bulk
from tests.transforms.standardise.conftest import WUHU
from transforms.records import load_city
from transforms.standardise.places import Places


def test_names_and_addresses_of_nanjing(real_data: Path, tell: Callable[[str], None]) -> None:
    listed, places = pd.read_csv(real_data / "nanjing" / "entities.csv", dtype="str"), Places(load_city(WUHU))
    for field, read in (("name", bulk.names), ("address", bulk.addresses)):
        values = set(listed[field].dropna())
        known, wrong = read(values, places)
        tell(f"Nanjing, {field}: {known} of {len(values)} values read in bulk")
        assert wrong == []


def test_labelled_addresses(real_data: Path, tell: Callable[[str], None]) -> None:
    folder = real_data / "chinese_addresses"
    if not folder.is_dir():
        pytest.skip(f"no folder chinese_addresses in {real_data}")
    blocks = [
        block
        for file in sorted(folder.glob("parse_*.txt"))
        if file.stem != "parse_labels"
        for block in file.read_text("utf-8").strip().split("\n\n")
    ]
    values = {"".join(line.split()[0] for line in block.splitlines() if line.strip()) for block in blocks}
    known, wrong = bulk.addresses(values, Places(load_city(WUHU)))
    tell(f"labelled addresses: {known} of {len(values)} values read in bulk")
    assert wrong == []

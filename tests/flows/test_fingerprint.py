"""The fingerprint tells of every change upon which rows must be worked out anew, and of no other."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

import flows.house
from flows.house import House, open_house
from flows.settings import ROOT, Settings
from transforms.dedupe.model import SHIPPED, write_model

NIGHT: Final = "2026-06-01"


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project's folders, from which the fingerprint is taken."""
    root = tmp_path / "rules"
    for name in ("sources", "transforms", "expectations", "warehouse", "desk", "flows"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(flows.house, "ROOT", root)
    return root


def fingerprint(rules: Path, model: Path | None = None, night: str = NIGHT) -> str:
    house = open_house(Settings(home=rules.parent / "var", model=model))
    return House(house.settings, replace(house.city, folder=rules / "sources" / "wuhu"), house.sources).fingerprint(night)


@pytest.mark.parametrize(
    "path",
    [
        "sources/kit/contract.py",
        "sources/wuhu/union.py",
        "sources/wuhu/city.toml",
        "transforms/ledger.py",
        "transforms/vocabulary/kinds.csv",
        "transforms/dedupe/model.json",
        "expectations/rows.py",
        "warehouse/load.py",
        "flows/register.py",
    ],
)
def test_a_changed_file_is_told(rules: Path, path: str) -> None:
    before = fingerprint(rules)
    assert fingerprint(rules) == before
    with (rules / path).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert fingerprint(rules) != before


def test_a_changed_page_of_what_people_look_at_is_not(rules: Path) -> None:
    before = fingerprint(rules)
    (rules / "desk" / "report.py").unlink()
    assert fingerprint(rules) == before


def test_another_model_other_packages_and_other_divisions_are_told(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(rules)
    assert fingerprint(rules, night="2012-06-01") != before, "fewer changes of divisions were in force"
    shipped = json.loads(SHIPPED.read_text("utf-8"))
    write_model({**shipped, "evidence": {**shipped["evidence"], "cities": 4}}, tmp_path / "model.json")
    assert fingerprint(rules, tmp_path / "model.json") != before
    monkeypatch.setattr(flows.house, "_packages", lambda: b"pandas==0.1")
    assert fingerprint(rules) != before

"""A new city's folder runs as it is: its list is fetched, archived, read, and its rows are listings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.kit import contract
from sources.kit.archive import Archive
from sources.kit.city_new import new_city
from sources.kit.named import Named
from sources.kit.network import Network
from sources.kit.read import read
from sources.kit.registry import discover
from sources.kit.retrieval import Checkpoint, Outcome, Retrieval
from sources.kit.retrieve import retrieve
from transforms.records import load_city
from transforms.standardise import standardise


def _retrieved(folder: Path, archive: Archive) -> Retrieval:
    source = discover(folder)["stations"]
    return retrieve(source, "2026-06-01", Checkpoint(), archive, Named({}), lambda: datetime(2026, 6, 1, tzinfo=UTC), Network())


def test_it_runs_without_a_setting(tmp_path: Path) -> None:
    folder, archive = new_city(tmp_path / "cities" / "sample"), Archive(tmp_path / "archive")
    city, source = load_city(folder), discover(folder)["stations"]
    retrieval = _retrieved(folder, archive)
    found = contract.apply(read(source, retrieval, archive), source)
    listings, issues = standardise(found.rows, source.layout, city, "2026-06-01")
    assert (city.key, retrieval.outcome) == ("sample", Outcome.OK)
    assert found.issues.empty
    assert len(listings) == 3
    assert listings["county_code"].tolist() == ["990101", "990101", "990102"]
    assert listings["lng_wgs84"].notna().all()
    assert not issues["severity"].eq("critical").any()


def test_a_list_that_is_gone_is_told(tmp_path: Path) -> None:
    folder = new_city(tmp_path / "sample")
    (folder / "lists" / "stations.csv").unlink()
    retrieval = _retrieved(folder, Archive(tmp_path / "archive"))
    assert retrieval.outcome is Outcome.NOT_FOUND
    assert "*.csv" in retrieval.message


def test_an_empty_folder_is_filled_and_any_other_left_alone(tmp_path: Path) -> None:
    assert (new_city(tmp_path) / "city.toml").is_file()
    with pytest.raises(FileExistsError):
        new_city(tmp_path)
    (tmp_path / "note").write_text("mine", "utf-8")
    with pytest.raises(FileExistsError):
        new_city(tmp_path / "note")

"""Pairs that a matcher gets wrong, with the verdict of someone who knows the city: add a line to hard_cases.csv when a new one turns up.

A side is a row as its owner would write it: name, host, address, county, community, position (longitude latitude, WGS-84) and phone.
Both sides go through the cleaners and the engine with the model that ships, alone in the world.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sources.kit.registry import discover
from transforms.dedupe import load_model, match
from transforms.records import columns_of, load_city
from transforms.standardise import standardise

WUHU = Path(__file__).parents[3] / "sources" / "wuhu"
CITY = load_city(WUHU)
LAYOUTS = {key: replace(source.layout, datum="WGS-84") for key, source in discover(WUHU).items()}
NIGHT = "2026-06-01"
NO_JUDGEMENTS = pd.DataFrame({"left_id": [], "right_id": [], "verdict": []}, dtype="str")


def cases() -> Iterator[pytest.ParameterSet]:
    with (Path(__file__).parent / "hard_cases.csv").open(encoding="utf-8", newline="") as lines:
        for case in csv.DictReader(lines):
            yield pytest.param(case, id=f"{case['verdict']} {case['reason']}")


def listing(case: Mapping[str, str], side: str) -> pd.DataFrame:
    """One side of the case as a listing."""
    lng, _, lat = case[f"at_{side}"].partition(" ")
    written = {field: case[f"{field}_{side}"] for field in ("name", "host", "address", "county", "community", "phone")}
    row: dict[str, str | None] = {"source": case[f"source_{side}"], "row_key": side, "line": "1", "row_digest": side, "verbatim": "{}"}
    row |= {field: value or None for field, value in {**written, "lng": lng, "lat": lat, "code": side}.items()}
    rows = pd.DataFrame([row]).reindex(columns=[*("source", "row_key", "line", "row_digest", "verbatim"), *columns_of("row")]).astype("str")
    listings, _ = standardise(rows, LAYOUTS[case[f"source_{side}"]], CITY, NIGHT)
    return listings


@pytest.mark.parametrize("case", list(cases()))
def test_hard_case(case: Mapping[str, str]) -> None:
    both = pd.concat([listing(case, "a"), listing(case, "b")], ignore_index=True)
    found = match(both, load_model(), NO_JUDGEMENTS)
    told = "same" if found.clusters["cluster"].nunique() == 1 else "not"
    weights = found.pairs["weight_mb"].tolist(), found.pairs["levels"].tolist()
    assert told == case["verdict"], weights


def test_there_are_eighty_of_both_verdicts() -> None:
    verdicts = [case.values[0]["verdict"] for case in cases()]  # type: ignore[index]
    assert len(verdicts) >= 80
    assert set(verdicts) == {"same", "not"}
    assert min(verdicts.count("same"), verdicts.count("not")) >= 30

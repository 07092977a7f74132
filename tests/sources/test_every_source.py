"""One sweep over every source: a copy of a sibling and the owner's file under tests/golden/<key>/ is all that a new one needs."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sources.kit import contract
from sources.kit.archive import Archive
from sources.kit.raw import Payload, Raw
from sources.kit.read import read
from sources.kit.registry import discover
from sources.kit.retrieval import Outcome, Retrieval
from sources.kit.source import Source
from tests.golden.make import PLACES, outlets
from transforms.records import columns_of

_FOLDER = Path(__file__).parents[2] / "sources" / "wuhu"
_GOLDEN = Path(__file__).parents[1] / "golden"

SOURCES = discover(_FOLDER)
KINDS = set(pd.read_csv(Path(__file__).parents[2] / "transforms" / "vocabulary" / "kinds.csv", dtype="str")["code"])
PLAQUES = set(pd.read_csv(Path(__file__).parents[2] / "transforms" / "vocabulary" / "plaques.csv", dtype="str")["code"])


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest) -> Source:
    return SOURCES[str(request.param)]


def _golden(source: Source) -> Raw:
    files = sorted((_GOLDEN / source.key).iterdir())
    return source.reader([Payload(path.name, path.read_bytes()) for path in files])


def _small(source: Source) -> Source:
    """The source with bounds that a golden list of a few rows meets."""
    return replace(source, rows=(1, source.rows[1]))


def test_the_six_lists_of_wuhu_are_found() -> None:
    assert list(SOURCES) == ["bank_icbc", "bank_rural", "civilization", "telecom_mobile", "telecom_tower", "union"]


def test_its_golden_payload_reads_without_a_fault_of_form(source: Source) -> None:
    raw = _golden(source)
    found = contract.apply(raw, _small(source))
    assert not found.stopped
    assert set(found.issues["rule"]) <= {"number_precision_lost"}
    assert found.rows_read == len(raw.lines) > 1
    assert found.rows["row_key"].is_unique
    assert found.rows["name"].notna().all()


def test_every_column_that_it_declares_holds_something_in_its_golden_payload(source: Source) -> None:
    rows = contract.apply(_golden(source), _small(source)).rows
    assert [field for field in source.columns.values() if rows[field].isna().all()] == []


def test_its_verbatim_rows_hold_what_the_owner_wrote(source: Source) -> None:
    raw = _golden(source)
    rows = contract.apply(raw, _small(source)).rows
    for verbatim in rows["verbatim"]:
        assert list(json.loads(verbatim)) == list(raw.cells.columns)


def test_each_of_its_rows_tells_the_payload_in_which_it_lies(source: Source) -> None:
    one = sorted((_GOLDEN / source.key).iterdir())[0]
    rows = len(source.reader([Payload("1", one.read_bytes())]).lines)
    twice = source.reader([Payload(label, one.read_bytes()) for label in ("1", "2")])
    assert rows > 0
    assert twice.parts.tolist() == [0] * rows + [1] * rows


def test_what_it_declares_holds_together(source: Source) -> None:
    low, high = source.rows
    assert 1 <= low < high <= 100_000
    assert set(source.columns.values()) <= set(columns_of("row"))
    assert source.licence
    assert source.owner
    assert source.title
    assert source.kind in KINDS
    assert set(source.plaques) <= PLAQUES
    assert callable(source.fetch)
    assert 0 < source.wall_seconds <= 600
    assert 1 <= source.max_age_days <= 366


def test_its_layout_tells_standardise_all_that_it_declares(source: Source) -> None:
    layout = source.layout
    assert (layout.source, layout.kind, layout.datum) == (source.key, source.kind, source.datum)
    assert dict(layout.columns) == dict(source.columns)
    assert layout.required == ("name",)


def test_the_file_that_declares_it_stays_small(source: Source) -> None:
    # the docstring, the imports and the formatter's closing brackets come to about a dozen lines
    assert len((_FOLDER / f"{source.key}.py").read_text("utf-8").splitlines()) <= 55


def test_a_login_page_in_its_place_is_refused(source: Source, tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    part = archive.put(b"<!DOCTYPE html><html><body>login</body></html>", "list")
    raw = read(source, Retrieval(source.key, "2026-06-01", Outcome.OK, "snapshot", (part,)), archive)
    assert raw.refusal is not None
    assert contract.apply(raw, source).issues["rule"].to_list() == ["source_not_as_declared"]


@pytest.mark.parametrize("mode", ["snapshot", "delta", "unchanged"])
def test_what_the_archive_holds_is_read_in_its_mode(mode: str, tmp_path: Path) -> None:
    union, archive = SOURCES["union"], Archive(tmp_path)
    parts = tuple(archive.put(path.read_bytes(), path.name) for path in sorted((_GOLDEN / "union").iterdir()))
    raw = read(union, Retrieval("union", "2026-06-01", Outcome.OK, mode, parts), archive)  # type: ignore[arg-type]
    assert raw.mode == ("delta" if mode == "delta" else "snapshot")
    assert len(raw.lines) == 3


def test_the_golden_workbook_and_xml_are_what_their_script_writes() -> None:
    written = SOURCES["bank_rural"].reader([Payload("网点清单.xlsx", outlets())])
    pd.testing.assert_frame_equal(_golden(SOURCES["bank_rural"]).cells, written.cells)
    assert (_GOLDEN / "civilization" / "list.xml").read_bytes().decode("gb18030") == PLACES


def test_the_rural_bank_counts_its_rows_as_excel_does_and_by_county() -> None:
    found = contract.apply(_golden(SOURCES["bank_rural"]), _small(SOURCES["bank_rural"]))
    assert dict(zip(found.rows["line"], found.rows["county"], strict=True)) == {
        "镜湖区!5": "镜湖区",
        "镜湖区!6": "镜湖区",
        "无为市!5": "无为市",
    }
    assert found.issues[["line", "rule"]].to_numpy().tolist() == [["无为市!5", "number_precision_lost"]]
    assert found.rows.set_index("line")["name"]["无为市!5"] == "=农商行无城支行"


def test_the_mobile_firms_tombstone_closes_a_hall() -> None:
    found = contract.apply(_golden(SOURCES["telecom_mobile"]), _small(SOURCES["telecom_mobile"]))
    assert found.tombstones == ("WH0700003",)
    assert len(found.rows) == 2


def test_the_civilization_list_says_how_long_it_is() -> None:
    raw = _golden(SOURCES["civilization"])
    half = replace(raw, cells=raw.cells.head(1), lines=raw.lines.head(1), parts=raw.parts.head(1))
    assert raw.total == 3
    assert "source_partial" in set(contract.apply(half, SOURCES["civilization"]).issues["rule"])


def test_it_keeps_no_address_and_no_secret(source: Source) -> None:
    assert "://" not in (_FOLDER / f"{source.key}.py").read_text("utf-8")


def test_it_builds_on_the_kit_alone(source: Source) -> None:
    tree = ast.parse((_FOLDER / f"{source.key}.py").read_text("utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert all(module.startswith("sources.kit.") or module in sys.stdlib_module_names for module in modules)

"""`yizhan dedupe` on bad input: one Chinese sentence and exit code 2 with nothing written, or, where it is no error, stations all the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import flows.dedupe
from tests.flows.dedupe_lists import Ended, dedupe, of_lines, stations, town, truth, written
from transforms.dedupe.model import SHIPPED, write_model


def refused(ended: Ended, out: Path, *sentences: str) -> None:
    """Exit code 2, the sentences told, nothing written beside or in `out`."""
    assert ended.code == 2, ended.told
    for sentence in sentences:
        assert sentence in ended.told
    assert not out.exists()
    assert [path for path in out.parent.iterdir() if path.name.startswith(f".{out.name}")] == []


def test_a_file_without_a_name_column_says_what_was_seen_and_guessed(tmp_path: Path) -> None:
    path = of_lines(tmp_path / "a.csv", ("编号", "颜色", "地址"), ("1", "红", "青阳路2号"))
    refused(dedupe(path, out=tmp_path / "out"), tmp_path / "out", "找不到名称列", "编号、颜色、地址", "地址＝address", "--columns name=")


def test_an_id_twice_is_named_with_its_lines(tmp_path: Path) -> None:
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"), ("2", "明月茶社"), ("1", "清泉书店"))
    refused(dedupe(path, out=tmp_path / "out"), tmp_path / "out", "编号“1”出现了 2 次", "第 2、4 行")
    assert dedupe(path, out=tmp_path / "out", columns="listing_id=").code == 0
    assert set(stations(tmp_path / "out")) == {"a.csv:2", "a.csv:3", "a.csv:4"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的"),
        (b" \n\n", "文件是空的"),
        ("编号,名称\n".encode(), "没有一行数据"),
        (b"<!doctype html><html><body>login</body></html>", "网页"),
        (b"PAR1 cut short", "Parquet"),
        (b"PK\x03\x04 no workbook", "读不出来"),
    ],
    ids=["empty", "blank", "header alone", "web page", "parquet cut", "workbook broken"],
)
def test_a_file_that_holds_no_list(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    refused(dedupe(path, out=tmp_path / "out"), tmp_path / "out", "a.csv", sentence)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"columns": "name=nowhere"}, "没有“nowhere”这一列"),
        ({"columns": "colour=name"}, "看不懂"),
        ({"datum": "mars"}, "不是坐标系"),
        ({"one_to_one": True}, "恰好两份名单"),
        ({"truth": Path("nowhere.csv")}, "没有这个文件"),
        ({"model": Path("nowhere.json")}, "读不出来"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_options_that_cannot_be_met(tmp_path: Path, options: dict[str, object], sentence: str) -> None:
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"))
    refused(dedupe(path, out=tmp_path / "out", **options), tmp_path / "out", sentence)


def test_no_file_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    refused(dedupe(out=tmp_path / "out"), tmp_path / "out", "至少一个文件")
    refused(dedupe(tmp_path / "nowhere.csv", out=tmp_path / "out"), tmp_path / "out", "没有这个文件")


def test_a_truth_in_the_other_encoding_is_read_and_an_empty_one_told(tmp_path: Path) -> None:
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"), ("2", "青松面馆"))
    (tmp_path / "gb.csv").write_bytes("编号,驿站编号\n1,甲\n2,甲\n".encode("gb18030"))
    assert "F1" in dedupe(path, out=tmp_path / "out", truth=tmp_path / "gb.csv").told
    (tmp_path / "empty.csv").write_text("")
    refused(dedupe(path, out=tmp_path / "none", truth=tmp_path / "empty.csv"), tmp_path / "none", "真值是空的")


def test_a_city_that_ships_brings_its_divisions(tmp_path: Path) -> None:
    """瀂港街道 is 澛港街道 in Wuhu, and a city that only the list tells of knows no other writing of it."""
    rows = of_lines(
        tmp_path / "a.csv",
        ("name", "address", "district", "street"),
        ("丽城社区党群服务中心", "弋江区瀂港街道", "弋江区", "瀂港街道"),
        ("别处", "弋江区澛港街道", "弋江区", "澛港街道"),
    )
    named, unnamed = (flows.dedupe.dedupe(flows.dedupe.Asked([rows], {}, city), lambda _: None) for city in ("芜湖市", None))
    assert named.listings["town_code"].nunique() == 1
    assert set(named.listings["town"]) == {"澛港街道"}
    assert unnamed.listings["town_code"].nunique() == 2


def test_a_truth_with_unknown_ids_or_another_header(tmp_path: Path) -> None:
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"), ("2", "明月茶社"))
    unknown = of_lines(tmp_path / "truth.csv", ("listing_id", "station"), ("1", "x"), ("7", "x"))
    refused(dedupe(path, out=tmp_path / "out", truth=unknown), tmp_path / "out", "1 个编号不在名单中：7")
    other = of_lines(tmp_path / "other.csv", ("what", "ever"), ("1", "x"))
    refused(dedupe(path, out=tmp_path / "out", truth=other), tmp_path / "out", "listing_id,station", "left_id,right_id")


@pytest.mark.parametrize("fault", ["version", "cut", "edited"])
def test_a_model_of_another_version_cut_short_or_edited_by_hand(tmp_path: Path, fault: str) -> None:
    text = SHIPPED.read_text("utf-8")
    document = json.loads(text)
    broken = {
        "version": json.dumps({**document, "version": 99}),
        "cut": text[: len(text) // 2],
        "edited": text.replace(f'"mb": {document["thresholds"]["same"]["mb"]}', '"mb": 7', 1),
    }[fault]
    model = tmp_path / "model.json"
    model.write_text(broken, "utf-8")
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"))
    sentence = {"version": "版本", "cut": "不完整", "edited": "指纹不符"}[fault]
    refused(dedupe(path, out=tmp_path / "out", model=model), tmp_path / "out", sentence)


def test_a_model_that_is_whole_but_takes_plain_cases_the_other_way_is_used_with_a_warning(tmp_path: Path) -> None:
    document = json.loads(SHIPPED.read_text("utf-8"))
    document["strata"]["near"]["weights"]["name"]["org_missing+differs"] = 20_000
    write_model(document, tmp_path / "model.json")
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"))
    ended = dedupe(path, out=tmp_path / "out", model=tmp_path / "model.json")
    assert ended.code == 0
    assert "一个门牌里的两家" in ended.told


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        type("OutOfMemoryException", (Exception,), {})("Out of Memory Error: malloc of size 1 failed"),
        ImportError("_core.so: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=["python", "duckdb", "loader", "thread", "kernel"],
)
def test_out_of_memory_stops_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def starved(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(flows.dedupe, "match", starved)
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"))
    refused(dedupe(path, out=tmp_path / "out"), tmp_path / "out", "内存不足")


@pytest.mark.parametrize("megabytes", [420, 550, 700])
def test_a_real_limit_leaves_nothing_half_written(tmp_path: Path, megabytes: int) -> None:
    """A machine with so little memory, from the process's first step on: it ends as it does, or says so; what is there is whole."""
    path = of_lines(tmp_path / "a.csv", ("id", "name"), *((str(at), f"青松面馆{at}号") for at in range(300)))
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({megabytes << 20},) * 2); from flows.command import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "dedupe", str(path), "--out", str(tmp_path / "out")], capture_output=True, text=True, check=False
    )
    made = {each.name for each in (tmp_path / "out").iterdir()} if (tmp_path / "out").exists() else set()
    assert made in (set(), {"clusters.csv", "pairs.parquet", "review.csv", "report.html"})
    assert (ended.returncode == 0) == bool(made)
    assert not list(tmp_path.glob(".out-*"))
    if ended.returncode == 2:
        assert "内存不足" in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one process")
@pytest.mark.parametrize(
    "work", ["transforms.standardise.parts.columns_of", "flows.dedupe.fit", "transforms.dedupe.read_parts.read", "flows.dedupe.dedupe_page"]
)
def test_a_worker_that_the_kernel_kills_stops_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    module, _, name = work.rpartition(".")
    parent, whole = os.getpid(), getattr(sys.modules[module], name)

    def killed(*given: object, **named: object) -> object:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*given, **named)

    monkeypatch.setattr(work, killed)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    for parted in ("transforms.standardise.parts", "transforms.dedupe.read_parts"):
        monkeypatch.setattr(f"{parted}._WORTH", 20)
    refused(dedupe(written(tmp_path / "a.csv", town(60)), out=tmp_path / "out"), tmp_path / "out", "内存不足")


def test_a_failure_while_writing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = of_lines(tmp_path / "a.csv", ("id", "name"), ("1", "青松面馆"), ("2", "青松面馆"))
    assert dedupe(path, out=tmp_path / "out").code == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

    def starved(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(flows.dedupe, "dedupe_page", starved)
    assert dedupe(of_lines(tmp_path / "b.csv", ("id", "name"), ("9", "明月茶社")), out=tmp_path / "out").code == 2
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.csv", "b.csv", "out"}


def test_what_is_no_error_works(tmp_path: Path) -> None:
    rows = town(60)
    plain = rows.drop(columns=["lng", "lat", "datum"])
    cases = {
        "no position anywhere": (plain, "没有一行有可用的坐标"),
        "every position the same": (rows.assign(lng="118.38", lat="31.33"), "所有坐标都相同"),
        "one list only": (rows[rows["source"] == "甲"], ""),
        "a column of constants": (rows.assign(kind="商户", phone="95588", credit_code="913400007199042708"), ""),
    }
    for name, (given, note) in cases.items():
        folder = tmp_path / name
        folder.mkdir()
        ended = dedupe(written(folder / "a.csv", given), out=folder / "out", truth=truth(folder / "truth.csv", given))
        assert ended.code == 0, name
        assert note in ended.told, name
        assert set(stations(folder / "out")) == set(given["listing_id"]), name


def test_ten_thousand_rows_with_one_name(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "id": [str(at) for at in range(10_000)],
            "name": "便民服务点",
            "lng": [f"{118 + at * 0.0002:.5f}" for at in range(10_000)],
            "lat": "31.33",
        }
    )
    ended = dedupe(written(tmp_path / "a.csv", rows), out=tmp_path / "out")
    assert ended.code == 0
    assert "所有名称都相同" in ended.told
    assert len(stations(tmp_path / "out")) == 10_000


@pytest.mark.soak
def test_a_component_of_fifty_thousand_listings_is_cut_and_told(tmp_path: Path) -> None:
    count = 50_000
    rows = pd.DataFrame(
        {
            "id": [f"{at:05d}" for at in range(count)],
            "source": [str(at // 4 % 2) for at in range(count)],
            "name": [f"青松面馆{'甲乙丙丁'[at % 4]}" for at in range(count)],
            "lng": [f"{118 + at * 0.0002:.5f}" for at in range(count)],
            "lat": "31.33000",
        }
    )
    assert dedupe(written(tmp_path / "a.csv", rows), out=tmp_path / "out").code == 0
    found = stations(tmp_path / "out")
    assert len(found) == count
    assert max(pd.Series(found).value_counts()) < 200
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "个登记连成一片" in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(
            'id,name,address\n1,甲驿站,1\n2,"乙驿站,2\n3,丙驿站,3\n4,丁驿站,4\n'.encode(),
            "第 3 行有一个引号没有配对",
            id="a quote that is never closed",
        ),
        pytest.param(bytes(range(256)) * 4, "请", id="no text at all"),
    ],
)
def test_what_would_lose_rows_without_a_word_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    refused(dedupe(tmp_path / "list.csv", out=tmp_path / "out"), tmp_path / "out", sentence)


def test_old_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "mac.csv").write_bytes("id,name,address\r1,赭山驿站,1号\r2,镜湖驿站,2号\r".encode())
    assert dedupe(tmp_path / "mac.csv", out=tmp_path / "out").code == 0
    assert len(stations(tmp_path / "out")) == 2


def test_an_out_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,赭山驿站\n", "utf-8")
    (tmp_path / "file").write_text("")
    ended = dedupe(tmp_path / "a.csv", out=tmp_path / "file" / "out")
    assert ended.code == 2
    assert "写不进去" in ended.told


def test_a_city_that_is_named_takes_its_name_off_the_address_whole(tmp_path: Path) -> None:
    path = of_lines(
        tmp_path / "a.csv",
        ("id", "name", "address", "lng", "lat"),
        ("A", "天鹅湖驿站", "合肥市怀宁路12号", "117.22", "31.82"),
        ("B", "天鹅湖爱心驿站", "怀宁路12号", "117.22", "31.82"),
    )
    for number, options in enumerate([{}, {"city": "合肥市"}, {"city": "合肥"}]):
        assert dedupe(path, out=tmp_path / str(number), **options).code == 0
        levels = pd.read_parquet(tmp_path / str(number) / "pairs.parquet")["levels"]
        assert json.loads(str(levels[0]))["where"] == "d10+number"

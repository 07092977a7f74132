"""`yizhan dedupe`: any list in, its stations out; every file a person may have, and what comes of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.dedupe_large import large
from tests.flows.dedupe_lists import dedupe, of_lines, stations, town, truth, written
from transforms.dedupe.levels import COMPARISONS

_FOUR = {"clusters.csv", "pairs.parquet", "review.csv", "report.html"}


def test_two_lists_of_a_town_are_matched_and_scored(tmp_path: Path) -> None:
    rows = town()
    ended = dedupe(written(tmp_path / "town.csv", rows), out=tmp_path / "out", truth=truth(tmp_path / "truth.csv", rows))
    assert ended.code == 0
    score = re.search(r"F1 ([\d.]+)", ended.told)
    assert score is not None
    assert float(score[1]) > 0.95
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*_FOUR, "disagreements.csv"}
    assert set(stations(tmp_path / "out")) == set(rows["listing_id"])


def test_with_a_truth_it_is_told_what_was_joined_wrongly_and_what_was_missed(tmp_path: Path) -> None:
    rows = town()
    labels = rows["station"].astype(int).copy()
    labels.iloc[-1] = 9999  # a truth that holds the last line, rightly joined, for a place of its own
    labels.iloc[0], labels.iloc[2] = 8888, 8888  # and two shops for one
    said = rows.assign(station=labels)
    ended = dedupe(written(tmp_path / "town.csv", rows), out=tmp_path / "out", truth=truth(tmp_path / "truth.csv", said))
    assert "disagreements.csv" in ended.told
    told = pd.read_csv(tmp_path / "out" / "disagreements.csv", dtype="str", encoding="utf-8-sig").fillna("")
    found, true = stations(tmp_path / "out"), dict(zip(said["listing_id"], labels, strict=True))
    for line in told.itertuples():
        left, right = str(line.left_id), str(line.right_id)
        assert (found[left] == found[right], true[left] == true[right]) == ((True, False) if line.verdict == "错合" else (False, True))
    assert set(told["verdict"]) == {"错合", "漏合"}
    last = rows["listing_id"].iloc[-1]
    wrong = told[(told["verdict"] == "错合") & ((told["left_id"] == last) | (told["right_id"] == last))]
    assert len(wrong) == 1
    assert (wrong["left_name"] != "").all()
    assert (wrong["why"] != "").all()
    dedupe(tmp_path / "town.csv", out=tmp_path / "out")
    assert not (tmp_path / "out" / "disagreements.csv").exists(), "of an earlier run"


def test_the_doubtful_pairs_begin_in_the_middle_of_the_band(tmp_path: Path) -> None:
    large(3000).plain.to_csv(tmp_path / "lists.csv", index=False)
    assert dedupe(tmp_path / "lists.csv", out=tmp_path / "out").code == 0
    weights = pd.read_csv(tmp_path / "out" / "review.csv", encoding="utf-8-sig")["weight"].astype("float64")
    assert len(weights) > 5
    away = (weights - 2.5).abs()
    assert (away - np.sort(away)).abs().max() < 0.11, "to the tenth of a bit that is shown"


def test_a_line_given_a_hundred_times_is_one_place(tmp_path: Path) -> None:
    line = {"name": "天门山社区服务站", "address": "天门山路8号", "lng": "118.4", "lat": "31.31", "phone": "0553-3999999"}
    rows = pd.concat([town().drop(columns=["station", "listing_id"]).assign(source="a"), pd.DataFrame([{**line, "source": "a"}] * 100)])
    ended = dedupe(written(tmp_path / "many.csv", rows), out=tmp_path / "out")
    found = stations(tmp_path / "out")
    copies = [f"many.csv:{at}" for at in range(len(rows) - 98, len(rows) + 2)]
    assert len({found[copy] for copy in copies}) == 1
    assert "99 行与同一名单的另一行每格都相同" in ended.told
    assert "行没有可以辨认的名称" not in ended.told
    dedupe(tmp_path / "many.csv", out=tmp_path / "apart", distinct=("a",))
    assert len({stations(tmp_path / "apart")[copy] for copy in copies}) == 100, "each declared a station of its own"


def test_with_a_truth_the_page_tells_what_each_key_met(tmp_path: Path) -> None:
    rows = pd.concat(
        [town(), town().iloc[[1]].assign(listing_id="far", name="无名小院", address="另一处", lng="118.9", lat="31.9", station=0)]
    )
    listed, known = written(tmp_path / "town.csv", rows), truth(tmp_path / "truth.csv", rows)
    ended = dedupe(listed, out=tmp_path / "out", truth=known)
    told = re.search(r"候选召回 ([\d.]+)（真值中 (\d+) 对", ended.told)
    assert told is not None, ended.told
    assert int(told[2]) == 120, "two of the 122 true pairs share no key"
    assert float(told[1]) == round(120 / 122, 4)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"真值中的对有 {told[1]} 至少有一个相同的键" in page
    line = re.search(r"<tr><td>150米网格</td>(.*?)</tr>", page)
    assert line is not None
    assert re.findall(r">([\d.]+)<", line[1])[-3:-1] == ["120", told[1]]
    assert dedupe(listed, out=tmp_path / "plain").code == 0
    assert "召回" not in (tmp_path / "plain" / "report.html").read_text("utf-8")


def test_a_truth_of_many_pairs_makes_weights_probabilities(tmp_path: Path) -> None:
    made = large(3000)
    made.plain.to_csv(tmp_path / "lists.csv", index=False)
    made.truth.to_csv(tmp_path / "truth.csv", index=False)
    ended = dedupe(tmp_path / "lists.csv", out=tmp_path / "out", truth=tmp_path / "truth.csv")
    assert "校准" in ended.told
    pairs = pd.read_parquet(tmp_path / "out" / "pairs.parquet")
    station = dict(zip(made.truth["listing_id"], made.truth["station"], strict=True))
    same = pairs["left_id"].map(station) == pairs["right_id"].map(station)
    for low, high in ((0.0, 0.5), (0.5, 0.9), (0.9, 1.0)):
        there = pairs["probability"].between(low, high)
        assert same[there].mean() == pytest.approx(pairs["probability"][there].mean(), abs=0.08)
    assert "校准" not in dedupe(tmp_path / "lists.csv", out=tmp_path / "plain").told
    assert "probability" not in pd.read_parquet(tmp_path / "plain" / "pairs.parquet").columns


def test_a_truth_of_pairs_scores_the_same_as_one_of_stations(tmp_path: Path) -> None:
    rows = town()
    listed = written(tmp_path / "town.csv", rows)
    pairs = of_lines(tmp_path / "pairs.csv", ("left_id", "right_id"), *((f"a{at}", f"b{at}") for at in range(120)))
    by_pairs = dedupe(listed, out=tmp_path / "one", truth=pairs)
    by_stations = dedupe(listed, out=tmp_path / "two", truth=truth(tmp_path / "truth.csv", rows))
    assert (
        re.findall(r"P [\d.]+  R [\d.]+  F1 [\d.]+", by_pairs.told) == re.findall(r"P [\d.]+  R [\d.]+  F1 [\d.]+", by_stations.told) != []
    )


def test_one_to_one_gives_each_listing_at_most_one_partner_in_the_other_list(tmp_path: Path) -> None:
    rows = pd.concat([town(), town().iloc[[1]].assign(listing_id="b0-again")], ignore_index=True)
    assert dedupe(written(tmp_path / "town.csv", rows), out=tmp_path / "out", one_to_one=True).code == 0
    source = dict(zip(rows["listing_id"], rows["source"], strict=True))
    members: dict[str, list[str]] = {}
    for listing, station in stations(tmp_path / "out").items():
        members.setdefault(station, []).append(source[listing])
    assert {tuple(sorted(sources)) for sources in members.values()} == {("乙",), ("乙", "甲")}


def test_two_rows_of_a_list_said_to_be_distinct_are_two_stations(tmp_path: Path) -> None:
    rows = pd.concat([town(), town().iloc[[0, 2]].assign(listing_id=["a0-again", "a1-again"])], ignore_index=True)
    listed = written(tmp_path / "town.csv", rows)
    assert dedupe(listed, out=tmp_path / "plain").code == 0
    assert dedupe(listed, out=tmp_path / "distinct", distinct=["甲"]).code == 0
    plain, distinct = stations(tmp_path / "plain"), stations(tmp_path / "distinct")
    assert plain["a0"] == plain["a0-again"]
    assert len({plain[each] for each in rows["listing_id"]}) == 120
    of_first = [distinct[each] for each in rows.loc[rows["source"] == "甲", "listing_id"]]
    assert len(of_first) == len(set(of_first))
    assert sum(distinct[f"a{at}"] == distinct[f"b{at}"] or at < 2 for at in range(120)) > 115, "the other list's rows still find theirs"
    refused = dedupe(listed, out=tmp_path / "none", distinct=["丙"])
    assert refused.code == 2
    assert "--distinct 丙：没有这份名单；现有：乙、甲" in refused.told
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "gb18030", "xlsx", "parquet", "titled", "tabs"])
def test_every_form_of_a_file_gives_the_same_stations(tmp_path: Path, form: str) -> None:
    rows = town(40)
    expected = dedupe(written(tmp_path / "plain.csv", rows), out=tmp_path / "expected")
    cells = rows.drop(columns="station")
    path = tmp_path / f"list.{form if form in {'xlsx', 'parquet'} else 'csv'}"
    if form == "xlsx":
        cells.to_excel(path, index=False)
    elif form == "parquet":
        cells.to_parquet(path, index=False)
    elif form == "titled":
        path.write_text("驿站名单（2026年）\n填报单位：某局\n" + cells.to_csv(index=False), "utf-8")
    elif form == "tabs":
        cells.to_csv(path, index=False, sep="\t")
    else:
        written(path, rows, form)
    assert dedupe(path, out=tmp_path / "out").code == expected.code == 0
    assert stations(tmp_path / "out") == stations(tmp_path / "expected")


def test_the_order_of_rows_and_files_is_nothing(tmp_path: Path) -> None:
    rows = town(60)
    first, second = written(tmp_path / "a.csv", rows[rows["source"] == "甲"]), written(tmp_path / "b.csv", rows[rows["source"] == "乙"])
    mixed = written(tmp_path / "mixed.csv", rows.sample(frac=1, random_state=3))
    assert dedupe(first, second, out=tmp_path / "one").code == 0
    assert dedupe(mixed, out=tmp_path / "two").code == 0
    assert stations(tmp_path / "one") == stations(tmp_path / "two")


def test_rows_without_an_id_are_named_by_file_and_row(tmp_path: Path) -> None:
    path = of_lines(
        tmp_path / "名单.csv", ("名称", "地址"), ("青松面馆", "青阳路2号"), ("", ""), ("青松面馆", "青阳路2号"), ("明月茶社", "长江路9号")
    )
    assert dedupe(path, out=tmp_path / "out").code == 0
    assert stations(tmp_path / "out") == {"名单.csv:2": "名单.csv:2", "名单.csv:4": "名单.csv:2", "名单.csv:5": "名单.csv:5"}


def test_a_row_without_a_name_is_a_station_of_its_own(tmp_path: Path) -> None:
    path = of_lines(tmp_path / "a.csv", ("id", "name", "address"), ("1", "青松面馆", "青阳路2号"), ("2", "", "青阳路2号"))
    ended = dedupe(path, out=tmp_path / "out")
    assert ended.code == 0
    assert "1 行没有可以辨认的名称" in ended.told
    assert stations(tmp_path / "out") == {"1": "1", "2": "2"}


def test_two_files_that_number_their_rows_alike_are_told_apart(tmp_path: Path) -> None:
    lines = [("1", "青松面馆", "青阳路2号"), ("2", "明月茶社", "长江路9号")]
    files = [of_lines(tmp_path / name, ("序号", "名称", "地址"), *lines) for name in ("a.csv", "b.csv")]
    ended = dedupe(*files, out=tmp_path / "out")
    assert ended.code == 0
    assert "已在编号前加上文件名" in ended.told
    assert stations(tmp_path / "out") == {"a.csv:1": "a.csv:1", "a.csv:2": "a.csv:2", "b.csv:1": "a.csv:1", "b.csv:2": "a.csv:2"}


def test_columns_may_be_named_by_hand(tmp_path: Path) -> None:
    path = of_lines(tmp_path / "a.csv", ("k", "wo", "was"), ("1", "青阳路2号", "青松面馆"), ("2", "青阳路2号", "青松面馆"))
    assert dedupe(path, out=tmp_path / "out", columns="listing_id=k,name=was,address=wo").code == 0
    assert stations(tmp_path / "out") == {"1": "1", "2": "1"}


def test_positions_in_several_datums_meet(tmp_path: Path) -> None:
    header = ("id", "source", "name", "lng", "lat", "datum")
    one = ("118.380000", "31.330000", "wgs84"), ("118.385407", "31.328151", "GCJ-02"), ("118.392006", "31.333812", "百度")
    path = of_lines(tmp_path / "a.csv", header, *((str(at), str(at), "钱塘园面馆", *place) for at, place in enumerate(one)))
    assert dedupe(path, out=tmp_path / "out").code == 0
    assert set(stations(tmp_path / "out").values()) == {"0"}


def test_english_lists_work(tmp_path: Path) -> None:
    header = ("Id", "Source", "Site name", "Address", "Phone")
    path = of_lines(
        tmp_path / "sites.csv",
        header,
        ("1", "a", "Chicago Urban Day School", "1248 W. 69th Street", "(773) 483-3555"),
        ("2", "b", "CHICAGO URBAN DAYCARE", "1248 West 69th St, Chicago", "4833555"),
        ("3", "c", "St. Augustine College", "1333 W Argyle St", "9783555"),
        ("4", "a", "Treatment Center, Inc.", "1333 N. Argyle Avenue", ""),
    )
    assert dedupe(path, out=tmp_path / "out").code == 0
    assert stations(tmp_path / "out") == {"1": "1", "2": "1", "3": "3", "4": "4"}


def test_rows_of_two_cities_never_meet_by_name(tmp_path: Path) -> None:
    header = ("id", "名称", "城市", "地址")
    path = of_lines(tmp_path / "a.csv", header, ("1", "中山公园茶社", "芜湖市", "中山路1号"), ("2", "中山公园茶社", "合肥市", "中山路1号"))
    assert dedupe(path, out=tmp_path / "out").code == 0
    assert stations(tmp_path / "out") == {"1": "1", "2": "2"}


def test_pairs_carry_levels_that_the_model_knows_and_the_review_says_why(tmp_path: Path) -> None:
    rows = town()
    assert dedupe(written(tmp_path / "town.csv", rows), out=tmp_path / "out").code == 0
    pairs = pd.read_parquet(tmp_path / "out" / "pairs.parquet")
    for text in pairs["levels"].unique():
        levels = json.loads(text)
        assert all(levels[comparison.name] in comparison.levels for comparison in COMPARISONS)
    review = pd.read_csv(tmp_path / "out" / "review.csv", dtype="str", keep_default_na=False)
    assert len(review) == int(pairs["review"].sum())
    assert list(review.columns) == ["left_id", "right_id", "weight", "left_name", "left_address", "right_name", "right_address", "why"]


def test_the_report_is_one_page_that_fetches_nothing_and_runs_nothing_of_the_lists(tmp_path: Path) -> None:
    rows = town(40)
    rows.loc[0, "name"] = rows.loc[1, "name"] = "<script>alert(1)</script>面馆"
    assert dedupe(written(tmp_path / "town.csv", rows), out=tmp_path / "out").code == 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert re.findall(r"(?:src|href)\s*=|url\(|@import|<script", page) == []
    assert "各权重的例子" in page


def test_the_command_starts_without_prefect_great_expectations_or_a_database() -> None:
    asked = (
        "import sys, flows.command, flows.dedupe_command; print(sorted({'prefect', 'great_expectations', 'sqlalchemy'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one process")
def test_the_files_are_the_same_whatever_the_number_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = large(2000).plain
    # in no order, and with something wrong
    made.sample(frac=1, random_state=1).assign(phone=["０"] + ["1"] * (len(made) - 1)).to_csv(tmp_path / "lists.csv", index=False)
    for module in ("transforms.standardise.parts", "transforms.dedupe.read_parts"):
        monkeypatch.setattr(f"{module}._WORTH", 200)
    forked: list[None] = []
    fork = os.fork

    def counted() -> int:
        forked.append(None)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    for count in (1, 2, 3):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=count: set(range(count)))
        assert dedupe(tmp_path / "lists.csv", out=tmp_path / str(count)).code == 0
    assert len(forked) == (1 + 1 + 1 + 1) + (2 + 1 + 2 + 1), "cleaning, learning, reading and the page"
    for name in _FOUR:
        assert len({(tmp_path / str(count) / name).read_bytes() for count in (1, 2, 3)}) == 1, name

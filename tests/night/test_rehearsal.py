"""A rehearsal shows what changed rules do and nothing else: none for rules that are as they were, each for what it is; and it writes nowhere but where it is told to."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
from sqlalchemy import Connection

from desk.rehearsal_page import headline, notes, rehearsal_markdown, rehearsal_page
from desk.rehearsed import Rehearsal, Side, read_side
from flows import acts, rehearsal
from flows.acts import Signed
from flows.gather import parts_of
from flows.judge import decisions_of, written
from flows.rebuild import rebuild
from flows.rehearsal import Asked, rehearse
from flows.rules import every_rule
from flows.run import RefusedError
from flows.settings import ROOT, SettingError
from sources.kit.retrieval import Outcome, Retrieval
from tests.night.bolder import bolder
from tests.night.chronicle import refusing
from tests.night.town import Household, Town, iso
from transforms.dedupe import load_model
from warehouse.interval import NIGHTLY
from warehouse.state import standing
from warehouse.tables import METADATA, interval_of

SIGNED = Signed("李敏", "打电话问过业主")

#: What a run of the project's own code needs of the working tree.
_TREE = ("desk", "expectations", "flows", "sources", "transforms", "warehouse")


def take_back(household: Household, number: str) -> None:
    written(household.house, [{"act": "undo", "undoes": number, "who": "李敏", "why": "判错了"}])


def accept(household: Household, model: Path) -> None:
    """The model in force from the next night on."""
    fingerprint = load_model(model).fingerprint
    kept = household.house.model_path(fingerprint)
    kept.parent.mkdir()
    shutil.copyfile(model, kept)
    written(household.house, [{"act": "model", "fingerprint": fingerprint, "who": "李敏", "why": "比过"}])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, _served: Town) -> Household:
    """Three nights with all that befalls one: acts and their undoing, a night made again, lists that fail and drift, a night that the gate rejects, another model."""
    root = tmp_path_factory.mktemp("lived")
    home = root / "var"
    _served.move(0)
    household = Household(home, _served.env)
    household.run(iso(0))
    pair = household.query("select left_id, right_id from pair where valid_to is null and is_review order by 1, 2").iloc[0]
    ids = household.query("select station_id from station where status = 'open' order by 1")["station_id"].tolist()
    acts.judge(household.house, str(pair["left_id"]), str(pair["right_id"]), "same", SIGNED)
    acts.close(household.house, ids[3], SIGNED)
    acts.correct(household.house, "station", ids[4], "name", "更正过的驿站", SIGNED)
    added = acts.add(household.house, {"name": "赭山公园北门驿站", "address": "芜湖市镜湖区中山路77号"}, SIGNED)
    rebuild(household.house, "action/1", "测试")
    merged = acts.merge(household.house, ids[5:30], SIGNED)
    _served.move(1)
    assert Household(home, refusing(_served.env, ["telecom_mobile"])).run(iso(1)).state == "rejected"
    for number in (added.decision_id, merged.decision_id):
        take_back(household, number)
    accept(household, bolder(root / "other.json", by_mb=1))
    _served.move(2)
    assert Household(home, {**_served.env, "YIZHAN_RURAL_PATH": str(_drifted(root / "outbox"))}).run(iso(2)).state == "quarantined"
    _served.move(0)
    return household


def _drifted(outbox: Path) -> Path:
    """A folder with a workbook whose columns are other than declared."""
    outbox.mkdir()
    book = Workbook()
    sheet = book.create_sheet("镜湖区", 0)
    for line in (["某行"], ["2026"], ["甲", "乙"], ["甲", "乙"], ["一", "二"]):
        sheet.append(line)
    book.save(outbox / "名单.xlsx")
    return outbox


def rehearsed(household: Household, asked: Asked | None = None, **settings: object) -> Rehearsal:
    return rehearse(household.settings.model_copy(update=settings), asked or Asked(), lambda _: None)


def digests(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def both(found: Rehearsal) -> str:
    """The page and the Markdown, and the lines for the terminal."""
    rules = every_rule()
    return "\n".join([*headline(found), *notes(found), rehearsal_page(found, rules), rehearsal_markdown(found, rules)])


def test_unchanged_rules_make_no_difference_and_nothing_is_touched(lived: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in what is compared, and not in any table."""
    sides: dict[str, list[dict[str, pd.DataFrame]]] = {}

    def reading(connection: Connection, night: str) -> Side:
        kept = {name: standing(connection, name, night) for name in NIGHTLY if interval_of(METADATA.tables[name])}
        sides.setdefault(night, []).append(kept)
        return read_side(connection, night)

    monkeypatch.setattr(rehearsal, "read_side", reading)
    before = digests(lived.home)
    found = rehearsed(lived)
    assert digests(lived.home) == before
    assert [(each.night, each.was) for each in found.nights if not each.is_same] == []
    assert [each.night for each in found.nights] == [iso(night) for night in range(3)]
    assert [each.now for each in found.nights].count("rejected") == 1
    assert not any(each.is_other_rules or each.is_other_model or each.notes for each in found.nights)
    assert "没有差别：3 夜" in both(found)
    for was, now in sides.values():
        for name, frame in was.items():
            pd.testing.assert_frame_equal(frame, now[name], obj=name)


def test_a_model_that_merges_stations_is_told(lived: Household, tmp_path: Path) -> None:
    found = rehearsed(lived, Asked(1, bolder(tmp_path / "bolder.json", by_mb=15_000)))
    (night,) = found.nights
    merged = night.stations[night.stations["kind"] == "merged"]
    assert len(merged) == night.count("merged") > 0
    assert night.open_now < night.open_was
    assert night.is_other_model
    assert night.churned, "the gate would have stopped it, and the rehearsal went on to show what would merge"
    told = both(found)
    assert "会被变动把关拦下" in told
    assert all(part in told for part in merged["parts"].iloc[0].split(";"))
    assert merged["name"].iloc[0] in told


def test_a_stricter_rule_and_source_of_the_working_tree_are_told_and_what_does_not_load_is_named(lived: Household, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in _TREE:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    suite, rules = tree / "expectations" / "listings.py", tree / "transforms" / "records" / "rules.py"
    text = suite.read_text("utf-8")
    rules.write_text(re.sub(r'("place_name_variant",\s+)"info"', r'\1"critical"', rules.read_text("utf-8")), "utf-8")
    source = tree / "sources" / "wuhu" / "bank_icbc.py"
    source.write_text(re.sub(r"rows=\(\d+, \d+\)", "rows=(5000, 6000)", source.read_text("utf-8")), "utf-8")
    ended = yizhan(tree, lived, "--nights", "1", "--out", str(tmp_path / "out"), "--fail-on-change")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "有差别：1 夜" in ended.stdout
    page = (tmp_path / "out" / "rehearsal.md").read_text("utf-8")
    assert "## 新扣留的行" in page
    assert re.search(r"\| 户外劳动者服务站点名录 \| .+（place\\_name\\_variant） \| 业主 \| [1-9]\d* \| .+ 第 \d+ 行 .+：\S", page), page
    assert re.search(r"\| 网点与劳动者港湾清单 \| 新暂停采用 \|.*少于约定的 5000 行", page), page
    suite.write_text(text + "\nBROKEN = (", "utf-8")
    ended = yizhan(tree, lived, "--nights", "1", "--out", str(tmp_path / "out"))
    assert ended.returncode == 2
    assert "expectations/listings.py 第" in ended.stderr
    assert "读不进来（SyntaxError" in ended.stderr
    suite.write_text(text, "utf-8")
    (tree / "transforms" / "vocabulary" / "kinds.csv").write_text("code,title\nx,y,z\n", "utf-8")
    ended = yizhan(tree, lived, "--nights", "1", "--out", str(tmp_path / "out"))
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "词表 kinds.csv 第 2 行" in ended.stderr


def yizhan(tree: Path, household: Household, *words: str) -> subprocess.CompletedProcess[str]:
    """The rehearsal by the command of another working tree."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tree), "YIZHAN_HOME": str(household.home), "COLUMNS": "300"}
    command = [sys.executable, "-c", "from flows.command import main; main()", "rehearse", *words]
    return subprocess.run(command, env=env, cwd=tree, capture_output=True, text=True, timeout=240, check=False)


def test_a_night_whose_payload_is_gone_is_left_out_and_named(lived: Household, tmp_path: Path) -> None:
    home = shutil.copytree(lived.home, tmp_path / "var", symlinks=True)
    household = Household(home, {})
    parts = household.query("select night, source, parts from retrieval order by night, source")
    sent = {digest: str(source) for source, text in parts[["source", "parts"]].to_numpy() for digest in _payloads(text)}
    others = {digest for text in parts.loc[parts["night"].astype("str") != iso(1), "parts"] for digest in _payloads(text)}
    digest = min(sent.keys() - others)
    (home / "archive" / "blobs" / digest[:2] / digest).unlink()
    later = home / "archive" / "retrievals" / iso(2) / "bank_icbc.json"
    later.write_text(
        replace(Retrieval.from_json(later.read_text("utf-8")), outcome=Outcome.EMPTY, mode="none", parts=()).to_json(), "utf-8"
    )
    found = rehearsed(household, Asked(2))
    assert [each.night for each in found.skipped] == [iso(1)]
    assert [each.night for each in found.nights] == [iso(2)]
    assert found.is_same, "what follows starts from what was published of the night left out, and a later try changes nothing of what was"
    assert f"{iso(1)} 没有排演：{household.house.titles[sent[digest]]}：归档中缺少 {digest[:12]}" in both(found)
    shutil.rmtree(home / "archive")
    with pytest.raises(RefusedError, match="这 2 夜都排演不了"):
        rehearsed(household, Asked(2))


def test_a_night_goes_by_the_decisions_of_its_time_or_as_told_by_todays(lived: Household, tmp_path: Path) -> None:
    household = Household(shutil.copytree(lived.home, tmp_path / "var", symlinks=True), {})
    log = decisions_of(household.house).log
    take_back(household, log.loc[log["act"] == "model", "decision_id"].iloc[0])
    shutil.rmtree(household.home / "models")
    with pytest.raises(RefusedError, match="已接受的去重模型"):  # the one in force on that night, which is not there any more
        rehearsed(household, Asked(1))
    found = rehearsed(household, Asked(1, decisions="now"))
    assert [(each.is_other_model, each.is_other_rules) for each in found.nights] == [(True, False)]
    assert "今天的全部决定" in both(found)


def _payloads(text: object) -> list[str]:
    return [part.sha256 for part in parts_of(str(text))]


def test_a_young_city_rehearses_the_nights_that_there_are(lived: Household) -> None:
    assert len(rehearsed(lived, Asked(14)).nights) == 3


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Asked(0), "可以排演的有 3 夜"),
        (Asked(1, Path("missing.json")), "missing.json"),
        (Asked(1, Path(__file__)), "模型"),
    ],
    ids=["none", "no such model", "no model"],
)
def test_what_cannot_be_rehearsed_is_refused_in_words(lived: Household, asked: Asked, sentence: str) -> None:
    with pytest.raises((RefusedError, SettingError), match=sentence):
        rehearsed(lived, asked)


def test_before_the_first_publication_there_is_nothing_to_rehearse(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="还没有发布过"):
        rehearsed(Household(tmp_path / "var", {}))

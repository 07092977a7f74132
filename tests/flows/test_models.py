"""A model is trained, compared and accepted by command; what was accepted is in force from the next night, until that is undone."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from flows.house import open_house
from flows.judge import undo
from flows.models import accept_model, compare_model, show_model, train_model
from flows.outlook import Published
from flows.run import RefusedError
from flows.settings import SettingError
from tests.night.bolder import bolder
from tests.night.town import Household, assert_same, iso
from transforms.dedupe import gold, load_model
from transforms.dedupe.model import SHIPPED, sealed, write_model
from warehouse.journal import read_journal

SIGNED = {"who": "李敏", "why": "比过"}


class Heard:
    """A console and what was said on it."""

    def __init__(self) -> None:
        self._told = io.StringIO()
        self.say = Console(file=self._told, width=300)

    def __contains__(self, words: str) -> bool:
        return words in self._told.getvalue()


def in_force(household: Household) -> str:
    return open_house(household.settings).model.fingerprint


def test_the_model_that_ships_is_in_force_until_another_is_accepted(published: Household) -> None:
    heard = Heard()
    show_model(published.settings, heard.say)
    assert "随附的模型" in heard
    assert load_model().fingerprint in heard
    assert "合并" in heard


def test_training_writes_a_model_that_is_not_in_force(published: Household) -> None:
    heard = Heard()
    train_model(published.settings, heard.say)
    (file,) = (published.home / "models").glob("*.json")
    assert load_model(file).fingerprint == file.stem
    assert load_model(file).thresholds == load_model().thresholds
    assert str(file) in heard
    assert in_force(published) == load_model().fingerprint
    train_model(published.settings, heard.say)
    assert len(list((published.home / "models").iterdir())) == 1, "the same register teaches the same"


def test_a_model_that_takes_a_plain_case_the_other_way_is_not_written(published: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    turned = tuple({**case, "verdict": "not" if case["verdict"] == "same" else "same"} for case in gold.gold())
    monkeypatch.setattr(gold, "gold", lambda: turned)
    with pytest.raises(RefusedError, match="不合常理"):
        train_model(published.settings, Heard().say)
    assert not list((published.home / "models").glob("*.json"))


def test_a_trained_model_is_calibrated_where_enough_was_judged(published: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = published.query("select left_id, right_id, weight_mb from pair order by weight_mb desc")
    ends = pd.concat([pairs.head(80).assign(verdict="same"), pairs.tail(80).assign(verdict="not")])
    verdicts = {(str(line.left_id), str(line.right_id)): str(line.verdict) for line in ends.itertuples()}
    assert len(verdicts) >= 100, "so many make a calibration"
    monkeypatch.setattr(Published, "verdicts", lambda *_: verdicts)
    train_model(published.settings, Heard().say)
    (file,) = (published.home / "models").glob("*.json")
    calibration = load_model(file).calibration
    assert calibration is not None
    assert calibration.pairs == len(verdicts)


def test_comparing_a_model_with_itself_changes_nothing(published: Household, tmp_path: Path) -> None:
    heard = Heard()
    write_model(json.loads(json.dumps(load_model().document)), tmp_path / "same.json")
    compare_model(published.settings, heard.say, tmp_path / "same.json")
    assert "没有驿站因此合并或拆分" in heard
    assert "同一个模型" in heard


def test_what_compare_tells_is_what_the_next_night_does(published: Household, tmp_path: Path) -> None:
    heard = Heard()
    accept_model(published.settings, heard.say, bolder(tmp_path / "bolder.json"), **SIGNED)
    assert "合并出" in heard
    before = published.query("select listing_id, station_id from station_listing where valid_to is null")
    assert before["station_id"].nunique() == published.query("select count(distinct station_id) as n from station_listing")["n"][0]
    accepted = load_model(tmp_path / "bolder.json").fingerprint
    assert in_force(published) == accepted
    published.run(iso(0))
    stored = published.query("select model_fingerprint from night")["model_fingerprint"].iloc[-1]
    assert stored == accepted
    after = published.query("select listing_id, station_id from station_listing where valid_to is null")
    assert after["station_id"].nunique() < before["station_id"].nunique()


def test_an_undone_acceptance_gives_back_the_model_before_and_the_same_register(published: Household, tmp_path: Path) -> None:
    before = published.tables()
    heard = Heard()
    accept_model(published.settings, heard.say, bolder(tmp_path / "bolder.json"), **SIGNED)
    published.run(iso(0))
    undo(published.settings, heard.say, str(read_journal(published.house.journal).log["decision_id"][0]), **SIGNED)
    assert in_force(published) == load_model().fingerprint
    published.run(iso(0))
    after = published.tables()
    assert_same(*({name: tables[name] for name in tables if name != "decision"} for tables in (after, before)))


def test_an_accepted_file_that_is_missing_is_told_before_the_night_and_can_be_undone(published: Household, tmp_path: Path) -> None:
    heard = Heard()
    accept_model(published.settings, heard.say, bolder(tmp_path / "bolder.json"), **SIGNED)
    kept = published.home / "models" / f"{load_model(tmp_path / 'bolder.json').fingerprint}.json"
    kept.unlink()
    with pytest.raises(SettingError, match="不在：请从备份放回"):
        open_house(published.settings)
    write_model(json.loads(json.dumps(load_model().document)), kept)
    with pytest.raises(SettingError, match="不是接受时的那一个"):
        open_house(published.settings)
    for damaged in (kept.read_text("utf-8")[:500], kept.read_text("utf-8").replace('"version": 4', '"version": 3')):
        kept.write_text(damaged, "utf-8")
        with pytest.raises(SettingError, match=r"已接受的模型用不了.*yizhan undo .*decisions list"):
            open_house(published.settings)
        write_model(json.loads(json.dumps(load_model().document)), kept)
    kept.unlink()
    undo(published.settings, heard.say, str(read_journal(published.home / "decisions.jsonl").log["decision_id"][0]), **SIGNED)
    assert "说不准" in heard
    assert in_force(published) == load_model().fingerprint


def test_a_setting_goes_before_and_is_told(published: Household, tmp_path: Path) -> None:
    file = bolder(tmp_path / "bolder.json")
    set_so = published.settings.model_copy(update={"model": file})
    heard = Heard()
    with pytest.raises(RefusedError, match="YIZHAN_MODEL"):
        accept_model(set_so, heard.say, file, **SIGNED)
    show_model(set_so, heard.say)
    assert "YIZHAN_MODEL" in heard


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{}", "版本"), ("{", "读不出来"), ('{"version": 4, "fingerprint": "x"}', "指纹不符")],
)
def test_a_file_that_is_no_model(published: Household, tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "broken.json").write_text(content, "utf-8")
    with pytest.raises(RefusedError, match=sentence):
        compare_model(published.settings, Heard().say, tmp_path / "broken.json")
    with pytest.raises(RefusedError, match=sentence):
        accept_model(published.settings, Heard().say, tmp_path / "broken.json", **SIGNED)
    assert not published.house.journal.exists()


def test_nothing_is_accepted_unsigned(published: Household, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="没有写明是谁"):
        accept_model(published.settings, Heard().say, bolder(tmp_path / "bolder.json"), who=" ", why="比过")
    assert in_force(published) == load_model().fingerprint


def test_too_few_listings_teach_nothing(published: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.models.TRAINABLE", 10**6)
    with pytest.raises(RefusedError, match="训练不出可靠的模型"):
        train_model(published.settings, Heard().say)
    assert not (published.home / "models").exists()


def test_training_that_went_astray_writes_nothing(published: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    from transforms.dedupe.strata import AstrayError

    def astray(*_: object) -> None:
        raise AstrayError("训练没有收敛")

    monkeypatch.setattr("flows.models.train", astray)
    with pytest.raises(RefusedError, match="没有写下模型：训练没有收敛"):
        train_model(published.settings, Heard().say)
    assert not (published.home / "models").exists()


def test_a_model_that_no_city_bears_out_is_told_as_such(published: Household, tmp_path: Path) -> None:
    document = json.loads(SHIPPED.read_text("utf-8"))
    for stratum in document["strata"].values():
        stratum["weights"]["name"]["org_missing+differs"] = 20_000
    path = tmp_path / "astray.json"
    write_model(sealed(document), path)
    told = io.StringIO()
    assert compare_model(published.settings, Console(file=told, width=300), path) == 0
    assert "不合常理" in told.getvalue()
    told = io.StringIO()
    assert compare_model(published.settings, Console(file=told, width=300), SHIPPED) == 0
    assert "不合常理" not in told.getvalue()

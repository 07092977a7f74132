"""A backup holds everything that cannot be had again: nights go on from it as if nothing had happened, and nothing is put in place that was not verified."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from rich.console import Console

from flows import acts
from flows.acts import Signed
from flows.backup import MANIFEST, back_up
from flows.judge import decisions_of
from flows.restore import restore
from flows.run import RefusedError
from tests.night.chronicle import Chronicle
from tests.night.town import Household, assert_same, iso

SIGNED = Signed("李敏", "打电话问过业主")
QUIET = Console(quiet=True)


@pytest.fixture
def lived(tmp_path: Path, chronicle: Chronicle) -> Household:
    """A household after its first night, with a decision of a person."""
    household = chronicle.household(tmp_path / "lived", after=0)
    acts.close(household.house, one_station(household), SIGNED)
    return household


def one_station(household: Household, at: int = 0) -> str:
    return str(household.query("select station_id from station where status = 'open' order by 1")["station_id"][at])


def backed_up(household: Household, folder: Path) -> Path:
    assert back_up(household.settings, QUIET, folder / "backup.tar") == 0
    return folder / "backup.tar"


def test_the_night_after_a_restore_is_the_night_without_it(lived: Household, chronicle: Chronicle, tmp_path: Path) -> None:
    anew = Household(tmp_path / "anew", chronicle.silent)
    restore(anew.settings, QUIET, backed_up(lived, tmp_path), replace=False)
    assert_same(lived.tables(), anew.tables())
    for household in (lived, anew):
        household.run(iso(1))
    assert_same(lived.tables(), anew.tables())
    assert decisions_of(anew.house).log["act"].tolist() == ["close"]


def test_a_file_that_was_damaged_is_named_and_nothing_is_put_in_place(lived: Household, chronicle: Chronicle, tmp_path: Path) -> None:
    whole = backed_up(lived, tmp_path)
    damaged, anew = tmp_path / "damaged.tar", Household(tmp_path / "anew", chronicle.silent)
    with tarfile.open(whole) as source, tarfile.open(damaged, "w") as target:
        for entry in source:
            content = source.extractfile(entry)
            read = content.read() if content else b""
            if entry.name == "decisions.jsonl":
                read = read.replace("李敏".encode(), "王芳".encode())
            target.addfile(entry, io.BytesIO(read))
    with pytest.raises(RefusedError, match=r"decisions\.jsonl 已损坏"):
        restore(anew.settings, QUIET, damaged, replace=False)
    assert anew.house.publisher.current() is None
    assert not anew.house.journal.exists()


def test_what_is_no_backup_or_of_a_newer_version_is_refused(lived: Household, chronicle: Chronicle, tmp_path: Path) -> None:
    whole, anew = backed_up(lived, tmp_path), Household(tmp_path / "anew", chronicle.silent)
    (tmp_path / "text.tar").write_text("no archive", "utf-8")
    newer = tmp_path / "newer.tar"
    with tarfile.open(whole) as source, tarfile.open(newer, "w") as target:
        for entry in source:
            content = source.extractfile(entry)
            read = content.read() if content else b""
            if entry.name == MANIFEST:
                read = read.replace(b'"format": 1', b'"format": 9')
                entry.size = len(read)
            target.addfile(entry, io.BytesIO(read))
    for path, sentence in ((tmp_path / "text.tar", "不是本程序的备份"), (newer, "请先升级程序"), (tmp_path / "none.tar", "没有文件")):
        with pytest.raises(RefusedError, match=sentence):
            restore(anew.settings, QUIET, path, replace=False)


def test_a_home_that_holds_something_is_replaced_only_when_asked_and_loses_no_decision(lived: Household, tmp_path: Path) -> None:
    backup = backed_up(lived, tmp_path)
    acts.close(lived.house, one_station(lived, 1), SIGNED)
    with pytest.raises(RefusedError, match="--replace"):
        restore(lived.settings, QUIET, backup, replace=False)
    restore(lived.settings, QUIET, backup, replace=True)
    assert len(decisions_of(lived.house).log) == 2, "the one of after the backup too"

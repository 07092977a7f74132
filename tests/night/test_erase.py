"""What is erased is gone from every byte of a home, stays out, and leaves the books as they were; a kill in the middle is made good by running it again."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from flows import erase_archive
from flows.erasing import erase
from flows.judge import undo
from flows.judge import written as written_down
from flows.rebuild import rebuild
from flows.receipts import write_receipts
from flows.run import RefusedError
from tests.night.books import assert_conserved
from tests.night.chronicle import Chronicle
from tests.night.town import Household, assert_same, iso
from warehouse.journal import verify_journal
from warehouse.publish import Publisher


@pytest.fixture
def lived(tmp_path: Path, chronicle: Chronicle) -> Household:
    """A household after two nights, with the receipts of the first."""
    household = chronicle.household(tmp_path / "var", after=1)
    write_receipts(household.house, iso(0))
    return household


def shared_phone(household: Household) -> str:
    """A mobile that more than one owner gives, the same on both."""
    found = household.query(
        "select contact_phone from listing where contact_phone not like '%;%' group by 1 having count(distinct source) > 1 order by 1"
    )
    return str(found["contact_phone"].iloc[0])


def corrected(household: Household, phone: str) -> None:
    """A decision that holds it, and whose row holds it."""
    row = household.query(f"select row_key, verbatim from listing where contact_phone = '{phone}' and source = 'union'").iloc[0]
    act = {"act": "correct", "scope": "row", "key": f"union:{row['row_key']}", "field": "phone", "value": phone, "night": iso(1)}
    written_down(household.house, [{**act, "who": "李敏", "why": "问过", "content": json.loads(row["verbatim"])}])


def take_out(household: Household, say: Console | None = None, *, dry_run: bool = False, **what: str | None) -> int:
    """`yizhan erase` as 李敏 gives it."""
    asked = {"phone": None, "name": None, "source": None, "who": "李敏", "why": "本人申请", **what}
    return erase(household.settings, say or Console(quiet=True), dry_run=dry_run, **asked)  # type: ignore[arg-type]


def holding(home: Path, value: str) -> list[str]:
    """Files in whose bytes it stands, as text of any encoding, or within a zip file."""
    found = []
    for path in sorted(each for each in home.rglob("*") if each.is_file() and not each.is_symlink()):
        contents = [path.read_bytes()]
        if contents[0].startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as members:
                contents += [members.read(name) for name in members.namelist()]
        if any(value.encode(code) in content for content in contents for code in ("utf-8", "utf-16-le", "gb18030")):
            found.append(str(path.relative_to(home)))
    return found


def test_a_phone_is_gone_from_every_byte_and_the_books_are_the_same(lived: Household) -> None:
    phone = shared_phone(lived)
    corrected(lived, phone)
    outbox = lived.home / "outbox"
    outbox.mkdir()
    (outbox / "night.json").write_text(json.dumps({"text": f"请打 {phone}"}), "utf-8")
    before, tables = len(holding(lived.home, phone)), lived.tables()
    digests = list(lived.query(f"select row_digest from listing where contact_phone = '{phone}'")["row_digest"])
    assert before > 4, "payloads, both publications, the journal and a message hold it"
    assert take_out(lived, phone=phone) == 0
    assert holding(lived.home, phone) == []
    assert all(holding(lived.home, digest) == [] for digest in digests), (
        "a digest of a row from which eleven digits are missing gives them away"
    )
    after = lived.tables()
    assert_conserved(lived)
    for name in tables:
        assert len(after[name]) == len(tables[name]) + (name == "decision"), name
    assert_same({"source_night": tables["source_night"]}, {"source_night": after["source_night"]})


def test_the_record_tells_who_why_and_how_much_and_not_what(lived: Household) -> None:
    phone = shared_phone(lived)
    take_out(lived, phone=phone)
    told = lived.query("select * from decision where act = 'erase'").iloc[0]
    assert (told["who"], told["why"]) == ("李敏", "本人申请")
    counts = json.loads(told["detail"])["counts"]
    assert counts["listing.contact_phone"] >= 2
    assert counts["archive"] >= 2
    assert not re.search(r"[0-9a-f]{32}", told["detail"]), "no hash of the value"
    assert (lived.home / "erased.json").stat().st_mode & 0o777 == 0o600
    assert verify_journal(lived.house.journal).lines == 1


def test_erased_lines_are_told_and_the_chain_holds(lived: Household) -> None:
    phone = shared_phone(lived)
    corrected(lived, phone)
    take_out(lived, phone=phone)
    found = verify_journal(lived.house.journal)
    assert (found.lines, found.erased) == (2, 1)
    number = str(lived.query("select decision_id from decision where act = 'erase'")["decision_id"].iloc[0])
    with pytest.raises(RefusedError, match="不能撤销"):
        undo(lived.settings, Console(quiet=True), number, who="李敏", why="错")


def test_nights_are_rebuilt_from_the_archive_as_before(lived: Household) -> None:
    phone = shared_phone(lived)
    take_out(lived, phone=phone)
    before = lived.tables()
    assert rebuild(lived.house, "test", "测试", since=iso(0)).ended.state != "rejected"
    after = lived.tables()
    for name in ("source_night", "listing", "quarantine"):
        assert_same({name: before[name]}, {name: after[name]})
    assert holding(lived.home, phone) == []


def test_it_stays_out_when_its_owner_sends_it_again(household: Household) -> None:
    household.run(iso(0))
    listed = "select contact_phone from listing where source = 'bank_icbc' and contact_phone not like '%;%' order by 1"
    phone = str(household.query(listed)["contact_phone"].iloc[0])  # the bank sends its whole list each time it is asked
    take_out(household, phone=phone)
    household.run(iso(0), refetch=True)
    assert holding(household.home, phone) == []
    told = household.query("select source, severity from issue where rule = 'personal_erased'")
    assert told.to_numpy().tolist() == [["bank_icbc", "info"]]
    assert_conserved(household)


def test_a_dry_run_tells_and_changes_nothing(lived: Household, capsys: pytest.CaptureFixture[str]) -> None:
    phone = shared_phone(lived)
    before = {path: path.stat().st_mtime_ns for path in lived.home.rglob("*") if path.name != "lock"}
    assert take_out(lived, Console(width=200), phone=phone, dry_run=True) == 0
    assert {path: path.stat().st_mtime_ns for path in lived.home.rglob("*") if path.name != "lock"} == before
    told = capsys.readouterr().out
    assert "listing.contact_phone" in told
    assert "什么也没有改" in told


def test_again_it_finds_nothing(lived: Household) -> None:
    phone = shared_phone(lived)
    take_out(lived, phone=phone)
    before = lived.house.publisher.current()
    assert take_out(lived, phone=phone) == 0
    assert lived.house.publisher.current() == before


@pytest.mark.parametrize("where", ["publish", "correct", "records", "files"])
def test_stopped_in_the_middle_it_is_finished_by_running_it_again(lived: Household, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    phone = shared_phone(lived)
    corrected(lived, phone)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    target, name = {
        "publish": (Publisher, "put_in_force"),
        "correct": (Publisher, "correct"),
        "records": (erase_archive, "correct_records"),
        "files": (Path, "rglob"),
    }[where]
    with monkeypatch.context() as patched:
        if where == "files":
            patched.setattr("flows.erasing.erase_files.in_prefect", stop)
        else:
            patched.setattr(target, name, stop)
        with pytest.raises(KeyboardInterrupt):
            take_out(lived, phone=phone)
    take_out(lived, phone=phone)
    assert holding(lived.home, phone) == []
    assert_conserved(lived)
    known = {part["sha256"] for parts in lived.query("select parts from retrieval")["parts"] for part in json.loads(parts)}
    assert all(lived.house.archive.holds(sha256) for sha256 in known), "every payload that a night names is there"
    assert rebuild(lived.house, "test", "测试", since=iso(0)).ended.state != "rejected"


def test_a_payload_that_cannot_be_written_anew_is_dropped_and_its_night_is_still_known(
    lived: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = shared_phone(lived)
    monkeypatch.setattr(erase_archive, "reads_the_same", lambda *_: False)
    take_out(lived, phone=phone)
    assert holding(lived.home, phone) == []
    record = lived.house.archive.recall(iso(0), "union")
    assert record is not None
    assert (record.parts, record.message) == ((), erase_archive.DROPPED)
    assert_conserved(lived)


def test_a_reason_that_holds_the_value_is_refused(lived: Household) -> None:
    with pytest.raises(RefusedError, match="写着要删去的内容"):
        take_out(lived, phone="13900001234", why="13900001234 的本人申请")


def test_a_name_of_one_source_leaves_others_be(lived: Household) -> None:
    name = str(
        lived.query("select contact_name from listing where source = 'union' and contact_name is not null order by 1")["contact_name"][0]
    )
    take_out(lived, name=name, source="union")
    assert lived.query(f"select 1 from listing where source = 'union' and contact_name = '{name}'").empty

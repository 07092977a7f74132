"""What people outside are told: once, by every channel, without a secret or a person's number; a channel that is down fails no night and its messages wait in sight."""

from __future__ import annotations

import json
import stat
import threading
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.notices import send_receipts, tell_of_night
from flows.outbox import Message, Outbox
from flows.receipts import Receipts
from flows.settings import Settings
from tests.night.town import Household, iso
from tests.sources.owner_server import Asked, Reply, Served, serving

MESSAGE = Message("night-2026-06-01", "芜湖市驿站 2026-06-01：要处理", "**两行**\n第二行 <b>", "http://127.0.0.1:4201/run/1")

#: Nobody listens there.
DOWN = "json://user:s3cret-token@127.0.0.1:9/"


def outbox(home: Path, *addresses: str, seconds: float = 5) -> Outbox:
    return Outbox(home, " ".join(addresses), clock=lambda: datetime(2026, 6, 1, 18, tzinfo=UTC), seconds=seconds)


def address(channel: Served) -> str:
    return channel.url.replace("http://", "json://") + "/hook"


def said(channel: Served) -> list[str]:
    """Title and text of each message that the channel was given."""
    return [f"{told['title']}\n{told['message']}" for told in (json.loads(each.body) for each in channel.asked)]


def taken(_: Asked) -> Reply:
    return Reply(b"ok")


def test_an_owner_that_is_to_have_its_receipt_is_sent_it_with_its_files_and_nobody_elses(tmp_path: Path) -> None:
    with serving(taken) as channel:
        household = Household(tmp_path / "var", {"YIZHAN_UNION_RECEIPT": address(channel)})
        house = household.house
        house = replace(
            house,
            sources={key: replace(each, receipt_to="UNION_RECEIPT") if key == "union" else each for key, each in house.sources.items()},
        )
        files: dict[str, tuple[Path, ...]] = {key: (tmp_path / f"{key}.xlsx",) for key in ("union", "bank_icbc")}
        for path in (path for paths in files.values() for path in paths):
            path.write_bytes(path.stem.encode())
        receipts = Receipts(files, {}, {"union": (2, 5), "bank_icbc": (9, 9)})
        assert send_receipts(house, iso(0), receipts) == []
        assert send_receipts(house, iso(0), receipts) == [], "one receipt a night"
        assert send_receipts(house, iso(1), Receipts({}, {}, {"union": (0, 0)})) == [], "nothing to mend, nothing sent"
    (told,) = (json.loads(each.body) for each in channel.asked)
    assert house.titles["union"] in told["title"]
    assert "2 处扣留、5 处提醒" in told["message"]
    assert [b64decode(each["base64"]) for each in told["attachments"]] == [b"union"]


def test_a_receipt_that_cannot_be_sent_waits_in_sight(tmp_path: Path) -> None:
    house = Household(tmp_path / "var", {"YIZHAN_UNION_RECEIPT": DOWN}).house
    house = replace(house, sources={"union": replace(house.sources["union"], receipt_to="UNION_RECEIPT")})
    (told,) = send_receipts(house, iso(0), Receipts({}, {}, {"union": (1, 0)}))
    assert house.untold == [told]
    assert "回执" in told
    assert "s3cret" not in told


def test_a_message_is_sent_once_and_again_only_when_it_says_something_else(tmp_path: Path) -> None:
    with serving(taken) as channel:
        box = outbox(tmp_path, address(channel))
        assert box.tell(MESSAGE) == []
        assert box.tell(Message(MESSAGE.name, MESSAGE.title, MESSAGE.text, "http://127.0.0.1:4201/run/2")) == []
        assert said(channel) == [f"{MESSAGE.title}\n{MESSAGE.text}\n{MESSAGE.link}"]
        box.tell(Message(MESSAGE.name, MESSAGE.title, "已经好了"))
        box.tell(Message(MESSAGE.name, MESSAGE.title, "又不好了"), once=True)
    assert len(channel.asked) == 2
    assert box.told() == []


def test_a_channel_that_is_down_keeps_its_messages_in_sight_until_it_is_back(tmp_path: Path) -> None:
    told = outbox(tmp_path, DOWN).tell(MESSAGE)
    assert len(told) == 1
    assert MESSAGE.title in told[0]
    (letter,) = (tmp_path / "outbox").glob("*.json")
    assert stat.S_IMODE(letter.stat().st_mode) == 0o600
    assert "s3cret" not in letter.read_text("utf-8") + told[0], "an address is a secret"
    assert outbox(tmp_path, DOWN).tell(MESSAGE) == told, "nothing is written twice"
    with serving(taken) as channel:
        assert outbox(tmp_path, address(channel)).tell() == []
    assert said(channel) == [f"{MESSAGE.title}\n{MESSAGE.text}\n{MESSAGE.link}"]
    assert list((tmp_path / "outbox").glob("*.json")) == []


def test_an_answer_that_is_none_counts_as_not_sent(tmp_path: Path) -> None:
    with serving(lambda _: Reply(status=500)) as channel:
        (sentence,) = outbox(tmp_path, address(channel)).tell(MESSAGE)
    assert "500" in sentence


def test_a_channel_that_never_answers_is_given_up_on(tmp_path: Path) -> None:
    over = threading.Event()

    def waiting(_: Asked) -> Reply:
        over.wait(60)
        return Reply()

    with serving(waiting) as channel:
        (sentence,) = outbox(tmp_path, address(channel), seconds=0.3).tell(MESSAGE)
        over.set()
    assert "0.3 秒内没有收完" in sentence


def test_of_two_channels_the_one_that_is_up_is_told_once_whatever_the_other_does(tmp_path: Path) -> None:
    with serving(taken) as channel:
        addresses = ("nosuch://s3cret-token", address(channel), DOWN)
        for _ in range(2):
            (sentence,) = outbox(tmp_path, *addresses).tell(MESSAGE)
            assert "第 1 个地址" in sentence
            assert "第 3 个通道" in sentence
            assert "s3cret" not in sentence
        assert len(channel.asked) == 1
        assert outbox(tmp_path, address(channel)).tell() == [], "the wrong address was taken out of the setting"
    assert len(channel.asked) == 1


def test_what_cannot_be_written_is_sent_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    with serving(taken) as channel:
        (sentence,) = outbox(tmp_path, address(channel)).tell(MESSAGE)
    assert len(channel.asked) == 1
    assert "写不进去" in sentence


def with_settings(household: Household, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Household:
    """The household with other settings, in this process too."""
    for name, value in variables.items():
        monkeypatch.setenv(f"YIZHAN_{name}", value)
    household.settings = Settings(home=household.home, env_file=household.settings.env_file)
    return household


def test_of_a_silenced_night_nothing_is_told_and_no_persons_number_ever(published: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(taken) as channel:
        house = with_settings(published, monkeypatch, NOTIFY=address(channel), NOTIFY_ON="rejected").house
        night = date.fromisoformat(iso(0))
        assert tell_of_night(house, night, "Quarantined", "", "1") == []
        assert channel.asked == []
        assert tell_of_night(house, night, "NotPublished", "找不到 13812345678", "1") == []
    (told,) = said(channel)
    assert "138****5678" in told
    assert "没有发布" in told

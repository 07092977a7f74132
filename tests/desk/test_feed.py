"""Who reads the feed line by line holds the register in force: over nights made again, rollbacks, merges, kills and pruning."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk import feed
from desk.asking import opened
from desk.feed import FeedError, carry_on, lines_after, prune_feed, read_index
from desk.feed_lines import FIELDS
from tests.desk.register import publish, publisher
from tests.warehouse.nights import Claim, station_id
from warehouse.publish import Publication, Publisher

A, B, C = (
    Claim("union", "1", name="甲站", station=1),
    Claim("union", "2", name="乙站", station=2),
    Claim("union", "3", name="丙站", station=3),
)


class Reader:
    """Another system: it keeps a copy by the feed alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cursor: str | None = None
        self.stations: dict[str, dict[str, str | None]] = {}
        self.moved: dict[str, str] = {}

    def read(self) -> list[dict[str, Any]]:
        """Take what is new."""
        lines = [json.loads(line) for line in lines_after(self.folder, self.cursor)]
        for line in lines:
            self.cursor = line["cursor"]
            station, change = line["station_id"], line["change"]
            if change in ("merged", "redirected", "gone"):
                self.stations.pop(station, None)
                self.moved.pop(station, None)
                if change != "gone":
                    self.moved[station] = line["to_id"]
                continue
            self.moved.pop(station, None)
            values = self.stations.setdefault(station, dict.fromkeys(FIELDS))
            for field, (old, new) in line["fields"].items():
                assert values[field] == old, "what it was is what the reader has"
                values[field] = new
        return lines

    def assert_holds(self, publication: Publication) -> None:
        """The copy is the register."""
        listed = ", ".join(f'"{field}"::varchar' for field in FIELDS)
        with opened(publication.analyst) as connection:
            rows = connection.execute(f"select station_id, {listed} from station").fetchall()
            moved = connection.execute("select from_id, to_id from station_redirect where valid_to is null").fetchall()
        assert self.stations == {row[0]: dict(zip(FIELDS, row[1:], strict=True)) for row in rows}
        assert self.moved == dict(moved)


@pytest.fixture
def nights(tmp_path: Path) -> Publisher:
    return publisher(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var" / "feed"


def test_a_reader_holds_what_is_in_force_over_rollback_and_rebuilding(nights: Publisher, folder: Path) -> None:
    reader, late = Reader(folder), Reader(folder)
    renamed = replace(A, name="甲站新名")
    first = publish(nights, "2026-06-01", [A, B])
    carry_on(folder, first)
    assert [line["change"] for line in reader.read()] == ["opened", "opened"]
    second = publish(nights, "2026-06-02", [renamed, replace(B, is_open=False), C])
    carry_on(folder, second)
    told = {line["station_id"]: line for line in reader.read()}
    assert told[station_id(1)]["fields"] == {"name": ["甲站", "甲站新名"]}
    assert told[station_id(2)]["change"] == "closed"
    assert told[station_id(3)]["change"] == "opened"
    assert told[station_id(3)]["cause"] == "listed"
    reader.assert_holds(second)
    nights.rollback("退回")
    carry_on(folder, first)
    back = {line["station_id"]: line["change"] for line in reader.read()}
    assert back == {station_id(1): "changed", station_id(2): "reopened", station_id(3): "gone"}
    reader.assert_holds(first)
    again = publish(nights, "2026-06-02", [renamed, replace(B, name="乙站新名")])
    carry_on(folder, again)
    reader.read()
    reader.assert_holds(again)
    rebuilt = publish(nights, "2026-06-02", [A, C])
    carry_on(folder, rebuilt)
    reader.read()
    reader.assert_holds(rebuilt)
    late.read()
    late.assert_holds(rebuilt)
    index = read_index(folder)
    assert index is not None
    assert [entry.reason for entry in index.entries] == ["first", "night", "returned", "night", "rebuilt"]
    assert [entry.file for entry in index.entries][2] == "2026-06-01-1.2.jsonl"
    assert reader.read() == []


def test_a_merged_station_says_where_to_and_one_split_again_is_back(nights: Publisher, folder: Path) -> None:
    reader = Reader(folder)
    carry_on(folder, publish(nights, "2026-06-01", [A, B, C]))
    reader.read()
    merged = publish(nights, "2026-06-02", [A, replace(B, station=1), C], [(station_id(2), station_id(1))])
    carry_on(folder, merged)
    assert {(line["change"], line["to_id"]) for line in reader.read() if line["station_id"] == station_id(2)} == {("merged", station_id(1))}
    reader.assert_holds(merged)
    further = publish(
        nights,
        "2026-06-03",
        [replace(each, station=3) for each in (A, B, C)],
        [(station_id(2), station_id(3)), (station_id(1), station_id(3))],
    )
    carry_on(folder, further)
    assert {line["station_id"]: line["change"] for line in reader.read()}[station_id(2)] == "redirected"
    reader.assert_holds(further)
    split = publish(nights, "2026-06-04", [A, B, C])
    carry_on(folder, split)
    reader.read()
    reader.assert_holds(split)


def test_a_publication_is_told_once_and_its_file_is_as_the_index_says(nights: Publisher, folder: Path) -> None:
    first = publish(nights, "2026-06-01", [A, B])
    entry = carry_on(folder, first)
    assert entry is not None
    assert carry_on(folder, first) is None
    content = (folder / entry.file).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), content.count(b"\n")) == (entry.digest, entry.lines)
    assert entry.first == json.loads(content.splitlines()[0])["cursor"]
    same = publish(nights, "2026-06-02", [A, B])
    quiet = carry_on(folder, same)
    assert quiet is not None
    assert quiet.lines == 0
    assert list(lines_after(folder, json.loads(content.splitlines()[-1])["cursor"])) == []


def test_publications_that_were_missed_are_told_with_the_next(nights: Publisher, folder: Path) -> None:
    reader = Reader(folder)
    carry_on(folder, publish(nights, "2026-06-01", [A, B]))
    reader.read()
    publish(nights, "2026-06-02", [A])
    third = publish(nights, "2026-06-03", [A, C])
    carry_on(folder, third)
    reader.read()
    reader.assert_holds(third)


@pytest.mark.parametrize("writes", range(4))
def test_killed_between_two_writes_the_feed_is_as_it_was(
    nights: Publisher, folder: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    reader = Reader(folder)
    carry_on(folder, publish(nights, "2026-06-01", [A, B]))
    before = list(lines_after(folder, None))
    second = publish(nights, "2026-06-02", [B, C])
    left = [writes]

    def dying(path: Path) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(feed, "fsync", dying)
        with pytest.raises(KeyboardInterrupt):
            carry_on(folder, second)
    assert list(lines_after(folder, None)) == before
    carry_on(folder, second)
    reader.read()
    reader.assert_holds(second)


def test_old_files_go_and_a_cursor_before_them_is_told_to_begin_again(nights: Publisher, folder: Path) -> None:
    ahead, behind = Reader(folder), Reader(folder)
    carry_on(folder, publish(nights, "2026-06-01", [A, B]))
    behind.read()
    carry_on(folder, publish(nights, "2026-06-02", [B, C]))
    ahead.read()
    third = publish(nights, "2026-06-03", [C])
    carry_on(folder, third)
    assert prune_feed(folder, "2026-06-03") == 2
    assert [path.name for path in folder.glob("*.jsonl")] == ["2026-06-03-3.jsonl"]
    ahead.read()
    ahead.assert_holds(third)
    with pytest.raises(FeedError, match="已清理"):
        behind.read()
    assert prune_feed(folder, "2027-01-01") == 0, "the last one stays"


def test_a_cursor_of_another_feed_or_of_none_is_refused(nights: Publisher, folder: Path) -> None:
    assert list(lines_after(folder, None)) == []
    carry_on(folder, publish(nights, "2026-06-01", [A, B]))
    index = read_index(folder)
    assert index is not None
    for cursor, sentence in (("00000000-1", "不是这个变动流的"), ("seven", "不是这个变动流的"), (f"{index.feed}-99", "比变动流还新")):
        with pytest.raises(FeedError, match=sentence):
            lines_after(folder, cursor)


def test_a_damaged_feed_is_told(nights: Publisher, folder: Path) -> None:
    first, second = publish(nights, "2026-06-01", [A, B]), publish(nights, "2026-06-02", [B, C])
    carry_on(folder, first)
    index = read_index(folder)
    assert index is not None
    (folder / index.told).write_bytes(b"damaged")
    with pytest.raises(FeedError, match="已损坏"):
        carry_on(folder, second)
    (folder / "index.json").write_text("{")
    with pytest.raises(FeedError, match="读不懂"):
        carry_on(folder, second)

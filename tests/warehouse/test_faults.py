"""Kill -9, a full disk and a second writer: the publication before stays in force, and the next night runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.warehouse.test_publish import names, publish
from warehouse.lock import AnotherWriterError, Holder
from warehouse.publish import Publisher

ROOT = Path(__file__).parents[2]


def _command(publisher: Publisher, fate: str, figure: int = 0) -> list[str]:
    return [sys.executable, "-m", "tests.warehouse.writer", str(publisher.root), "2026-06-02", fate, str(figure)]


def _write(publisher: Publisher, fate: str, figure: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(publisher, fate, figure), cwd=ROOT, capture_output=True, text=True, check=False)


@contextmanager
def _holding(publisher: Publisher) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input closes."""
    other = subprocess.Popen(_command(publisher, "hold"), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other
    finally:
        other.communicate()


def _in_force(publisher: Publisher) -> tuple[str, list[str]]:
    current = publisher.current()
    assert current is not None
    return current.name, names(current.warehouse)


@pytest.mark.parametrize(("fate", "call"), [("load", 0), ("fsync", 3), ("fsync", 4)], ids=["loaded", "folder", "link"])
def test_killed_before_the_link_is_switched_the_old_night_stays(publisher: Publisher, fate: str, call: int) -> None:
    publish(publisher, "2026-06-01", "甲站")
    assert _write(publisher, fate, call).returncode == -signal.SIGKILL
    assert _in_force(publisher) == ("2026-06-01-1", ["甲站"])
    assert publisher.writer() is None, "a killed writer holds nothing"
    publish(publisher, "2026-06-02", "乙站")
    assert _in_force(publisher)[1] == ["乙站"]
    assert not (publisher.root / "staging").exists()


def test_killed_after_the_link_is_switched_the_new_night_is_whole(publisher: Publisher) -> None:
    publish(publisher, "2026-06-01", "甲站")
    assert _write(publisher, "fsync", 5).returncode == -signal.SIGKILL
    assert _in_force(publisher) == ("2026-06-02-2", ["被杀死的一夜"])


@pytest.mark.parametrize("room", [-1, 1_000_000], ids=["not even the copy", "not the night"])
def test_a_full_disk_leaves_the_old_night_and_says_so(publisher: Publisher, room: int) -> None:
    size = publish(publisher, "2026-06-01", "甲站").warehouse.stat().st_size
    starved = _write(publisher, "starve", size + room)
    assert (
        starved.stderr.strip()
        == "DiskFullError: 磁盘空间不足，2026-06-02 这一夜没有发布；上一次发布的内容仍然有效。请清理磁盘后重新运行这一夜。"
    )
    assert starved.returncode == 7
    assert _in_force(publisher) == ("2026-06-01-1", ["甲站"])
    assert not (publisher.root / "staging").exists()


def test_a_second_writer_is_refused_and_told_who_writes(publisher: Publisher) -> None:
    with _holding(publisher) as other:
        with pytest.raises(AnotherWriterError) as refused:
            publish(publisher, "2026-06-03")
        assert refused.value.holder == publisher.writer() == Holder("另一次夜间运行", "2026-06-02", other.pid, "2026-06-01T02:00:00+00:00")
        assert str(refused.value) == (
            f"仓库正由另一次夜间运行（2026-06-02 这一夜，进程 {other.pid}，自 2026-06-01T02:00:00+00:00 起）写入；本次没有做任何改动，请等它结束后再试。"
        )
        with pytest.raises(AnotherWriterError):
            publisher.rollback("值班员")
    assert publisher.writer() is None
    assert publish(publisher, "2026-06-03").name == "2026-06-03-2"


def test_a_writer_that_waits_gets_its_turn_on_what_the_other_published(publisher: Publisher) -> None:
    with _holding(publisher) as other:
        assert other.stdin is not None
        other.stdin.write("\n")
        other.stdin.flush()
        with publisher.begin("2026-06-03", "改判", wait=True) as draft:
            assert draft.name == "2026-06-03-2"
            current = publisher.current()
            assert current is not None
            assert current.name == "2026-06-02-1"


def test_asking_who_writes_turns_no_night_away(publisher: Publisher) -> None:
    assert publisher.writer() is None
    with publisher.begin("2026-06-01", "夜间运行"):
        assert publisher.writer() is not None
    assert publisher.writer() is None

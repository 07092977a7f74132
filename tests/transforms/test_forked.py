"""Work in processes beside this one: what comes back, what is raised, and that no process is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from transforms.forked import Aside, side_by_side, workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")


@pytest.fixture(autouse=True)
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    others = _children()  # servers of the session's other tests
    monkeypatch.setattr(f"{__name__}.children", lambda: _children() - others)


def _children() -> set[int]:
    return {int(child) for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}


def children() -> set[int]:
    """Processes that this test has started."""
    return _children()


def test_each_work_has_a_process_of_its_own_and_results_come_in_their_order() -> None:
    found = side_by_side([os.getpid, os.getpid, os.getpid])
    assert found[0] == os.getpid()
    assert len(set(found)) == 3
    assert not children()


def test_arrays_columns_and_frames_come_back_as_they_were_and_can_be_written_to() -> None:
    numbers, texts = np.arange(1000, dtype=np.int32), pa.array(["青阳路", None, ""], pa.large_string())
    frame = pd.DataFrame({"a": pd.Series(["青", None], dtype="str"), "b": [1.5, np.nan]})
    with Aside(lambda: {"numbers": numbers, "texts": texts.slice(1), "none": pa.nulls(3, pa.large_string()), "frame": frame}) as aside:
        found = aside.result()
    np.testing.assert_array_equal(found["numbers"], numbers)
    found["numbers"][0] = 7
    assert found["texts"].equals(texts.slice(1))
    assert found["none"].null_count == 3
    pd.testing.assert_frame_equal(found["frame"], frame)


def test_what_the_work_raises_is_raised_here_and_tells_where() -> None:
    def failing() -> None:
        raise ValueError("看不懂")

    with Aside(failing) as aside, pytest.raises(ValueError, match="看不懂") as raised:
        aside.result()
    assert "in failing" in "".join(raised.value.__notes__)


def test_a_worker_that_is_killed_ran_out_of_memory() -> None:
    with Aside(lambda: os.kill(os.getpid(), signal.SIGKILL)) as aside, pytest.raises(MemoryError):
        aside.result()


def test_a_worker_without_room_for_its_result_ran_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("transforms.forked._write", full)
    with Aside(lambda: 1) as aside, pytest.raises(MemoryError):
        aside.result()


def test_a_worker_that_ends_otherwise_gives_no_result() -> None:
    with Aside(lambda: os._exit(9)) as aside, pytest.raises(RuntimeError, match="9"):
        aside.result()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_when_this_process_gives_up_no_worker_is_left(error: type[BaseException]) -> None:
    def interrupted() -> None:
        with Aside(lambda: time.sleep(600)):
            assert len(children()) == 1
            raise error

    with pytest.raises(error):
        interrupted()
    assert not children()


def test_a_failure_of_the_first_work_ends_the_others() -> None:
    def failing() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        side_by_side([failing, lambda: time.sleep(600)])
    assert not children()


def test_a_worker_does_not_outlive_a_parent_that_is_killed() -> None:
    program = (
        "import os, time; os.sched_getaffinity = lambda _: {0, 1}\n"
        "from transforms.forked import Aside\n"
        "with Aside(lambda: (os.write(1, b'%d\\n' % os.getpid()), time.sleep(600))): time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()
        parent.kill()
        assert parent.stdout.read() == b"", "the pipe ends with its last writer, which sleeps"


@pytest.mark.parametrize("missing", ["processors", "processes"])
def test_without_another_processor_or_room_for_a_process_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def full() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    if missing == "processors":
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
        assert workers() == 1
    monkeypatch.setattr(os, "fork", full)
    assert side_by_side([os.getpid, os.getpid]) == [os.getpid()] * 2

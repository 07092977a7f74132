"""One source, one night: what is complete is reused, what is not is tried again, and only publication moves the checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.named import MissingSettingError
from sources.kit.raw import NotAsDeclaredError, Payload
from sources.kit.retrieval import Checkpoint, Outcome, Part, Retrieval
from sources.kit.source import Due
from tests.sources.fetching import SECRETS, Nightly


@dataclass
class Owner:
    """A fetch that hands out what it is told to, and remembers what it was asked with."""

    content: bytes = b"list"
    failure: Exception | None = None
    mode: str = "snapshot"
    watermark: str | None = None
    asked: list[Checkpoint] = field(default_factory=list)

    def __call__(self, call: FetchCall, /) -> Fetched:
        self.asked.append(call.checkpoint)
        part = call.keep(self.content, "list")
        if self.failure:
            raise self.failure
        since = call.checkpoint.watermark if self.mode == "delta" else None
        return Fetched((part,), "delta" if since else "snapshot", watermark=self.watermark, since=since)


@pytest.fixture
def nightly(tmp_path: Path) -> Nightly:
    return Nightly(tmp_path)


def test_a_complete_retrieval_is_reused(nightly: Nightly) -> None:
    owner = Owner()
    first = nightly.run(owner)
    owner.content = b"another list"
    assert nightly.run(owner) == first
    assert len(owner.asked) == 1
    assert nightly.run(owner, night="2026-06-02").parts != first.parts


def test_refetch_forces_a_new_one(nightly: Nightly) -> None:
    owner = Owner()
    first = nightly.run(owner)
    owner.content = b"another list"
    second = nightly.run(owner, refetch=True)
    assert nightly.contents(second) == [b"another list"]
    assert second.parts != first.parts
    assert nightly.run(owner) == second


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome.is_failure])
def test_a_failure_is_tried_again(nightly: Nightly, outcome: Outcome) -> None:
    owner = Owner(failure=FetchError(outcome, "出了问题；请处理"))
    failed = nightly.run(owner)
    assert (failed.outcome, failed.mode, failed.message) == (outcome, "none", "网点清单：出了问题；请处理")
    assert nightly.contents(failed) == [b"list"]  # what came before it failed is kept, for whoever looks into it
    owner.failure = None
    assert nightly.run(owner).outcome is Outcome.OK


def test_what_its_reader_cannot_read_is_a_failure_and_fetched_again_once_mended(nightly: Nightly) -> None:
    def refuse(payloads: Sequence[Payload]) -> None:
        raise NotAsDeclaredError(f"{payloads[0].label}：应为 CSV，收到的是网页；请检查地址")

    owner = Owner()
    failed = nightly.run(owner, reader=refuse)
    assert (failed.outcome, failed.mode) == (Outcome.NOT_DECLARED_FORMAT, "none")
    assert nightly.contents(failed) == [b"list"]
    assert nightly.run(owner).outcome is Outcome.OK


def test_a_refetch_that_fails_leaves_the_complete_one(nightly: Nightly) -> None:
    owner = Owner()
    first = nightly.run(owner)
    owner.failure = FetchError(Outcome.UNREACHABLE, "连不上；请检查")
    assert nightly.run(owner, refetch=True).outcome is Outcome.UNREACHABLE
    assert nightly.run(owner) == first


def test_equal_payloads_are_unchanged(nightly: Nightly) -> None:
    owner = Owner()
    first = nightly.run(owner)
    second = nightly.run(owner, first.checkpoint, "2026-06-02")
    assert (second.outcome, second.mode, second.parts) == (Outcome.UNCHANGED, "unchanged", first.parts)
    assert second.checkpoint == replace(first.checkpoint, night="2026-06-02")


def test_the_checkpoint_given_is_what_counts(nightly: Nightly) -> None:
    """The night of the first was rejected: the next asks from where the last publication left."""
    owner = Owner(mode="delta", watermark="2026-06-01")
    published = Checkpoint(night="2026-05-31", watermark="2026-05-31")
    nightly.run(owner, published, "2026-06-01")
    nightly.run(owner, published, "2026-06-02")
    assert owner.asked == [published, published]


@pytest.mark.parametrize(
    ("watermark", "times"),
    [("2026-05-31", 1), ("2026-06-01", 1), ("2026-05-30", 2), (None, 2)],
    ids=["the same", "published meanwhile", "rolled back", "never published"],
)
def test_changes_are_reused_only_where_they_leave_no_gap(nightly: Nightly, watermark: str | None, times: int) -> None:
    owner = Owner(mode="delta", watermark="2026-06-01")
    nightly.run(owner, Checkpoint(watermark="2026-05-31"))
    nightly.run(owner, Checkpoint(watermark=watermark))
    assert len(owner.asked) == times


def test_equal_changes_are_no_unchanged_list(nightly: Nightly) -> None:
    owner = Owner(mode="delta", watermark="2026-06-02")
    content = nightly.archive.put(b"list", "list")
    found = nightly.run(owner, Checkpoint(watermark="2026-06-01", parts=(content,)))
    assert (found.outcome, found.mode) == (Outcome.OK, "delta")


MONDAY, TUESDAY, NEXT_MONDAY = "2026-06-01", "2026-06-02", "2026-06-08"


@pytest.mark.parametrize(
    ("night", "last_good", "outcome"),
    [
        (MONDAY, None, Outcome.OK),
        (TUESDAY, MONDAY, Outcome.NOT_DUE),
        (TUESDAY, "2026-05-25", Outcome.OK),
        (TUESDAY, None, Outcome.OK),
        (NEXT_MONDAY, TUESDAY, Outcome.OK),
    ],
    ids=["its day", "the day after", "its day was missed", "never fetched", "the next day of its own"],
)
def test_due_by_the_night_and_the_last_good_one(nightly: Nightly, night: str, last_good: str | None, outcome: Outcome) -> None:
    owner = Owner()
    found = nightly.run(owner, Checkpoint(night=last_good), night, due=Due.weekly("Mon"))
    assert found.outcome is outcome
    assert len(owner.asked) == (outcome is Outcome.OK)
    assert nightly.archive.recall(night, "halls") == found


def test_not_due_is_no_failure_and_names_itself(nightly: Nightly) -> None:
    found = nightly.run(Owner(), Checkpoint(night=MONDAY), TUESDAY, due=Due.weekly("Mon"))
    assert not found.outcome.is_failure
    assert not found.outcome.is_usable
    assert found.message == "网点清单：今晚不发布，沿用上次的名单"
    assert nightly.run(Owner(), Checkpoint(night=MONDAY), TUESDAY, due=Due.weekly("Mon"), refetch=True).outcome is Outcome.OK


def test_a_rerun_of_its_day_reuses_although_it_is_no_longer_due(nightly: Nightly) -> None:
    owner = Owner()
    first = nightly.run(owner, None, MONDAY, due=Due.weekly("Mon"))
    assert nightly.run(owner, first.checkpoint, MONDAY, due=Due.weekly("Mon")) == first


@pytest.mark.parametrize(
    "failure",
    [FetchError(Outcome.OWNER_ERROR, f"对方说 {SECRETS['KEY']}；请联系"), MissingSettingError("YIZHAN_URL")],
    ids=["a secret in the sentence", "a missing setting"],
)
def test_what_is_told_holds_no_secret(nightly: Nightly, failure: Exception) -> None:
    def fetch(call: FetchCall, /) -> Fetched:
        call.secret("KEY")
        raise failure

    found = nightly.run(fetch)
    assert found.outcome.is_failure
    assert SECRETS["KEY"] not in "".join(path.read_text("utf-8") for path in nightly.root.rglob("*.json"))


def test_a_fault_of_ours_is_raised(nightly: Nightly) -> None:
    with pytest.raises(ZeroDivisionError):
        nightly.run(Owner(failure=ZeroDivisionError()))
    assert nightly.archive.recall("2026-06-01", "halls") is None


def test_records_and_checkpoints_read_back() -> None:
    checkpoint = Checkpoint("2026-06-01", '"v1"', "Mon, 01 Jun 2026 00:00:00 GMT", None, (Part("第 1 页", "ab" * 32, 7),))
    assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint
    record = Retrieval("halls", "2026-06-01", Outcome.PARTIAL, parts=checkpoint.parts, tries=2, message="不完整")
    assert Retrieval.from_json(record.to_json()) == record
    assert "不完整" in record.to_json()


def test_every_outcome_has_a_word() -> None:
    assert len({outcome.word for outcome in Outcome}) == len(Outcome)

"""Past nights run again with the rules of the working tree, in a home of their own, beside what was published of them. Nothing of the real home is written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from sqlalchemy import Connection, Engine

from desk.rehearsed import Beside, Rehearsal, Skipped, beside, read_side
from flows.gather import Received
from flows.house import House, of_another_city, open_house
from flows.models import read_model
from flows.night import Order, Stage, begin, conclude, receive_all, write
from flows.operators import OPERATORS, operators_source
from flows.recorded import PastNight, Records, gone, past_nights, records_of
from flows.run import RefusedError
from flows.settings import Settings, now, prepare_process
from sources.kit.archive import Archive, ArchiveLayer
from sources.kit.retrieval import Outcome
from transforms.dedupe import ModelError
from warehouse.disk import DiskFullError, room_on_disk
from warehouse.engine import open_warehouse
from warehouse.journal import JournalError, journal_as_of, read_journal
from warehouse.migrate import NewerWarehouseError, migrate
from warehouse.state import station_ids
from warehouse.views import drop_views

#: Nights rehearsed when nobody says how many.
NIGHTS = 14

#: With which decisions: those that each night was made with, or all that stand now.
AsDecided: TypeAlias = Literal["then", "now"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What to rehearse: how many of the last nights (None: NIGHTS, or all where there are fewer), with which model file (None: the one in force) and decisions."""

    nights: int | None = None
    model: Path | None = None
    decisions: AsDecided = "then"


@dataclass(frozen=True)
class RehearsalHouse(House):
    """A house whose home is thrown away afterwards; its archive lies over the real one (`below`), of which it knows what the warehouse has recorded."""

    below: Path = Path()
    records: Records = field(default_factory=dict)

    @cached_property
    def archive(self) -> Archive:
        """What is put stays in this home; the archive below is only read."""
        return ArchiveLayer(self.settings.home / "archive", self.below, self.records)


def rehearse(settings: Settings, asked: Asked, told: Callable[[str], None]) -> Rehearsal:
    """Run the nights and compare each. `told` hears which night begins. Raises RefusedError and SettingError, each one Chinese sentence."""
    if asked.model:
        read_model(asked.model)
        settings = settings.model_copy(update={"model": asked.model})
    real = open_house(settings)
    publication = real.publisher.current()
    if publication is None:
        raise RefusedError("还没有发布过，没有可以排演的夜；请先运行 make nightly 或 yizhan nightly")
    if sentence := of_another_city(real):
        raise RefusedError(sentence)
    with tempfile.TemporaryDirectory(prefix="yizhan-rehearsal-") as folder:
        home = Path(folder)
        prepare_process(settings.model_copy(update={"home": home}))
        try:
            with (
                room_on_disk("排演"),
                _copied(publication.warehouse, home / "published.duckdb") as published,
                published.connect() as connection,
            ):
                return _rehearsed(real, home, asked, connection, publication.name, told)
        except DiskFullError as full:
            raise RefusedError(f"临时目录 {home.parent} 空间不足，没有排演完；请清理，或用 TMPDIR 另指一个目录") from full
        except (NewerWarehouseError, JournalError, ModelError) as wrong:  # a model that was in force on a night may be gone by now
            raise RefusedError(str(wrong)) from wrong


def _rehearsed(real: House, home: Path, asked: Asked, published: Connection, name: str, told: Callable[[str], None]) -> Rehearsal:
    past = past_nights(published)
    chosen = _chosen(past, asked.nights)
    archive = real.settings.home / "archive"
    records = records_of(published, archive, chosen[0].night)
    if (models := real.model_path("").parent).is_dir():
        (home / "models").symlink_to(models.resolve())
    house = RehearsalHouse(real.settings.model_copy(update={"home": home}), real.city, real.sources, below=archive, records=records)
    rehearsing = _Rehearsing(house, real.journal, published, asked.decisions)
    nights: list[Beside] = []
    skipped: list[Skipped] = []
    sound: set[str] = set()
    for runs in _runs_of(chosen, lambda night: gone(house, house.archive, records, night, sound), skipped):
        # after a night that cannot be run, what was published of it is where the next one starts
        with _copied(home / "published.duckdb", home / f"{runs[0].night}.duckdb") as engine, engine.connect() as draft:
            for each in runs:
                told(each.night)
                nights.append(rehearsing.night(draft, each))
    if not nights:
        raise RefusedError(f"这 {len(chosen)} 夜都排演不了：{skipped[0].night} {'；'.join(skipped[0].why)}")
    return Rehearsal(
        city=real.city.name,
        publication=name,
        titles={**real.titles, OPERATORS: operators_source(real.city.name).title},
        model=asked.model,
        decisions=asked.decisions,
        start=next((each.night for each in reversed(past) if each.night < chosen[0].night and each.state != "rejected"), None),
        nights=tuple(nights),
        skipped=tuple(skipped),
    )


def _chosen(past: Sequence[PastNight], nights: int | None) -> Sequence[PastNight]:
    """The last `nights`, or all where there are not so many: a young city's CI rehearses what there is. Raises RefusedError where there is none."""
    if not past:
        raise RefusedError("仓库里还没有一夜，没有可以排演的；请先运行 yizhan nightly")
    count = NIGHTS if nights is None else nights
    if count < 1:
        raise RefusedError(f"--nights {count}：至少要排演 1 夜；可以排演的有 {len(past)} 夜（{past[0].night} 至 {past[-1].night}）")
    return past[-count:]


def _runs_of(chosen: Sequence[PastNight], why_not: Callable[[str], list[str]], skipped: list[Skipped]) -> list[list[PastNight]]:
    """The nights in spans without one that cannot be run; those go to `skipped`."""
    spans: list[list[PastNight]] = [[]]
    for each in chosen:
        if why := why_not(each.night):
            skipped.append(Skipped(each.night, tuple(why)))
            spans.append([])
        else:
            spans[-1].append(each)
    return [span for span in spans if span]


@contextmanager
def _copied(source: Path, to: Path) -> Iterator[Engine]:
    """A copy of a warehouse, with the tables of this version; a published one is never written."""
    shutil.copyfile(source, to)
    engine = open_warehouse(to)
    try:
        with engine.begin() as connection:
            drop_views(connection)
            migrate(connection)
        yield engine
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class _Rehearsing:
    """What every night of a rehearsal needs. `published`: a connection to the copy of what is in force."""

    house: RehearsalHouse
    journal: Path
    published: Connection
    decisions: AsDecided

    def night(self, draft: Connection, past: PastNight) -> Beside:
        """Run the night in the draft, which stands as of the night before or later, and compare it."""
        started_at = past.started_at.replace(tzinfo=UTC) if past.started_at and self.decisions == "then" else now()
        self.house.journal.write_bytes(journal_as_of(self.journal, started_at))
        house = replace(self.house)  # the model in force is read from the journal once a house
        order = Order(past.night, f"rehearsal/{past.night}", now(), fetch=False)
        published_ids = station_ids(self.published, past.night)
        stage = begin(draft, house, order, past.night, read_journal(house.journal), "rehearsal", published_ids)
        stage = replace(stage, past_churn=past.state != "rejected")
        received = receive_all(stage)
        concluded = conclude(stage, received)
        write(draft, past.night, concluded)
        draft.commit()
        return replace(
            beside(read_side(self.published, past.night), read_side(draft, past.night), past.night),
            reason=concluded.ended.reason if concluded.ended.state == "rejected" else None,
            churned=concluded.churned,
            is_other_rules=stage.house.fingerprint(past.night, past.model) != past.rules,
            is_other_model=stage.house.model.fingerprint != past.model,
            notes=tuple(self._notes(stage, received, past.night)),
        )

    def _notes(self, stage: Stage, received: Sequence[Received], night: str) -> list[str]:
        """What a reader must know of lists that could not be rehearsed as they were."""
        records = {source: record for (of, source), record in self.house.records.items() if of == night}
        titles = stage.house.titles
        return [
            *(f"{titles[key]}：归档里没有这份名单（新来源），没有参加排演" for key in titles if key not in records and key != OPERATORS),
            *(f"{key}：发布时有这份名单，工作目录里没有这个来源" for key in records if key not in titles),
            *(
                f"{titles[each.source]}：{each.retrieval.message}"
                for each in received
                if each.retrieval.outcome is Outcome.NOT_ASKED
                and (record := records.get(each.source)) is not None
                and record.outcome.is_usable
            ),
        ]

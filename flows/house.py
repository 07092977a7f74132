"""The house: everything that a night works with, put together from the settings once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from importlib.metadata import distributions
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from flows.erasures import Erasures
from flows.outbox import Outbox
from flows.settings import ROOT, SettingError, Settings, now
from sources.kit.archive import Archive
from sources.kit.named import Named
from sources.kit.network import Network
from sources.kit.registry import RegistryError, discover
from sources.kit.source import Accepted, Source
from transforms.dedupe import Model, ModelError, load_model
from transforms.records import City, load_city
from transforms.records.city import CityError
from warehouse.engine import open_warehouse
from warehouse.journal import JournalError, read_journal
from warehouse.publish import Publisher

#: What a derived row depends on, folders and modules: when any of it changes, the next night recomputes every row.
_RULES = (
    *("sources", "transforms", "expectations", "warehouse"),
    *(f"flows/{name}.py" for name in ("gather", "known", "operators", "register", "row_decisions")),
)
_SUFFIXES = (".py", ".csv", ".json", ".sql", ".toml", ".geojson")


@dataclass(frozen=True)
class House:
    """One installation: a city, its sources, and where its state lives."""

    settings: Settings
    city: City
    sources: Mapping[str, Source]
    #: Source key → the drift of its feed that people accepted.
    drift: Mapping[str, Accepted] = field(default_factory=dict)

    @cached_property
    def model(self) -> Model:
        """The dedupe model in force: the setting's, else the one that was accepted last, else that which ships. Raises ModelError, JournalError."""
        return load_model(self.settings.model) if self.settings.model else self.accepted(read_journal(self.journal).model)

    def accepted(self, fingerprint: str | None) -> Model:
        """The model that was accepted under this fingerprint, that which ships when none was. Raises ModelError when its file is not there as it was."""
        if fingerprint is None:
            return load_model()
        path = self.model_path(fingerprint)
        undo = "用 yizhan undo 撤销接受它的决定（编号见 yizhan decisions list），即换回此前的模型"
        if not path.is_file():
            raise ModelError(f"已接受的去重模型 {path} 不在：请从备份放回，或{undo}")
        try:
            model = load_model(path)
        except ModelError as wrong:  # damaged, or of an earlier version of the program
            raise ModelError(f"已接受的模型用不了。{wrong}；或{undo}") from wrong
        if model.fingerprint != fingerprint:
            raise ModelError(f"去重模型 {path} 不是接受时的那一个：请从备份放回，或{undo}")
        return model

    def model_path(self, fingerprint: str) -> Path:
        """Where an accepted or newly trained model is kept."""
        return self.settings.home / "models" / f"{fingerprint}.json"

    @cached_property
    def archive(self) -> Archive:
        """Payloads and retrieval records."""
        return Archive(self.settings.home / "archive")

    @cached_property
    def erased(self) -> Erasures:
        """What was erased on request, and is to stay out."""
        return Erasures(self.settings.home / "erased.json")

    @cached_property
    def named(self) -> Named:
        """Addresses and secrets of the sources."""
        return Named(self.settings.variables)

    @cached_property
    def network(self) -> Network:
        """How sources are reached."""
        settings = self.settings
        return Network(ca_bundle=settings.ca_bundle, proxy=settings.proxy, sftp_known_hosts=settings.sftp_host_key)

    @cached_property
    def publisher(self) -> Publisher:
        """The warehouse's publications and the writer's lock."""
        return Publisher(self.settings.home, keep=self.settings.keep_publications, clock=now)

    @property
    def outbox(self) -> Outbox:
        """What waits to be told to people outside, and the way to tell it."""
        return Outbox(self.settings.home, self.settings.notify or "", clock=now)

    @cached_property
    def owners(self) -> Mapping[str, Outbox]:
        """Source key → the outbox of its owner, of those to whom receipts are sent."""
        addresses = {key: self.named.values.get(source.receipt_to or "", "").strip() for key, source in self.sources.items()}
        return {key: Outbox(self.settings.home / "owners" / key, told, clock=now) for key, told in addresses.items() if told}

    @property
    def untold(self) -> list[str]:
        """What waits to be sent, a sentence (Chinese) each."""
        return [*self.outbox.told(), *(f"{self.titles[key]}：{told}" for key, box in self.owners.items() for told in box.told())]

    def moment(self) -> datetime:
        """Now, in the city's time zone: what people are shown and decisions are dated by."""
        return now().astimezone(ZoneInfo(self.city.timezone))

    @property
    def journal(self) -> Path:
        """The journal of decisions."""
        return self.settings.home / "decisions.jsonl"

    @property
    def found(self) -> Path:
        """What the last night found of pairs and clusters, from which the next may go on; made again where it is missing."""
        return self.settings.home / "found.bin"

    @property
    def mapped(self) -> dict[str, frozenset[str]]:
        """Source key → the row fields that it gives."""
        return {key: frozenset({*source.columns.values(), *source.constants}) for key, source in self.sources.items()}

    @property
    def distinct(self) -> frozenset[str]:
        """Sources of which each line is a station of its own."""
        return frozenset(key for key, source in self.sources.items() if source.distinct)

    @property
    def titles(self) -> dict[str, str]:
        """Source key → Chinese title."""
        return {key: source.title for key, source in self.sources.items()}

    @cached_property
    def _rules(self) -> hashlib._Hash:
        """SHA-256 over the rules and the city's folder, to go on from."""
        digest = hashlib.sha256()
        for rules in (*(ROOT / name for name in _RULES), self.city.folder):
            files = [rules] if rules.is_file() else sorted(each for each in rules.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
            for path in files:
                digest.update(path.relative_to(rules.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest

    def fingerprint(self, night: str, model: str | None = None) -> str:
        """What every derived row of `night` depends on besides the lists: the rules, the model (that in force, or one of the fingerprint `model`), the installed
        packages, and how many dated division changes are in force."""
        digest = self._rules.copy()
        digest.update((model or self.model.fingerprint).encode())
        digest.update(_packages())
        in_force = sum(year <= int(night[:4]) for year, _, _ in self.city.changes)
        datums = sorted((key, str(source.datum)) for key, source in self.sources.items())  # a person may have put another in force
        return hashlib.sha256(f"{digest.hexdigest()} {in_force} {datums}".encode()).hexdigest()


@cache
def _packages() -> bytes:
    """Names and versions of the packages installed. Reading them all takes longer than every rule together, and a process keeps its own."""
    return "\n".join(sorted({f"{package.name}=={package.version}" for package in distributions()})).encode()


def open_house(settings: Settings, *, with_model: bool = True) -> House:
    """The house of these settings; SettingError names what is wrong with the city's folder, a source in it or (`with_model`) the dedupe model."""
    try:
        city = load_city(settings.city_folder)
        sources = discover(settings.city_folder)
        house = House(settings, city, sources)
        with suppress(JournalError):  # told by the night itself, which reads the journal first
            _ = house.model if with_model else None  # a model that cannot be read is told now, not in the middle of a night
    except (CityError, RegistryError, ModelError) as wrong:
        raise SettingError(str(wrong)) from wrong
    if not sources:
        raise SettingError(f"{settings.city_folder}：没有一个来源；每个来源是目录里的一个 .py 文件")
    return house


def of_another_city(house: House) -> str | None:
    """The sentence that refuses a home whose register is another city's; None when it is this city's, or there is none yet."""
    publication = house.publisher.current()
    if publication is None:
        return None
    engine = open_warehouse(publication.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            codes = set(connection.execute(text("select distinct parent_code from division where level = 3")).scalars())
    finally:
        engine.dispose()
    if not codes or house.city.code in codes:
        return None
    told = "、".join(sorted(codes))
    return f"{house.settings.home} 里是另一座城市（区划代码 {told}）的名册，本次的城市是{house.city.name}（{house.city.code}）；请用 YIZHAN_HOME 另指一个目录"

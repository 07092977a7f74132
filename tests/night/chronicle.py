"""Nights of the town run once for all tests: each test starts a household of its own after one of them, with no owner to reach."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from flows.house import House
from flows.settings import now
from sources.kit.archive import Archive
from tests.night.town import Household, Town, iso
from warehouse.publish import Publisher

#: Addresses at which nobody answers: whatever a night still needs must come from the archive.
NOWHERE: Final = "http://127.0.0.1:9/"
_SILENT: Final = {
    "YIZHAN_UNION_URL": NOWHERE,
    "YIZHAN_ICBC_URL": NOWHERE,
    "YIZHAN_MOBILE_URL": NOWHERE,
    "YIZHAN_MOBILE_TOKEN_URL": NOWHERE,
    "YIZHAN_CIVILIZATION_URL": NOWHERE,
    "YIZHAN_TOWER_URL": "postgresql://reader:x@127.0.0.1:9/tower",
    "YIZHAN_RURAL_PATH": "/nowhere/outbox",
}

#: What each owner turns a stranger away for → the setting that is wrong. At once, without the patience that a silent one is shown.
_REFUSED: Final = {
    "bank_icbc": {"YIZHAN_ICBC_SECRET": "x"},
    "bank_rural": {"YIZHAN_RURAL_PATH": "/nowhere/outbox"},
    "civilization": {"YIZHAN_CIVILIZATION_URL": "{YIZHAN_CIVILIZATION_URL}/moved"},
    "telecom_mobile": {"YIZHAN_MOBILE_CLIENT_SECRET": "x"},
    "telecom_tower": {"YIZHAN_TOWER_URL": "postgresql://reader:x@127.0.0.1:9/tower"},
    "union": {"YIZHAN_UNION_KEY": "x"},
}
SOURCES: Final = tuple(_REFUSED)


def refusing(env: Mapping[str, str], sources: Iterable[str]) -> dict[str, str]:
    """The settings with which these sources give nothing."""
    wrong = {name: value for key in sources for name, value in _REFUSED[key].items()}
    return {**env, **{name: value.format_map(env) for name, value in wrong.items()}}


class Chronicle:
    """The town's nights as one undisturbed household lived them, each kept as it was published, with the archive of all.

    `rows_sent`: night → source → rows that its whole list has.
    """

    def __init__(self, root: Path, town: Town, nights: tuple[int, ...], arranged: Callable[[House], House] = lambda house: house) -> None:
        self.nights, self._root, self._town = nights, root, town
        lived = Household(root / "lived", town.env)
        self.rows_sent: dict[int, dict[str, int]] = {}
        for night in nights:
            self.rows_sent[night] = town.move(night)
            lived.run(iso(night), house=arranged(lived.house))
            keep(lived, root / f"after-{night}")
        self._archive = Archive(lived.home / "archive")

    @property
    def silent(self) -> Mapping[str, str]:
        """Settings of a household whose owners have all gone silent."""
        return {**self._town.env, **_SILENT}

    def payload(self, sha256: str) -> bytes:
        """A payload that an owner sent."""
        return self._archive.read(sha256)

    def as_published(self, night: int) -> Household:
        """The household as the night left it; to be looked at, not to be run."""
        return Household(self._root / f"after-{night}", self.silent)

    def household(self, home: Path, after: int | None = None, env: Mapping[str, str] | None = None) -> Household:
        """A household at `home` for which `after` was the last night (None: it had none), and whose archive holds every night's retrievals."""
        if after is not None:
            shutil.copytree(self._root / f"after-{after}", home, symlinks=True)
        shutil.copytree(self._archive.root, home / "archive")
        return Household(home, env or self.silent)


def keep(household: Household, folder: Path) -> None:
    """Put the publication in force aside as the only one of a home at `folder`, and what was found with it."""
    current = Publisher(household.home, clock=now).current()
    assert current is not None
    shutil.copytree(current.folder, folder / "published" / current.name)
    (folder / "current").symlink_to(Path("published") / current.name)
    shutil.copy(household.house.found, folder)

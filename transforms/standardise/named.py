"""Names, hosts, kinds, plaques and batches of a source's rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from transforms.standardise import batch as batches
from transforms.standardise import words
from transforms.standardise.bulk_name import bulk_name
from transforms.standardise.cells import Cells, among, everywhere, kept, nothing, present, side_by_side
from transforms.standardise.columns import Columns
from transforms.standardise.kind import WEAK, host_group, kind_of
from transforms.standardise.name import Name, name
from transforms.standardise.organisation import organisation
from transforms.standardise.places import Places
from transforms.standardise.plaque import plaques
from transforms.standardise.spread import Spread, first, joined, spread, union
from transforms.standardise.text import text

#: Ranks of civilization practice, as an owner writes them in a column of their own.
_LEVELS = {"中心": "civ_centre", "所": "civ_institute", "站": "civ_station", "点": "civ_point", "基地": "civ_point"}

_ROOMS = frozenset({"civ_centre", "civ_institute", "civ_station"})

#: A private host makes the place its own kind, whatever plaque the owner of the list hangs there.
_HOST_KINDS = {"bank": "bank_outlet", "telecom": "telecom_hall"}


_PRIVATE: Final = ("bank", "telecom", "merchant")


@dataclass(frozen=True, slots=True)
class _Host:
    """A host's cleaned name, its organisation and its group."""

    name: str
    organisation: str | None
    group: str | None


def read_names(columns: Columns, places: Places) -> Spread[Name]:
    """Fill name, core, organisation, host, kind, plaques and batch; give back the readings of the name column."""
    written, brand = columns.written("name"), columns.layout.brand
    names = columns.read("name", partial(name, places=places, brand=brand), partial(bulk_name, places=places, brand=brand))
    columns.flag("name_contains_address", present(names.texts("address")), written)
    columns.flag("name_contains_phone", present(names.texts("phones")), written)
    hosts = columns.read("host", partial(_host, places=places))
    by_name, by_host = names.texts("group", lambda found: host_group(found.text)), hosts.texts("group")
    groups = first(_private(by_name), _private(by_host), by_name, by_host)
    columns.listing["name"] = names.texts("text")
    columns.listing["name_core"] = names.texts("core")
    columns.listing["organisation"] = first(names.texts("organisation"), hosts.texts("organisation"))
    columns.listing["host"] = hosts.texts("name")
    columns.listing["kind"] = _kinds(columns, names, spread(groups, _HOST_KINDS.get).texts())
    columns.listing["plaques"] = _plaques(columns, names)
    _batch(columns, groups)
    return names


def _private(groups: Cells) -> Cells:
    """Groups of private hosts; the others out."""
    return kept(groups, among(groups, _PRIVATE))


def _host(written: str, places: Places) -> _Host | None:
    clean = text(written)
    if clean is None:
        return None
    clean = places.variants.fold(clean)
    return _Host(clean, organisation(clean, places).organisation, host_group(clean))


def _kinds(columns: Columns, names: Spread[Name], by_host: Cells) -> Cells:
    """The kind: the first that says what the place is, of the owner's word, the name and the host; else of what the owner says is done there."""
    own = everywhere(columns.layout.kind, len(columns))
    stated = columns.read("kind", _stated).texts()
    named = names.texts("kind")
    ranked = columns.read("level", _ranked).texts() if columns.layout.kind.startswith("civ_") else nothing(len(columns))
    return first(_strong(stated), _strong(named), by_host, ranked, _offices(named), stated, named, own)


def _strong(column: Cells) -> Cells:
    """Kinds that name a place; the weak ones out."""
    return kept(column, ~among(column, WEAK))


def _offices(column: Cells) -> Cells:
    """Ranks of civilization practice that have rooms of their own: on the union's list too, such a name tells more than the list."""
    return kept(column, among(column, _ROOMS))


def _ranked(written: str) -> str | None:
    clean = text(written)
    return next((code for rank, code in _LEVELS.items() if clean.endswith(rank)), None) if clean else None


def _stated(written: str) -> str | None:
    clean = text(written)
    if clean in words.hosts("kinds"):  # a list that was made from ours gives our codes
        return clean
    return kind_of(clean) if clean else None


def _plaques(columns: Columns, names: Spread[Name]) -> Cells:
    """Plaques of the cell and the name together; an owner without such a column hangs its own everywhere."""
    own = columns.layout.plaques
    cell = columns.read("plaque", partial(plaques, own=own))
    shown = everywhere(joined(tuple(sorted(own))), len(columns)) if columns.is_empty("plaque") else cell.texts()
    return union([shown, names.texts("plaques")])


def _batch(columns: Columns, groups: Cells) -> None:
    """The batch that the owner states, else by the kind of place, else the source's hint; a statement that cannot be true is an issue."""
    stated = columns.read("batch", batches.batch).texts()
    by_kind = words.hosts("kinds")
    host = spread(_beside(groups, columns.listing["kind"]), lambda pair: _group(pair, by_kind)).texts()
    ruled = spread(host, batches.by_host).texts()
    hinted = everywhere(columns.layout.batch_hint, len(columns))
    columns.listing["batch"] = first(stated, ruled, hinted)
    bases = (("owner", stated), ("rule", ruled), ("hint", hinted))
    columns.listing["batch_basis"] = first(*(kept(everywhere(name, len(columns)), present(found)) for name, found in bases))
    if not columns.is_empty("batch"):
        wrong = spread(_beside(stated, host), lambda pair: batches.contradicts(*pair.split("|"))).where()
        columns.flag("batch_contradicts_owner", wrong, columns.written("batch"))


def _beside(left: Cells, right: Cells) -> Cells:
    """Two codes a row in one text, "" for what is absent."""
    return side_by_side(left.fill_null(""), right.fill_null(""), between="|")


def _group(pair: str, by_kind: dict[str, str]) -> str | None:
    """A private group wins over a public one: a bank that shows a union's plaque stays a bank."""
    group, kind = pair.split("|")
    ranked = [found for found in (by_kind.get(kind), group) if found]
    return next((found for found in ranked if found not in {"union", "public"}), None) or next(
        (found for found in ranked if found != "union"), None
    )

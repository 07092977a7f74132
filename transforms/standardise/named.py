"""Names, hosts, kinds, plaques and batches of a source's rows."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.standardise import batch as batches
from transforms.standardise import words
from transforms.standardise.columns import Columns, joined
from transforms.standardise.kind import WEAK, host_group, kind_of
from transforms.standardise.name import Name, name
from transforms.standardise.organisation import organisation
from transforms.standardise.places import Places
from transforms.standardise.plaque import plaques
from transforms.standardise.spread import Spread, objects, spread
from transforms.standardise.text import text

#: Ranks of civilization practice, as an owner writes them in a column of their own.
_LEVELS = {"中心": "civ_centre", "所": "civ_institute", "站": "civ_station", "点": "civ_point", "基地": "civ_point"}

_ROOMS = frozenset({"civ_centre", "civ_institute", "civ_station"})

#: A private host makes the place its own kind, whatever plaque the owner of the list hangs there.
_HOST_KINDS = {"bank": "bank_outlet", "telecom": "telecom_hall"}


def read_names(columns: Columns, places: Places) -> Spread[Name]:
    """Fill name, core, organisation, host, kind, plaques and batch; give back the readings of the name column."""
    written = columns.written("name").to_numpy(dtype=object)
    names = columns.read("name", partial(name, places=places, brand=columns.layout.brand))
    columns.flag("name_contains_address", names.where(lambda found: found.address is not None), written)
    columns.flag("name_contains_phone", names.where(lambda found: found.phones is not None), written)
    hosts = columns.read("host", partial(_host, places=places))
    by_name, by_host = names.column(lambda found: host_group(found.text)), hosts.column(lambda found: found[2])
    groups = first(_private(by_name), _private(by_host), by_name, by_host)
    columns.listing["name"] = names.column(lambda found: found.text)
    columns.listing["name_core"] = names.column(lambda found: found.core)
    columns.listing["organisation"] = first(names.column(lambda found: found.organisation), hosts.column(lambda found: found[1]))
    columns.listing["host"] = hosts.column(lambda found: found[0])
    columns.listing["kind"] = _kinds(columns, names, objects(_HOST_KINDS.get(group or "") for group in groups))
    columns.listing["plaques"] = _plaques(columns, names)
    _batch(columns, groups)
    return names


def first(*columns: NDArray[np.object_]) -> NDArray[np.object_]:
    """Row by row the first value that is not None."""
    found = columns[0].copy()
    for column in columns[1:]:
        empty = found == np.array(None)
        found[empty] = column[empty]
    return found


def _private(groups: NDArray[np.object_]) -> NDArray[np.object_]:
    """Groups of private hosts; the others out."""
    return objects(group if group in {"bank", "telecom", "merchant"} else None for group in groups)


def _host(written: str, places: Places) -> tuple[str, str | None, str | None] | None:
    """A host's cleaned name, its organisation and its group."""
    clean = text(written)
    if clean is None:
        return None
    clean = places.variants.fold(clean)
    return clean, organisation(clean, places).organisation, host_group(clean)


def _kinds(columns: Columns, names: Spread[Name], by_host: NDArray[np.object_]) -> NDArray[np.object_]:
    """The kind: the first that says what the place is, of the owner's word, the name and the host; else of what the owner says is done there."""
    own = np.full(len(columns.rows), columns.layout.kind, dtype=object)
    stated = columns.read("kind", _stated).column(str)
    named = names.column(lambda found: found.kind)
    ranked = columns.read("level", _ranked).column(str) if columns.layout.kind.startswith("civ_") else np.full(len(own), None, dtype=object)
    return first(_strong(stated), _strong(named), by_host, ranked, _offices(named), stated, named, own)


def _strong(column: NDArray[np.object_]) -> NDArray[np.object_]:
    """Kinds that name a place; the weak ones out."""
    return objects(None if code in WEAK else code for code in column)


def _offices(column: NDArray[np.object_]) -> NDArray[np.object_]:
    """Ranks of civilization practice that have rooms of their own: on the union's list too, such a name tells more than the list."""
    return objects(code if code in _ROOMS else None for code in column)


def _ranked(written: str) -> str | None:
    clean = text(written)
    return next((code for rank, code in _LEVELS.items() if clean.endswith(rank)), None) if clean else None


def _stated(written: str) -> str | None:
    clean = text(written)
    if clean in words.hosts("kinds"):  # a list that was made from ours gives our codes
        return clean
    return kind_of(clean) if clean else None


def _plaques(columns: Columns, names: Spread[Name]) -> NDArray[np.object_]:
    """Plaques of the cell and the name together; an owner without such a column hangs its own everywhere."""
    own = columns.layout.plaques
    cell = columns.read("plaque", partial(plaques, own=own))
    shown = (
        cell.column(lambda found: found)
        if columns.written("plaque").notna().any()
        else np.full(len(columns.rows), ";".join(own), dtype=object)
    )
    read = names.column(lambda found: found.plaques)
    pairs = [(_codes(left), _codes(right)) for left, right in zip(shown, read, strict=True)]
    return objects(joined(tuple(sorted({*left, *right}))) for left, right in pairs)


def _codes(plaque: Any) -> tuple[str, ...]:
    if plaque is None:
        return ()
    return tuple(plaque.split(";")) if isinstance(plaque, str) and plaque else tuple(plaque or ())


def _batch(columns: Columns, groups: NDArray[np.object_]) -> None:
    """The batch that the owner states, else by the kind of place, else the source's hint; a statement that cannot be true is an issue."""
    stated = columns.read("batch", batches.batch).column(str)
    kinds = columns.listing["kind"]
    by_kind = words.hosts("kinds")
    pairs = pd.Series([f"{group or ''}|{kind or ''}" for group, kind in zip(groups, kinds, strict=True)], dtype="str")
    host = spread(pairs, lambda pair: _group(pair, by_kind)).column(str)
    ruled = spread(pd.Series(host, dtype="str"), batches.by_host).column(str)
    hinted = np.full(len(columns.rows), columns.layout.batch_hint, dtype=object)
    columns.listing["batch"] = first(stated, ruled, hinted)
    bases = (("owner", stated), ("rule", ruled), ("hint", hinted))
    columns.listing["batch_basis"] = first(*(objects(name if batch else None for batch in found) for name, found in bases))
    both = pd.Series([f"{batch or ''}|{group or ''}" for batch, group in zip(stated, host, strict=True)], dtype="str")
    wrong = spread(both, lambda pair: batches.contradicts(*pair.split("|"))).where(bool)
    columns.flag("batch_contradicts_owner", wrong, columns.written("batch").to_numpy(dtype=object))


def _group(pair: str, by_kind: dict[str, str]) -> str | None:
    """A private group wins over a public one: a bank that shows a union's plaque stays a bank."""
    group, kind = pair.split("|")
    ranked = [found for found in (by_kind.get(kind), group) if found]
    return next((found for found in ranked if found not in {"union", "public"}), None) or next(
        (found for found in ranked if found != "union"), None
    )

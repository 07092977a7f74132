"""Layout: how one owner writes its list. Sources build it; standardise reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Datum: TypeAlias = Literal["WGS-84", "GCJ-02", "BD-09", "CGCS2000"]
Batch: TypeAlias = Literal["renovated", "new_build", "co_branded", "none"]


@dataclass(frozen=True, slots=True)
class Layout:
    """What standardise must know of a source.

    `kind` is the kind of place this owner lists unless a row says otherwise (a code of vocabulary/kinds.csv).
    `datum` is the datum of its positions (None: it gives none). `batch_hint` is the batch of its rows where the owner states none.
    `divisions_on` is the ISO date of the vintage of its division codes (None: today's). `brand` is the owner's own brand as
    met in names (中国工商银行 …), taken off before the core name is read. `required` are fields without which a row is no listing.
    """

    source: str
    kind: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    datum: Datum | None = None
    batch_hint: Batch | None = None
    divisions_on: str | None = None
    brand: tuple[str, ...] = ()
    plaques: tuple[str, ...] = ()
    required: tuple[str, ...] = ("name",)
    constants: Mapping[str, str] = field(default_factory=dict)

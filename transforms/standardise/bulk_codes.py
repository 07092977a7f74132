"""Phones and credit codes in bulk: one plain number a cell."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.standardise.cells import TEXT, Cells, matching, side_by_side
from transforms.standardise.spread import Bulk

#: A landline with its area code, one without, and a mobile, as `phone.NUMBER` reads them alone in a cell.
_LANDLINE: Final = r"^0(?:10|2[0-9]|[3-9][0-9]{2})-[2-8][0-9]{6,7}$"
_LOCAL: Final = r"^[2-8][0-9]{6,7}$"
_MOBILE: Final = r"^1[3-9][0-9]{9}$"
#: One digit over and over is no number.
_DULL: Final = r"(?:^|-)(?:" + "|".join(f"{digit}+" for digit in range(2, 9)) + ")$"

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE: Final = rf"^[0-9]{{8}}[{_ALPHABET}]{{10}}$"
#: GB 32100-2015: the weight of each place, 3 to its power modulo 31.
_WEIGHTS: Final = np.array([pow(3, place, 31) for place in range(17)], dtype=np.int64)


def bulk_phone(values: Cells, area: str | None) -> Bulk:
    """The bulk reader of `phone`."""
    dull, mobile = matching(values, _DULL), matching(values, _MOBILE)
    local = matching(values, _LOCAL) & ~dull
    known = local | mobile | (matching(values, _LANDLINE) & ~dull)
    numbers, is_mobile, is_local = (part.filter(pa.array(known)) for part in (values, pa.array(mobile), pa.array(local)))
    whole = side_by_side(f"{area}-" if area else "", numbers)
    nobody = pa.scalar(None, TEXT)
    public = pc.if_else(is_mobile, nobody, pc.if_else(is_local, whole, numbers))
    return Bulk(known, {"public": public, "mobiles": pc.if_else(is_mobile, numbers, nobody)})


def bulk_credit_code(values: Cells) -> Bulk:
    """The bulk reader of `credit_code`: the valid ones."""
    known = matching(values, _CODE)
    written = values.filter(pa.array(known))
    _, offsets, signs = written.buffers()
    if not len(written):
        return Bulk(known, {"": written})
    start = np.frombuffer(offsets, dtype=np.int64)[written.offset]
    table = np.full(256, 0, dtype=np.int64)
    table[np.frombuffer(_ALPHABET.encode(), dtype=np.uint8)] = np.arange(len(_ALPHABET))
    figures = table[np.frombuffer(signs, dtype=np.uint8)[start : start + 18 * len(written)]].reshape(-1, 18)
    valid = (31 - figures[:, :17] @ _WEIGHTS) % 31 == figures[:, 17]
    known[known] = valid
    return Bulk(known, {"": written.filter(pa.array(valid))})

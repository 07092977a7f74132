"""Listings read in parts, each in a process of its own: words and patterns are looked for in pure Python."""

from __future__ import annotations

from functools import partial, reduce
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.dedupe.coded import texts
from transforms.dedupe.features import Read, counted_on, in_order, read, rejoined
from transforms.forked import side_by_side, workers

#: Listings of which another process is worth its start: they take a fifth of a second.
_WORTH: Final = 30_000


def read_in_parts(listings: pd.DataFrame) -> Read:
    """`read`, a part of the listings a process. Values are numbered otherwise, which nothing hangs on."""
    count = max(min(workers(), len(listings) // _WORTH), 1)
    edges = [len(listings) * at // count for at in range(count + 1)]
    parts = [listings.iloc[start:end] for start, end in pairwise(edges)]
    return reduce(_both, side_by_side([partial(read, part) for part in parts]))


def _both(first: Read, second: Read) -> Read:
    ids = pa.concat_arrays([first.ids, second.ids])
    _, order = in_order(texts(ids))
    return rejoined(first, counted_on(first, second), np.arange(len(ids)) if order is None else order)

"""How many true pairs the blocking keys met: what no key meets, nothing after it can find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from transforms.dedupe.candidates import ALL_KEYS, Candidates


@dataclass(frozen=True, slots=True)
class KeyRecall:
    """`keys`: a line a key: key, met (true pairs met by it), only (true pairs that no other key met). `met`: true pairs met by any."""

    keys: pd.DataFrame
    met: int


def key_recall(ids: tuple[str, ...], met: Candidates, truth: pd.Series) -> KeyRecall:
    """Of the candidates `met` between the listings `ids`; `truth`: station by listing id. Counted, never enumerated: a station may have any number of listings."""
    station = pd.Index(truth.index).get_indexer(list(ids))
    codes = np.append(pd.factorize(truth)[0], -1)[station]
    keys = met.keys[(codes[met.left] >= 0) & (codes[met.left] == codes[met.right])]
    bits = [1 << at for at in range(len(ALL_KEYS))]
    lines = pd.DataFrame(
        {
            "key": [key.name for key in ALL_KEYS],
            "met": [int(np.count_nonzero(keys & bit)) for bit in bits],
            "only": [int(np.count_nonzero(keys == bit)) for bit in bits],
        }
    )
    return KeyRecall(lines, int(np.count_nonzero(keys)))

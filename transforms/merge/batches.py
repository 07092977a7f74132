"""Which batch (三个一批) a place can have, by its kind and by whose premises it stands in. Read from the vocabulary of kinds, not told twice."""

from __future__ import annotations

from typing import Final

import pandas as pd

from transforms.standardise import words

#: Group of hosts (column `host` of vocabulary/kinds.csv) → the batches its places can have. A union's station stands anywhere, so its kind
#: excludes nothing; a mall or tower may be built upon (new_build) or put up a plaque (co_branded). `none` and absent always fit.
BATCHES: Final[dict[str, frozenset[str]]] = {
    "public": frozenset({"renovated"}),
    "street": frozenset({"new_build"}),
    "built": frozenset({"new_build", "co_branded"}),
    "bank": frozenset({"co_branded"}),
    "telecom": frozenset({"co_branded"}),
    "merchant": frozenset({"co_branded"}),
}

#: Hosts whose door is private: a plaque there is co-branded, whatever the kind of the station.
PRIVATE_HOST: Final = r"银行|信用社|农商行|中国移动|中国电信|中国联通"


def fits(batch: pd.Series, kind: pd.Series, host: pd.Series) -> pd.Series:
    """True where the batch is one that kind or host allows, is `none` or absent, or where kind and host say nothing."""
    group = kind.map(words.hosts("kinds"))
    private = host.fillna("").astype(str).str.contains(PRIVATE_HOST)
    by_kind = group.isin(list(BATCHES))
    allowed = pd.Series(data=False, index=batch.index)
    for name, batches in BATCHES.items():
        allowed |= (group == name) & batch.isin(batches)
    allowed |= private & (batch == "co_branded")
    return allowed | batch.isna() | (batch == "none") | ~(by_kind | private)

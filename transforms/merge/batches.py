"""Batch (三个一批) against the kind of place and whose premises it stands in, by the rules that standardise reads a row with."""

from __future__ import annotations

import pandas as pd

from transforms.standardise import batch as rules
from transforms.standardise import words


def groups(kind: pd.Series, host: pd.Series) -> pd.Series:
    """Group of hosts (vocabulary/kinds.csv, brands.csv) of each place: a private host wins over a public kind; missing when neither tells."""
    by_kind = kind.map(words.hosts("kinds")).astype("str")
    by_host = host.map({text: _brand(text) for text in host.dropna().unique()}).astype("str")
    private = by_kind.where(~by_kind.isin(["public", "union", ""]))
    group = private.fillna(by_host).fillna(by_kind)
    return group.mask(group.isin(["union", ""]))


def fits(batch: pd.Series, kind: pd.Series, host: pd.Series) -> pd.Series:
    """True where nothing about the place contradicts the batch; absent batches fit."""
    group = groups(kind, host)
    pairs = pd.MultiIndex.from_arrays([batch.astype(object), group.astype(object)])
    answers = {pair: not rules.contradicts(*(None if pd.isna(part) else part for part in pair)) for pair in pairs.unique()}
    return pd.Series([answers[pair] for pair in pairs], index=batch.index, dtype=bool)


def ruled(kind: pd.Series, host: pd.Series) -> pd.Series:
    """The batch that kind and host imply, missing where they imply none."""
    return groups(kind, host).map(rules.BY_HOST).astype("str")


def before(opened: pd.Series, kind: pd.Series, host: pd.Series, programme_from: str | None) -> pd.Series:
    """True of places that opened before the programme began, by their date. A private house says nothing by its own: its plaque came later."""
    if programme_from is None:
        return pd.Series(data=False, index=opened.index)
    private = groups(kind, host).isin(["bank", "telecom", "merchant"])
    return opened.notna() & opened.fillna("").lt(programme_from) & ~private


def _brand(host: str) -> str | None:
    found = words.pattern("brands").search(host)
    return words.hosts("brands")[words.by_word("brands")[found[0].upper()]] if found else None

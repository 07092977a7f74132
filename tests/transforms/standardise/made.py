"""Rows to standardise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from transforms.records import columns_of


def rows_of(records: Sequence[Mapping[str, str | None]], source: str = "union") -> pd.DataFrame:
    """A rows frame of the records, keyed k0, k1 … in their order."""
    columns = {field: pd.Series([record.get(field) for record in records], dtype="str") for field in columns_of("row")}
    keys = [record.get("key") or f"k{place}" for place, record in enumerate(records)]
    meta = {
        "source": pd.Series([source] * len(records), dtype="str"),
        "row_key": pd.Series(keys, dtype="str"),
        "line": pd.Series([str(place + 1) for place in range(len(records))], dtype="str"),
        "row_digest": pd.Series(["0" * 64] * len(records), dtype="str"),
        "verbatim": pd.Series(["{}"] * len(records), dtype="str"),
    }
    return pd.DataFrame({**meta, **columns})


def first_of(frame: pd.DataFrame, *fields: str) -> list[object]:
    """Those fields of the frame's first row, None where absent."""
    cells = frame[list(fields)].astype(object)
    return [*cells.where(cells.notna(), None).to_numpy(dtype=object)[0].tolist()]

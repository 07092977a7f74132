"""Small listings and models for the tests of dedupe."""

from __future__ import annotations

from typing import Any

import pandas as pd

from transforms.records import empty_frame

#: A hundredth of a degree of latitude in metres.
HUNDREDTH_M = 1113.2


def listing(listing_id: str, **fields: Any) -> dict[str, Any]:
    """One listing; the source is what stands before the colon."""
    return {
        "listing_id": listing_id,
        "source": listing_id.split(":", maxsplit=1)[0],
        "row_key": listing_id.rsplit(":", maxsplit=1)[-1],
        **fields,
    }


def listings(*rows: dict[str, Any]) -> pd.DataFrame:
    """A frame of the listing stage with these rows."""
    empty = empty_frame("listing")
    return pd.DataFrame(list(rows), columns=list(empty.columns)).astype(empty.dtypes.to_dict())


def no_judgements() -> pd.DataFrame:
    """Nobody said anything."""
    return judgements()


def judgements(*verdicts: tuple[str, str, str]) -> pd.DataFrame:
    """Verdicts as (left_id, right_id, verdict)."""
    return pd.DataFrame(list(verdicts), columns=["left_id", "right_id", "verdict"], dtype="str")

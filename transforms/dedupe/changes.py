"""What another model or another judgement would do to a register: which stations merge, which split, which stay."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Changes:
    """`merged`: a row a station that would hold listings of several: station_id, parts (their ids now, joined by ;). `split`: a row a station whose listings would
    lie in several: station_id, parts (the ids then). `kept`: stations that neither happens to."""

    merged: pd.DataFrame
    split: pd.DataFrame
    kept: int

    @property
    def touched(self) -> int:
        """Stations of now that would be merged or split."""
        return len({*self.split["station_id"], *(each for parts in self.merged["parts"] for each in parts.split(";"))})

    @property
    def shaken(self) -> int:
        """Stations of now that would lose their id to another or lose a part: what the churn gate counts."""
        lost = (each for row in self.merged.itertuples() for each in str(row.parts).split(";") if each != row.station_id)
        return len({*self.split["station_id"], *lost})


def changes(before: pd.DataFrame, after: pd.DataFrame) -> Changes:
    """From `before` to `after`, both listing_id → station_id over the same listings (those of only one of them count for nothing)."""
    both = before[["listing_id", "station_id"]].merge(after[["listing_id", "station_id"]], on="listing_id", suffixes=("_now", "_then"))
    steps = both[["station_id_now", "station_id_then"]].drop_duplicates().sort_values(["station_id_now", "station_id_then"])
    merged, split = _several(steps, "station_id_then", "station_id_now"), _several(steps, "station_id_now", "station_id_then")
    found = Changes(merged, split, 0)
    return Changes(merged, split, both["station_id_now"].nunique() - found.touched)


def _several(steps: pd.DataFrame, by: str, of: str) -> pd.DataFrame:
    parts = steps.groupby(by, sort=True)[of].agg([";".join, "size"])
    several = parts[parts["size"] > 1].reset_index()
    return pd.DataFrame({"station_id": several[by].astype("str"), "parts": several["join"].astype("str")})

"""A whole sample city after its first night, beside what it truly is: for counting faults and pairs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import requests

from sources.kit.contract import apply
from sources.kit.read import read
from tests.night.town import Household, Town, iso

#: The shipped model was trained on other seeds; see `evidence` in its file.
SEED = 2


@dataclass(frozen=True)
class Scored:
    """`household` has run night 0; `truth` is [source, code, line, station, faults] of every row that the owners sent."""

    household: Household
    truth: pd.DataFrame

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The truth with the `row_key` of each row that the contract let through (NA: an exact repeat)."""
        house, keys = self.household.house, []
        for key, source in house.sources.items():
            retrieval = house.archive.recall(iso(0), key)
            assert retrieval is not None
            keys.append(apply(read(source, retrieval, house.archive), source).rows[["source", "line", "row_key"]])
        return self.truth.merge(pd.concat(keys), how="left", on=["source", "line"])


def scored(town: Town, household: Household) -> Scored:
    """Run night 0 of the town, and ask the town for the truth."""
    household.run(iso(0))
    answer = requests.post(f"{town.env['SANDBOX_CONTROL_URL']}/truth", timeout=60)
    answer.raise_for_status()
    truth = pd.read_csv(io.StringIO(answer.content.decode()), dtype="str", keep_default_na=False)
    return Scored(household, truth)

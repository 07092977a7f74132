"""The morning after a night to which the union sent two rows that look like tests: where operators begin."""

from __future__ import annotations

from dataclasses import replace

from flows.acts import Signed
from flows.house import House
from sources.kit.raw import Raw
from tests.night.altered import Change, reading
from tests.night.town import Household

SIGNED = Signed("李敏", "打电话问过业主")


class Morning(Household):
    """A household to which the union sends two rows that look like tests."""

    @property
    def house(self) -> House:
        house = super().house
        header = {name: text for text, name in house.sources["union"].columns.items()}
        change: Change = lambda raw: _tested(raw, header["name"])  # noqa: E731
        return reading(house, "union", change)


def _tested(raw: Raw, header: str) -> Raw:
    cells = raw.cells.copy()
    there = cells.index[cells[header].notna()][:2]
    cells.loc[there, header] = ["测试站点一", "测试站点二"]
    return replace(raw, cells=cells)

"""A fault of ours in one list stops that list alone, and is told as ours."""

from __future__ import annotations

import pytest

from sources.kit.archive import Archive
from sources.kit.raw import Raw
from sources.kit.read import read
from sources.kit.retrieval import Retrieval
from sources.kit.source import Source
from tests.night.town import Household, iso


def test_a_reader_that_breaks_stops_its_list_and_no_other(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(source: Source, retrieval: Retrieval, archive: Archive) -> Raw:
        if source.key == "union":
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return read(source, retrieval, archive)

    monkeypatch.setattr("flows.gather.read", breaks)
    household.run(iso(0))
    told = household.query("select source, outcome, message from retrieval").set_index("source")
    assert told.loc["union", "outcome"] == "our_fault"
    assert "程序出错" in str(told.loc["union", "message"])
    accepted = household.query("select source, accepted from source_night").set_index("source")["accepted"]
    assert accepted["union"] == 0
    assert (accepted.drop("union") > 0).all()

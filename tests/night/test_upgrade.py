"""An upgrade with a night before and a night after: the warehouse that an earlier version published is brought to this one's tables by the next night, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from tests.night.chronicle import Chronicle
from tests.night.town import Household, assert_same, iso
from warehouse.engine import open_warehouse
from warehouse.migrate import drift, head_revision, revision_of
from warehouse.tables import METADATA
from warehouse.views import drop_views

#: What a warehouse of each earlier version did not have yet.
_LACKS = {
    "0002": (
        "drop table control_total",
        "drop table opening_span",
        "drop table decision_end",
        "alter table station_history drop column close_cause",
        "alter table issue drop column decision_id",
    ),
    "0003": (
        "drop table control_total",
        "drop table opening_span",
        "drop table decision_end",
        "alter table station_history drop column close_cause",
    ),
    "0004": ("drop table control_total", "drop table opening_span"),
    "0005": (),
}


def as_of(household: Household, revision: str) -> None:
    """The published warehouse as a version at that revision would have left it."""
    publication = household.house.publisher.current()
    assert publication is not None
    publication.warehouse.chmod(0o600)
    engine = open_warehouse(publication.warehouse)
    with engine.begin() as connection:
        drop_views(connection)
        for statement in _LACKS[revision]:
            connection.exec_driver_sql(statement)
        for name in set(METADATA.tables) & set(inspect(connection).get_table_names()):  # before 0006 every key was an index
            key = ", ".join(METADATA.tables[name].primary_key.columns.keys())
            connection.exec_driver_sql(f"alter table {name} add primary key ({key})")
        connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})
    engine.dispose()


@pytest.mark.parametrize("revision", sorted(_LACKS))
def test_the_first_night_of_a_new_version_goes_on_from_the_last_of_the_old_one(tmp_path: Path, chronicle: Chronicle, revision: str) -> None:
    old, new = (chronicle.household(tmp_path / name, after=0) for name in ("old", "new"))
    as_of(old, revision)
    for household in (old, new):
        assert household.run(iso(1)).state in ("published", "quarantined")
    assert_same(new.tables(), old.tables())
    publication = old.house.publisher.current()
    assert publication is not None
    engine = open_warehouse(publication.warehouse, read_only=True)
    with engine.connect() as connection:
        assert revision_of(connection) == head_revision()[0]
        assert drift(connection) == []
    engine.dispose()

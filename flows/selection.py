"""Which held-back rows an action is about: a group is named by what it was when the report was made, and is refused when it has moved since."""

from __future__ import annotations

import pandas as pd

from desk.facts import night_facts
from desk.links import Selector, group_digest
from flows.house import House
from flows.outlook import latest_night, warehouse_in_force
from flows.rules import every_rule
from flows.run import RefusedError
from warehouse.state import standing


def held_rows(house: House) -> tuple[str, str, pd.DataFrame]:
    """The night and publication in force, and the rows held back now: a line a row and rule (desk.facts.NightFacts.held)."""
    publication = house.publisher.current()
    night = latest_night(house)
    with warehouse_in_force(house) as connection:
        return night, publication.name if publication else "", night_facts(connection, night).held


def selected(house: House, selector: Selector) -> pd.DataFrame:
    """The rows of the group (row_key, row_digest, line, verbatim, rules: all that hold the row), when it is what the selector says. Raises RefusedError."""
    _, publication, held = held_rows(house)
    rows = held[held["source"] == selector.source]
    group = rows[rows["rule"] == selector.rule].drop_duplicates("row_key")
    title = every_rule()[selector.rule].title if selector.rule in every_rule() else selector.rule
    what = f"“{house.titles.get(selector.source, selector.source)}”因“{title}”扣留的行"
    if group.empty:
        raise RefusedError(
            f"{what}：现在一行也没有（表单是按 {selector.publication} 的 {selector.count} 行填的）。可能已放行、已更正，或业主已改好"
        )
    if group_digest(group) != selector.digest or len(group) != selector.count:
        raise RefusedError(
            f"{what}已经变了：表单是按 {selector.publication} 的 {selector.count} 行填的，现在（{publication}）是 {len(group)} 行。请从最新的夜报重新打开表单"
        )
    rules = rows.groupby("row_key")["rule"].agg(lambda met: sorted(set(met)))
    with warehouse_in_force(house) as connection:
        quarantine = standing(connection, "quarantine")
    key = ["row_key", "row_digest"]
    written = quarantine.loc[quarantine["source"] == selector.source, [*key, "verbatim"]]
    return group[[*key, "line"]].assign(rules=group["row_key"].map(rules)).merge(written, on=key)


def selector_of(house: House, source: str, rule: str) -> Selector:
    """The group as it is now, for a link or a command."""
    night, publication, held = held_rows(house)
    group = held[(held["source"] == source) & (held["rule"] == rule)].drop_duplicates("row_key")
    return Selector(source, rule, night, publication, len(group), group_digest(group))

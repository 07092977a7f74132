"""What one publication has otherwise than another. DuckDB reads both files beside each other, as `new` and `old`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from sqlalchemy import Table

from warehouse.interval import NIGHTLY
from warehouse.scripts import quoted
from warehouse.tables import interval_of


@contextmanager
def beside(new: Path, old: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both publications, read-only, in one DuckDB."""
    with duckdb.connect() as both:
        both.execute(f"attach {quoted(str(new))} as new (read_only)")
        if old:
            both.execute(f"attach {quoted(str(old))} as old (read_only)")
        yield both


def differing_since(both: duckdb.DuckDBPyConnection) -> date | None:
    """The first night that one publication has otherwise than the other: every execution leaves its row, and writes of its night and later ones only. None where
    something else than a night was at work: values were erased, or nothing tells what."""
    differing = " union all ".join(
        f"select * from ({one} except {other})"
        for of in (
            "select run_id, night, ended_at, publication from {}.run",
            "select null, night, null, counts || fingerprint from {}.night",
        )
        for one, other in ((of.format("new"), of.format("old")), (of.format("old"), of.format("new")))
    )
    erased = "select count(*) from {}.decision where act = 'erase'"
    query = f"select min(night), count(run_id), ({erased.format('new')}) = ({erased.format('old')}) from ({differing})"
    since, runs, nothing_erased = both.execute(query).fetchall()[0]
    return since if runs and nothing_erased else None


def difference(both: duckdb.DuckDBPyConnection, table: Table, since: date | None) -> tuple[str, str]:
    """Queries, to be asked before the next difference: the keys of the rows of `old` that are not as they were in `new`, and the rows of `new` that are not as they were
    in `old`. `since`: what `differing_since` says."""
    columns, key = table.columns.keys(), table.primary_key.columns.keys()
    since = since if table.name in NIGHTLY else None
    if since is None or not _differs_since(both, table, since):
        _differs(both, table)
    told = listed(columns)
    lie_late = since is not None and both.execute("select coalesce(bool_and(lies_late), true) from differing where comes").fetchall()[0][0]
    rows = _later("new", table, since, told, told) if since and lie_late else f"select {told} from new.{table.name}"
    came = f"select {listed(columns, 'n')} from ({rows}) n semi join (select * from differing where comes) d using ({listed(key)})"
    return f"select {listed(key)} from differing where was", came


def _differs(both: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Leave in `differing` the keys of rows that one publication has otherwise than the other. `was`, `comes`: which of them has the row; `lies_late`: see `_later`."""
    columns, key = table.columns.keys(), table.primary_key.columns.keys()
    new, old = (f"select {listed(key)}, hash({listed(columns)}) as told, true as is_new from {of}.{table.name}" for of in ("new", "old"))
    _compare(both, key, new, old, "false")


def _differs_since(both: duckdb.DuckDBPyConnection, table: Table, since: date) -> bool:
    """The same for publications that are equal up to `since`: a row that began before it is in both, and only the night on which it ended may differ. False where
    that cannot be, for then as many rows would not be left."""
    columns, key = table.columns.keys(), table.primary_key.columns.keys()
    interval = interval_of(table)
    began = f"{listed(key)}, hash({listed(columns)}) as told, true as is_new"
    ended = f"{listed(key)}, hash({interval.closed if interval else 'null'}) as told, false as is_new"
    new, old = (_later(of, table, since, began, ended) for of in ("new", "old"))
    _compare(both, key, new, old, "n.told is not null")
    left = (
        f"select (select count(*) from new.{table.name}) - (select count(*) from old.{table.name})"
        " - count(*) filter (comes) + count(*) filter (was) from differing"
    )
    return bool(both.execute(left).fetchall()[0][0] == 0)


def _compare(both: duckdb.DuckDBPyConnection, key: Sequence[str], new: str, old: str, lies_late: str) -> None:
    """`new`, `old`: a row a row, with its key, what is `told` of it, and `is_new`; of one that is not, both have the row and only what is told may differ."""
    told = ", ".join(f'coalesce(n."{name}", o."{name}") as "{name}"' for name in key)
    both.execute(f"""
        create or replace temporary table differing as
        select {told}, not coalesce(n.is_new, o.is_new) or o.told is not null as was, not coalesce(n.is_new, o.is_new) or n.told is not null as comes, {lies_late} as lies_late
        from ({new}) n full join ({old}) o on {" and ".join(f'n."{name}" = o."{name}"' for name in key)}
        where n.told is distinct from o.told
    """)


def _later(of: str, table: Table, since: date, began: str, ended: str) -> str:
    """Of the rows that began on `since` or later `began`, of those that ended then `ended`: each asked by one column, whose blocks tell where no such row lies."""
    interval = interval_of(table)
    opened = interval.opened if interval else "night"
    query = f"select {began} from {of}.{table.name} where {opened} >= date '{since}'"
    if interval:
        query += f" union all select {ended} from {of}.{table.name} where {interval.closed} >= date '{since}' and {opened} < date '{since}'"
    return query


def listed(names: Sequence[str], of: str = "") -> str:
    """The columns as SQL names them."""
    return ", ".join(f'{of}."{name}"' if of else f'"{name}"' for name in names)

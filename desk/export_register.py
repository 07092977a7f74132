"""What is taken away: the stations as they stand or stood, or another table that may be read, with what it is of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from desk.asking import QuestionError, answered, condition
from desk.export_columns import Column, columns_of, public_part
from transforms.standardise.position import from_wgs84
from warehouse.dictionary import NAME as DICTIONARY
from warehouse.publish import Publication
from warehouse.readers import PUBLIC

POSITION: Final = ("lng_wgs84", "lat_wgs84")

#: A mobile among phones: these reach a person. They are kept apart when a list is read; what still came through stays here.
_NO_MOBILES: Final = "nullif(array_to_string(list_filter(string_split(phones, ';'), lambda each: not regexp_matches(each, '(^|[^0-9])1[3-9][0-9]{9}$')), ';'), '')"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `table`: station, or another; `as_of`: the night whose stations are meant (None: as they stand); `where`: a condition on the columns;
    `is_public`: only what the public may see; `is_gcj02`: positions in GCJ-02 instead of WGS-84."""

    table: str = "station"
    as_of: date | None = None
    where: str | None = None
    is_public: bool = False
    is_gcj02: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose list stands behind the register, and under which terms (Chinese). `key`: the source's."""

    key: str
    name: str
    title: str
    licence: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken: `rows` (a pyarrow Table, its columns as `columns`), of which publication, as of which night, and out of whose lists."""

    wish: Wish
    rows: pa.Table
    columns: tuple[Column, ...]
    publication: str
    night: date
    owners: tuple[Owner, ...]

    @property
    def name(self) -> str:
        """What its files are called: the table's name, and the datum where it is not the usual one."""
        return f"{self.wish.table}.gcj02" if self.wish.is_gcj02 else self.wish.table

    @property
    def told_owners(self) -> list[str]:
        """Whose lists the rows are out of. Under which terms each is given is between its owner and the city, and not for the public."""
        return [f"{each.name}《{each.title}》" + ("" if self.wish.is_public else f"：{each.licence}") for each in self.owners]

    @property
    def position(self) -> tuple[str, str] | None:
        """Names of the columns of longitude and latitude, None where a row has no place."""
        pair = ("lng_gcj02", "lat_gcj02") if self.wish.is_gcj02 else POSITION
        return pair if {*pair} <= {column.name for column in self.columns} else None


def take(connection: duckdb.DuckDBPyConnection, publication: Publication, wish: Wish) -> Taken:
    """Take what is wished for out of a published file, in the order of its first column. Raises QuestionError (Chinese) for a wish that cannot be met."""
    night = _night(connection, wish)
    columns = _columns(connection, wish)
    listed = ", ".join(f"{_NO_MOBILES} as phones" if wish.is_public and each.name == "phones" else f'"{each.name}"' for each in columns)
    relation = f"(select {listed} from {_origin(wish, night)}) as {wish.table}"
    kept = f" where {condition(connection, wish.where, relation)}" if wish.where is not None else ""
    rows = answered(connection, f"select * from {relation}{kept} order by all").to_arrow_table()
    if wish.is_gcj02:
        if not {*POSITION} <= {each.name for each in columns}:
            raise QuestionError(f"{wish.table} 没有坐标，--datum 用不上；请去掉它")
        rows, columns = _in_gcj02(rows), [each.in_gcj02() for each in columns]
    return Taken(wish, rows, tuple(columns), publication.name, night, _owners(connection))


def _columns(connection: duckdb.DuckDBPyConnection, wish: Wish) -> list[Column]:
    columns = columns_of(connection, wish.table) if wish.table.isidentifier() else []
    if not columns:
        names = [name for (name,) in connection.execute("show tables").fetchall()]
        raise QuestionError(f"没有这样的表：{wish.table}；现有：{'、'.join(names)}")
    if wish.is_public and not (columns := public_part(wish.table, columns)):
        raise QuestionError(f"{wish.table} 不对外公开；能公开的有：{'、'.join(PUBLIC)}")
    return columns


def _origin(wish: Wish, night: date) -> str:
    if wish.table == DICTIONARY and wish.is_public:  # it tells of the other tables too
        return f"{DICTIONARY} where readable_by = 'public'"
    if wish.as_of is None:
        return wish.table
    day = f"date '{night.isoformat()}'"
    return f"station_history where valid_from <= {day} and (valid_to is null or valid_to > {day})"


def _night(connection: duckdb.DuckDBPyConnection, wish: Wish) -> date:
    """The night that is meant: the last one published up to `as_of`."""
    first, last, meant = connection.execute(
        "select min(night), max(night), max(night) filter (night <= coalesce($1, night)) from night where state <> 'rejected'", [wish.as_of]
    ).fetchone() or (None, None, None)
    if first is None or last is None:
        raise QuestionError("还没有发布过一夜，没有可以导出的；请先运行 yizhan nightly")
    if wish.as_of is not None and wish.table != "station":
        raise QuestionError(f"--as-of 只用于驿站（station），{wish.table} 请用 --where 按日期列筛选")
    if meant is None:
        raise QuestionError(f"{wish.as_of} 还没有名册：第一夜是 {first}，--as-of 请给这一天或以后的日期")
    night: date = meant
    return night


def _in_gcj02(rows: pa.Table) -> pa.Table:
    """The same rows with positions in GCJ-02, rounded like the others."""
    lng, lat = (rows.column(name).to_numpy() for name in POSITION)
    east, north = from_wgs84(lng, lat, "GCJ-02")
    for name, values in zip(POSITION, (east, north), strict=True):
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, name.replace("_wgs84", "_gcj02"), pa.array(values.round(7), pa.float64(), from_pandas=True))
    return rows


def _owners(connection: duckdb.DuckDBPyConnection) -> tuple[Owner, ...]:
    return tuple(
        Owner(*row) for row in connection.execute("select source, owner_name, title, licence from owner order by source").fetchall()
    )

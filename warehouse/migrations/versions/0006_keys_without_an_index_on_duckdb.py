"""Keys without an index on DuckDB: an index of texts was most of a file, most of its growth and a third of a load (ADR 0018)."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from warehouse.scripts import quoted, run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEYED = text(
    "select t.table_name, t.comment, c.constraint_column_names from duckdb_tables() t join duckdb_constraints() c using (table_oid) "
    "where c.constraint_type = 'PRIMARY KEY' and t.database_name = current_database() and t.schema_name = current_schema() "
    "and t.table_name <> 'alembic_version' order by t.table_name"
)
_COLUMNS = text(
    "select column_name, data_type, is_nullable, comment from duckdb_columns() "
    "where table_name = :name and database_name = current_database() and schema_name = current_schema() order by column_index"
)


def upgrade() -> None:
    """Write each table anew without its index, its rows in the order in which they lay. PostgreSQL keeps its keys: others may write to it."""
    connection = op.get_bind()
    if connection.dialect.name != "duckdb":
        return
    for name, comment, key in connection.execute(_KEYED).all():
        columns = connection.execute(_COLUMNS, {"name": name}).all()
        told = ", ".join(
            f'"{column}" {kind}{"" if is_nullable and column not in key else " not null"}' for column, kind, is_nullable, _ in columns
        )
        run_script(
            connection,
            [
                f"create table anew ({told})",
                f"insert into anew select * from {name}",
                f"drop table {name}",
                f"alter table anew rename to {name}",
                f"comment on table {name} is {quoted(comment or '')}",
                *(f'comment on column {name}."{column}" is {quoted(meaning or "")}' for column, _, _, meaning in columns),
            ],
        )

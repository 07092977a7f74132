"""Who may do what on PostgreSQL: five roles, granted with the views. DuckDB has files instead."""

from __future__ import annotations

from alembic import op

from warehouse.roles import make_roles

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    if op.get_bind().dialect.name == "postgresql":
        make_roles(op.get_bind())

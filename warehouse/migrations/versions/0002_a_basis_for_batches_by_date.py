"""A batch may rest on the date of opening: the comments say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BEFORE = "批次依据: owner (stated), rule (owner kind and host) or hint (the source's)"
_AFTER = (
    "批次依据: owner (stated), rule (owner kind and host), hint (the source's) or date (a public place that opened before the programme)"
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    for table in ("listing", "station_history"):
        op.alter_column(table, "batch_basis", existing_type=sa.String(), existing_comment=_BEFORE, comment=_AFTER)

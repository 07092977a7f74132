"""An issue may be passed over by a person's decision, which it then names; a split's event tells every part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COMMENT = "decision of a person that passes over it, so that it holds nothing back; empty for most"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("issue", sa.Column("decision_id", sa.String(), nullable=True, comment=_COMMENT))

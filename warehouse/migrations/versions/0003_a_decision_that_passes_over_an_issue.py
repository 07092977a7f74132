"""An issue may be passed over by a person's decision, which it then names; the detail of a split tells every part, and its comment says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COMMENT = "decision of a person that passes over it, so that it holds nothing back; empty for most"

_DETAIL_BEFORE = "the other station's id, old and new value, or metres moved"
_DETAIL = "the other station's id (those of a split joined by ;), old and new value, or metres moved"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.alter_column("station_event", "detail", existing_type=sa.String(), existing_comment=_DETAIL_BEFORE, comment=_DETAIL)
    op.add_column("issue", sa.Column("decision_id", sa.String(), nullable=True, comment=_COMMENT))

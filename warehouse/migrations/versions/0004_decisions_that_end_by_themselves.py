"""A correction ends when its source gives the same value, and the night on which it does is kept; a closed station says why it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CAUSE = (
    "停用原因: why it is closed: closed_by_owner, absent_twice or carried_too_long of the listing that closed last, or closed_by_person "
    "(an operator closed it, though lists may still have it); missing while it is open"
)
_OPEN_BEFORE = "whether the owner still lists it"
_OPEN = "whether the owner still lists it; its station may be closed all the same, see close_cause of station"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "decision_end",
        sa.Column("decision_id", sa.String(), nullable=False, comment="id of the decision"),
        sa.Column("night", sa.Date(), nullable=False, comment="night on which it ended; from the next on it holds nothing"),
        sa.Column("cause", sa.String(), nullable=False, comment="caught_up: the source itself now gives the value that the person gave"),
        sa.PrimaryKeyConstraint("decision_id"),
        comment="One row a decision that ended by itself, and the night on which it did.",
    )
    op.create_table_comment(
        "correction",
        "One row a field that a person corrected: the last value, unless it was undone or ended.",
        existing_comment="One row a field that a person corrected: the last value that was not undone.",
    )
    for name, comment, before in (
        ("scope", "listing, row or station", "listing or station"),
        ("key", "listing id, source:row_key or station id", "listing or station id"),
    ):
        op.alter_column("correction", name, existing_type=sa.String(), existing_comment=before, comment=comment)
    op.add_column("station_history", sa.Column("close_cause", sa.String(), nullable=True, comment=_CAUSE))
    op.alter_column("listing", "is_open", existing_type=sa.Boolean(), existing_comment=_OPEN_BEFORE, comment=_OPEN)

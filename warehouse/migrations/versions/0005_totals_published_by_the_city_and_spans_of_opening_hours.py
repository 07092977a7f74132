"""Reference tables: the totals that the city published, and when each text of opening hours is open, by weekday."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "control_total",
        sa.Column(
            "measure",
            sa.String(),
            nullable=False,
            comment="what was counted: station, station_<batch>, street … as mart_control_total_by_measure counts it",
        ),
        sa.Column("title", sa.String(), nullable=False, comment="what was counted, in the city's words (Chinese)"),
        sa.Column("total", sa.BigInteger(), nullable=False, comment="the number that the city published"),
        sa.Column("note", sa.String(), nullable=True, comment="how it was published, or what it follows from (Chinese)"),
        sa.PrimaryKeyConstraint("measure"),
        comment="One row a total that the city published of its stations; empty where it published none.",
    )
    op.create_table(
        "opening_span",
        sa.Column("hours", sa.String(), nullable=False, comment="opening hours as a station has them"),
        sa.Column("weekday", sa.BigInteger(), nullable=False, comment="1 Monday … 7 Sunday: the day on which the span begins"),
        sa.Column("season_from", sa.BigInteger(), nullable=False, comment="first day of the year on which it holds: month * 100 + day"),
        sa.Column("opens_min", sa.BigInteger(), nullable=False, comment="minutes after midnight at which it opens"),
        sa.Column("season_to", sa.BigInteger(), nullable=False, comment="last day of the year on which it holds: month * 100 + day"),
        sa.Column(
            "closes_min", sa.BigInteger(), nullable=False, comment="minutes after midnight at which it closes; above 1440 on the next day"
        ),
        sa.PrimaryKeyConstraint("hours", "weekday", "season_from", "opens_min"),
        comment="One row a text of opening hours, weekday, part of the year and span of time in which it is open; public holidays are left out.",
    )

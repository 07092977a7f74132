"""Alembic's entry: runs on the connection that `warehouse.migrate` hands over, within its transaction."""

from __future__ import annotations

from alembic import context

from warehouse.migrate import OPTIONS

context.configure(connection=context.config.attributes["connection"], **OPTIONS)
context.run_migrations()

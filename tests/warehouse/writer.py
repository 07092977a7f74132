"""A writer in a process of its own, to be killed or starved: `python -m tests.warehouse.writer ROOT NIGHT FATE [FIGURE]`."""

from __future__ import annotations

import os
import resource
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.warehouse.nights import Claim, night_tables
from warehouse import publish
from warehouse.disk import DiskFullError, fsync
from warehouse.load import load_night
from warehouse.publish import Publisher

#: Enough rows that the night needs megabytes; each name differs, so that nothing is compressed away.
MANY = 5_000


def _die_at(call: int) -> None:
    """Be killed when the publication makes its `call`-th file or folder last."""
    made = 0

    def counted(path: Path) -> None:
        nonlocal made
        made += 1
        if made == call:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(path)

    setattr(publish, "fsync", counted)  # noqa: B010


def _claims(fate: str) -> list[Claim]:
    if fate != "starve":
        return [Claim("union", "1", name="被杀死的一夜")]
    return [Claim("union", str(number), station=number, name=os.urandom(40).hex()) for number in range(MANY)]


def main(root: Path, night: str, fate: str, figure: int) -> int:
    """Write a night. Fates: hold (say so, then wait), load (be killed after loading), fsync (at that call), starve (files up to that size)."""
    publisher = Publisher(root, clock=lambda: datetime(2026, 6, 1, 2, tzinfo=UTC))
    tables = night_tables(_claims(fate), night)
    if fate == "fsync":
        _die_at(figure)
    if fate == "starve":
        resource.setrlimit(resource.RLIMIT_FSIZE, (figure, figure))
    try:
        with publisher.begin(night, "另一次夜间运行") as draft:
            with draft.engine.begin() as connection:
                load_night(connection, night, tables)
            if fate == "load":
                os.kill(os.getpid(), signal.SIGKILL)
            if fate == "hold":
                sys.stdout.write("held\n")
                sys.stdout.flush()
                sys.stdin.readline()
            draft.publish()
    except DiskFullError as full:
        sys.stderr.write(f"DiskFullError: {full}\n")
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 0))

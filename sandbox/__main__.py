"""Serve the sample city on 127.0.0.1 until it is told to stop: `python -m sandbox --seed 1 --night 0 --env var/sandbox.env`."""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox import city
from sandbox.servers.edition import City, Edition, night_of
from sandbox.servers.keys import Keys
from sandbox.servers.owners import Answer, MobileFirm, NationalBank, PracticeCentres, Union
from sandbox.servers.sftp import MOUNT, USER, SftpServer
from sandbox.servers.tower import Tower
from sandbox.servers.truth import truth
from sandbox.servers.web import Route, night_route, web_server
from sandbox.servers.workbook import NAME, workbook

#: Seconds between two looks at the calendar when the city follows it.
_CALENDAR_S = 60.0
_PR_SET_PDEATHSIG = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    asked = _parser().parse_args(arguments)
    if asked.with_parent:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    with ExitStack() as served:
        root = asked.root or Path(served.enter_context(_temporary()))
        follows = asked.night is None
        place = City(city.build(asked.seed, asked.scale), night_of(_today()) if follows else asked.night)
        values, move = _serve(served, place, Keys(asked.seed), root)
        if asked.truth:
            asked.truth.write_text(truth(place.edition), "utf-8")
        _write(asked.env, {**values, "SANDBOX_NIGHT": str(place.edition.night), "SANDBOX_SEED": str(asked.seed)})
        served.callback(lambda: asked.env.unlink(missing_ok=True))
        sys.stdout.write(f"The sample city is served (night {place.edition.night}); addresses and keys are in {asked.env}\n")
        sys.stdout.flush()
        while not stop.wait(_CALENDAR_S if follows else None):
            move(night_of(_today()))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A sample city, served as its owners would.")
    parser.add_argument("--seed", type=int, default=1, help="the city's seed (default 1)")
    parser.add_argument("--night", type=int, help="the night to publish, counted from 2026-06-01 (default: follow the calendar)")
    parser.add_argument("--env", type=Path, default=Path("var/sandbox.env"), help="file to write addresses and keys to")
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 has 940 stations, 0.1 a tenth")
    parser.add_argument("--root", type=Path, help="folder for the servers' own files (default: a temporary one)")
    parser.add_argument("--truth", type=Path, help="file to write the truth of the night to, for scoring")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one does")
    return parser


def _serve(served: ExitStack, place: City, keys: Keys, root: Path) -> tuple[dict[str, str], Callable[[int], None]]:
    """Start every server; the addresses and keys that readers need, and what moves the city to another night."""
    outbox = root / "outbox"
    outbox.mkdir(parents=True, exist_ok=True)
    tower = Tower(root / "tower", keys["tower"], keys["tower owner"])
    served.callback(tower.stop)
    moving = threading.Lock()

    def publish(edition: Edition) -> None:
        tower.publish([row.fields for row in edition.lists["telecom_tower"]])
        arriving = outbox.parent / "arriving.xlsx"
        arriving.write_bytes(workbook(edition.lists["bank_rural"], edition.day))
        arriving.replace(outbox / NAME)

    def move(night: int) -> None:
        with moving:
            if night != place.edition.night:
                publish(place.move(night))

    publish(place.edition)
    sftp = SftpServer(outbox, keys["rural"], keys["sftp host"].encode())
    served.callback(sftp.stop)
    mobile = MobileFirm(place, keys)
    routes: dict[tuple[str, str], Route] = {
        ("GET", "/union/api/stations"): Union(place, keys),
        ("GET", "/icbc/open/outlets"): NationalBank(place, keys),
        ("POST", "/mobile/oauth/token"): mobile.token,
        ("GET", "/mobile/api/halls"): mobile,
        ("GET", "/civilization/places.xml"): PracticeCentres(place),
        ("POST", "/control/night"): night_route(move),
        ("POST", "/control/truth"): lambda _: _csv(truth(place.edition)),
        ("GET", "/control"): lambda _: Answer(200, str(place.edition.night).encode(), {"Content-Type": "text/plain"}),
    }
    web = web_server(routes)
    threading.Thread(target=web.serve_forever, name="web", daemon=True).start()
    served.callback(web.server_close)
    served.callback(web.shutdown)
    base = f"http://127.0.0.1:{web.server_address[1]}"
    values = {
        "YIZHAN_UNION_URL": f"{base}/union/api/stations",
        "YIZHAN_UNION_KEY": keys["union"],
        "YIZHAN_ICBC_URL": f"{base}/icbc/open/outlets",
        "YIZHAN_ICBC_APP_ID": keys["icbc app"][:12],
        "YIZHAN_ICBC_SECRET": keys["icbc secret"],
        "YIZHAN_RURAL_PATH": str(outbox.resolve()),
        "YIZHAN_RURAL_SFTP": f"sftp://{USER}@127.0.0.1:{sftp.port}{MOUNT}",
        "YIZHAN_RURAL_PASSWORD": keys["rural"],
        "YIZHAN_SFTP_HOST_KEY": f'"{sftp.known_hosts}"',
        "YIZHAN_MOBILE_URL": f"{base}/mobile/api/halls",
        "YIZHAN_MOBILE_TOKEN_URL": f"{base}/mobile/oauth/token",
        "YIZHAN_MOBILE_CLIENT_ID": keys["mobile client"][:12],
        "YIZHAN_MOBILE_CLIENT_SECRET": keys["mobile secret"],
        "YIZHAN_TOWER_URL": tower.url,
        "YIZHAN_CIVILIZATION_URL": f"{base}/civilization/places.xml",
        "SANDBOX_CONTROL_URL": f"{base}/control",
    }
    return values, move


def _csv(text: str) -> Answer:
    return Answer(200, text.encode(), {"Content-Type": "text/csv; charset=utf-8"})


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@contextmanager
def _temporary() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="sandbox-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, values: dict[str, str]) -> None:
    """The env file, whole or not at all, for the owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arriving = path.with_name(path.name + ".arriving")
    descriptor = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.writelines(f"{name}={value}\n" for name, value in values.items())
    arriving.replace(path)


if __name__ == "__main__":
    sys.exit(main())

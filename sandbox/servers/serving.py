"""Every owner's server together, from the first to the last."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.city import build
from sandbox.servers.bank_icbc import NationalBank
from sandbox.servers.bank_rural import put_out
from sandbox.servers.civilization import PracticeCentres
from sandbox.servers.control import Control
from sandbox.servers.edition import City, Edition, night_of
from sandbox.servers.env_file import EnvFile
from sandbox.servers.keys import Keys
from sandbox.servers.postgres import Postgres
from sandbox.servers.sftp import sftp
from sandbox.servers.telecom_mobile import MobileFirm
from sandbox.servers.telecom_tower import Tower
from sandbox.servers.truth import rows_csv, stations_csv
from sandbox.servers.union import Union
from sandbox.servers.web import web

_CITY_TIME: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be served. Without `night` the city follows the calendar; without `root` its folder is a temporary one; `truth` is a file or None."""

    seed: int
    night: int | None
    scale: float
    env: Path
    root: Path | None
    truth: Path | None


@dataclass(frozen=True, slots=True)
class Serving:
    """The city while it is served."""

    city: City
    control: Control
    server: Postgres


@contextmanager
def serving(wish: Wish) -> Iterator[Serving]:
    """Serve the city while the block runs. The env file appears last and goes first."""
    keys = Keys(wish.seed)
    with ExitStack() as stack:
        server = Postgres(keys["tower admin"])  # is made while the town is built
        stack.callback(server.stop)
        night = max(0, night_of(_today())) if wish.night is None else wish.night
        city = City(build(wish.seed, wish.scale), night)
        outbox = (wish.root or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))) / "outbox"
        outbox.mkdir(parents=True, exist_ok=True)
        server.start()
        tower = Tower(server, keys)
        env = EnvFile(wish.env)
        values: dict[str, str] = {}

        def publish(edition: Edition) -> None:
            tower.publish(edition.lists["telecom_tower"])
            put_out(edition, outbox)
            _write_truth(wish, city)
            values["SANDBOX_NIGHT"] = str(edition.night)
            env.rewrite(values)

        publish(city.edition)
        control = Control(city, publish, _today if wish.night is None else None)
        values |= _open(stack, city, keys, control) | _rural(stack, outbox, keys)
        values |= {"YIZHAN_TOWER_URL": tower.url, "SANDBOX_SEED": str(wish.seed)}
        env.write(values)
        stack.callback(env.remove)
        yield Serving(city, control, server)


def _open(stack: ExitStack, city: City, keys: Keys, control: Control) -> dict[str, str]:
    """Serve what answers over HTTP."""
    union, bank, firm = Union(city, keys), NationalBank(city, keys, time.time), MobileFirm(city, keys, time.monotonic)
    at = stack.enter_context(
        web(
            {
                ("GET", "/union/api/stations"): union,
                ("GET", "/icbc/open/outlets"): bank,
                ("POST", "/mobile/oauth/token"): firm.token,
                ("GET", "/mobile/api/halls"): firm,
                ("GET", "/civilization/places.xml"): PracticeCentres(city),
                ("GET", "/control"): control.look,
                ("POST", "/control/night"): control.night,
                ("POST", "/control/truth"): control.truth,
            }
        )
    )
    return {
        "YIZHAN_UNION_URL": f"{at}/union/api/stations",
        "YIZHAN_UNION_KEY": union.key,
        "YIZHAN_ICBC_URL": f"{at}/icbc/open/outlets",
        "YIZHAN_ICBC_APP_ID": bank.app_id,
        "YIZHAN_ICBC_SECRET": bank.secret,
        "YIZHAN_MOBILE_URL": f"{at}/mobile/api/halls",
        "YIZHAN_MOBILE_TOKEN_URL": f"{at}/mobile/oauth/token",
        "YIZHAN_MOBILE_CLIENT_ID": firm.client_id,
        "YIZHAN_MOBILE_CLIENT_SECRET": firm.client_secret,
        "YIZHAN_CIVILIZATION_URL": f"{at}/civilization/places.xml",
        "SANDBOX_CONTROL_URL": f"{at}/control",
    }


def _rural(stack: ExitStack, outbox: Path, keys: Keys) -> dict[str, str]:
    """Serve the rural bank's folder."""
    address, host_key = stack.enter_context(sftp(outbox, keys))
    return {
        "YIZHAN_RURAL_PATH": str(outbox.resolve()),
        "YIZHAN_RURAL_SFTP": address,
        "YIZHAN_RURAL_PASSWORD": keys["rural"],
        "YIZHAN_SFTP_HOST_KEY": host_key,
    }


def _write_truth(wish: Wish, city: City) -> None:
    """The truth of the rows into the file asked for, that of the stations into one beside it."""
    if wish.truth is not None:
        wish.truth.parent.mkdir(parents=True, exist_ok=True)
        wish.truth.write_text(rows_csv(city.edition), "utf-8")
        wish.truth.with_stem(f"{wish.truth.stem}_stations").write_text(stations_csv(city.stations()), "utf-8")


def _today() -> date:
    return datetime.now(_CITY_TIME).date()

"""Settings and the clock: the one place where the environment is read. Everything below is given values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "YIZHAN_"

#: User and password before the host of an address, with or without a scheme.
_CREDENTIALS = re.compile(r"[^/@\s]+@")

#: Of which nights a message may be sent: nothing was published; something new needs a person; published and quiet; not run by its time.
NOTIFIED = ("rejected", "needs-review", "published", "missed")
ROOT = Path(__file__).resolve().parent.parent


class SettingError(ValueError):
    """A setting is wrong; the message names it, its value and what to do (Chinese)."""


class Settings(BaseSettings):
    """What an installation may set, each by the environment or the env file as `YIZHAN_<NAME>`.

    Addresses and secrets of sources are named by the sources themselves and are read through `named`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    home: Path = Field(Path("var"), description="where the archive, the publications and Prefect's home live")
    city: str = Field("wuhu", description="a city that ships, or the path of a city's folder")
    env_file: Path | None = Field(None, description="a file with more settings, NAME=value a line; the environment wins")
    model: Path | None = Field(None, description="a dedupe model other than the one that ships")
    ca_bundle: Path | None = Field(None, description="certificates of a private authority (PEM)")
    proxy: str | None = Field(None, description="proxy for HTTP sources, http://host:port")
    sftp_host_key: str | None = Field(None, description="known_hosts line, or the path of a known_hosts file")
    port: int = Field(4200, ge=1, le=65535, description="port of the Prefect UI on 127.0.0.1")
    ui_url: str | None = Field(None, description="address of the Prefect UI as a browser reaches it, where a proxy stands before it")
    desk_port: int = Field(4201, ge=1, le=65535, description="port of our own pages on 127.0.0.1")
    desk_url: str | None = Field(None, description="address of our own pages as a browser reaches them, where a proxy stands before them")
    desk_secret: str | None = Field(
        None, min_length=16, description="what the proxy sends with each request to our own pages, and nobody else knows"
    )
    notify: str | None = Field(None, repr=False, description="where severe things are told: addresses of apprise, with a blank between two")
    notify_on: str = Field(
        "rejected,needs-review,missed", description="of which nights: rejected, needs-review, published, missed; none: of no night"
    )
    warehouse_url: str | None = Field(
        None, repr=False, description="a PostgreSQL that is brought to each publication: postgresql://user:password@host:port/database"
    )
    keep_nights: int = Field(400, ge=1, description="nights whose payloads the archive keeps")
    keep_publications: int = Field(7, ge=1, description="publications kept for rollback")
    workers: int = Field(8, ge=1, le=64, description="sources fetched at the same time")

    @field_validator("proxy", "ui_url", "desk_url")
    @classmethod
    def _proxy_is_url(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("应为 http://主机:端口")
        return value or None

    @field_validator("ca_bundle", "model")
    @classmethod
    def _file_exists(cls, value: Path | None) -> Path | None:
        if value and not value.is_file():
            raise ValueError("文件不存在")
        return value

    @field_validator("notify_on")
    @classmethod
    def _nights_are_known(cls, value: str) -> str:
        if unknown := set(_words(value)) - {*NOTIFIED, "none"}:
            raise ValueError(f"不认识 {'、'.join(sorted(unknown))}；可写 {'、'.join(NOTIFIED)}（逗号分隔），或 none")
        return value

    @property
    def notified(self) -> frozenset[str]:
        """Of which nights a message is sent."""
        return frozenset(_words(self.notify_on)) & set(NOTIFIED)

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """Every YIZHAN_ setting by its name without the prefix, the environment before the env file."""
        return {name.removeprefix(PREFIX): value for name, value in _environment(self.env_file).items() if name.startswith(PREFIX)}

    @property
    def ui_address(self) -> str:
        """Where a browser reaches the Prefect UI, without a slash at the end."""
        return (self.ui_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def desk_address(self) -> str:
        """Where a browser reaches our own pages, without a slash at the end."""
        return (self.desk_url or f"http://127.0.0.1:{self.desk_port}").rstrip("/")

    @property
    def city_folder(self) -> Path:
        """Folder of the city: `city` itself when it is a path that exists, else the one that ships under that name."""
        given = Path(self.city)
        shipped = ROOT / "sources" / self.city
        for folder in (given, shipped):
            if (folder / "city.toml").is_file():
                return folder.resolve()
        raise SettingError(f"YIZHAN_CITY={self.city}：既不是自带的城市，也不是含有 city.toml 的目录；可用 yizhan city new 新建")


def load_settings() -> Settings:
    """The settings of this process. Raises SettingError with one sentence a wrong setting."""
    named = os.environ.get(PREFIX + "ENV_FILE")
    env_file = Path(named) if named else None
    if env_file and not env_file.is_file():
        raise SettingError(f"YIZHAN_ENV_FILE={env_file}：文件不存在")
    try:
        return _spelt(Settings(_env_file=env_file))
    except ValidationError as wrong:
        raise SettingError("；".join(map(_told, wrong.errors()))) from None


def _spelt(settings: Settings) -> Settings:
    """The settings, unless a name is all but one of ours: it would be passed over in silence, for sources have names of their own."""
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted(set(settings.variables) - set(known)):
        if near := get_close_matches(name, known, 1, 0.85):
            raise SettingError(f"没有 {PREFIX}{name} 这个设置；是不是 {PREFIX}{near[0]}？请改正或删去")
    return settings


def _told(error: ErrorDetails) -> str:
    """What is wrong with one setting, in one sentence; a password inside an address is not told."""
    name, value = PREFIX + str(error["loc"][0]).upper(), _CREDENTIALS.sub("***@", str(error["input"]))
    context = error.get("ctx", {})
    wanted = {
        "int_parsing": "应为整数",
        "greater_than_equal": f"应不小于 {context.get('ge')}",
        "string_too_short": f"应不少于 {context.get('min_length')} 个字符",
        "less_than_equal": f"应不大于 {context.get('le')}",
        "value_error": str(context.get("error")),
    }
    return f"{name}={value}：{wanted.get(error['type'], error['msg'])}，请改正"


def prepare_process(settings: Settings) -> None:
    """Set what Prefect and Great Expectations read from the environment when they are imported: call before either is.

    Prefect's home is var/prefect; nothing is told to anyone (no analytics); results are JSON, not pickles; runs older than `keep_nights` are removed by its server.
    """
    home = (settings.home / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ |= {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(settings.keep_nights * 86400),
        "GX_ANALYTICS_ENABLED": "false",
    }
    pass_by_proxy()
    for name, value in {
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",  # 7-17 s on a quiet machine
    }.items():
        os.environ.setdefault(name, value)


def pass_by_proxy() -> None:
    """A proxy for the world outside must not stand before our own servers: what asks them calls this first."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(dict.fromkeys([*filter(None, os.environ.get(name, "").split(",")), "127.0.0.1", "localhost"]))


def set_variable(name: str, value: str) -> None:
    """Set one variable for this process and its children (the address of a server that was just started)."""
    os.environ[name] = value


def now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)


def tonight(timezone: str) -> date:
    """The business date that is running now in the city's time zone."""
    return now().astimezone(ZoneInfo(timezone)).date()


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _environment(env_file: Path | None) -> dict[str, str]:
    stored = {name: value for name, value in dotenv_values(env_file).items() if value is not None} if env_file else {}
    return {**stored, **os.environ}

"""A city as a value: its name, code, outline, divisions at their vintages, and vocabulary. Read from one folder."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class CityError(ValueError):
    """The city's folder is not as `city.toml` and its neighbours should be; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Division:
    """A county (6 digits), township (9) or community (12): code, name, parent's code, level 3, 4 or 5, and the list it is from."""

    code: str
    name: str
    parent: str
    level: int
    vintage: str


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A total that the city published: what was counted, in our word and in the city's (Chinese), the number, and a note on it (Chinese)."""

    measure: str
    title: str
    total: int
    note: str | None


@dataclass(frozen=True, slots=True)
class City:
    """`code` is the city's 4-digit division code; `outline` a mapping of county code to GeoJSON geometry (WGS-84, about 1 km coarse).

    `changes` are dated county-code changes, oldest first: (year, old code, new code). `variants` maps a written form of a place name to
    the register's form (瀂港 → 澛港). `bounds` is (west, south, east, north) in degrees WGS-84 around the city, with a margin.
    `programme_from` is the date on which 三个一批 began (ISO): a public place that opened before it is of no batch. None: not known.
    `control_totals`: what the city published of its stations, to hold the register against; empty where it published nothing.
    """

    key: str
    name: str
    province: str
    code: str
    timezone: str
    bounds: tuple[float, float, float, float]
    programme_from: str | None
    divisions: tuple[Division, ...]
    changes: tuple[tuple[int, str, str], ...]
    variants: Mapping[str, str]
    outline: Mapping[str, Any]
    folder: Path
    control_totals: tuple[ControlTotal, ...] = ()

    @property
    def counties(self) -> dict[str, str]:
        """Code → name of the counties of today."""
        return {division.code: division.name for division in self.divisions if division.level == 3}


def load_city(folder: Path) -> City:
    """The city that `folder` describes: city.toml, vocabulary/{divisions,division_changes,variants}.csv, outline.geojson, control_totals.csv (the last three optional)."""
    try:
        facts = tomllib.loads((folder / "city.toml").read_text("utf-8"))
        bounds = tuple(float(edge) for edge in facts["bounds"])
        if len(bounds) != 4 or bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
            raise CityError(f"{folder / 'city.toml'}: bounds 应为 [西, 南, 东, 北]（WGS-84 度）")
        return City(
            key=folder.name,
            name=facts["name"],
            province=facts["province"],
            code=str(facts["code"]),
            timezone=ZoneInfo(facts["timezone"]).key,
            programme_from=_day(facts.get("programme_from")),
            bounds=(bounds[0], bounds[1], bounds[2], bounds[3]),
            divisions=tuple(
                Division(line["code"], line["name"], line["parent"], int(line["level"]), line["vintage"])
                for line in _lines(folder / "vocabulary" / "divisions.csv")
            ),
            changes=tuple((int(line["year"]), line["old"], line["new"]) for line in _lines(folder / "vocabulary" / "division_changes.csv")),
            variants={line["written"]: line["name"] for line in _lines(folder / "vocabulary" / "variants.csv")},
            outline=_outline(folder / "outline.geojson"),
            control_totals=tuple(
                ControlTotal(line["measure"], line["title"], int(line["total"]), line["note"] or None)
                for line in _lines(folder / "control_totals.csv")
            ),
            folder=folder,
        )
    except FileNotFoundError as missing:
        raise CityError(f"城市目录不完整：缺少 {missing.filename}；可用 yizhan city new 生成一个样例") from missing
    except ZoneInfoNotFoundError as unknown:
        raise CityError(f"{folder / 'city.toml'}: 没有 timezone 所写的时区；请写成 Asia/Shanghai 的样子") from unknown
    except KeyError as missing:
        raise CityError(f"{folder}: 缺少 {missing.args[0]} 一项") from missing
    except tomllib.TOMLDecodeError as broken:
        raise CityError(f"{folder / 'city.toml'}: 不是有效的 TOML：{broken}") from broken
    except (TypeError, ValueError) as wrong:
        raise wrong if isinstance(wrong, CityError) else CityError(f"{folder}: 有一项的写法不对：{wrong}") from wrong


def _day(written: object) -> str | None:
    return None if written is None else date.fromisoformat(str(written)).isoformat()


def _lines(path: Path) -> list[dict[str, str]]:
    if not path.exists() and path.name != "divisions.csv":
        return []
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _outline(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    features = json.loads(path.read_text("utf-8"))["features"]
    return {feature["properties"]["code"]: feature["geometry"] for feature in features}

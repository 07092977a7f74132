"""A truth to score against: a CSV of listing_id,station, or of pairs left_id,right_id."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from transforms.dedupe.components import component_of

_LISTING: Final = ("listing_id", "id", "登记编号", "编号")
_STATION: Final = ("station", "station_id", "cluster", "cluster_id", "entity_id", "驿站编号")
_LEFT: Final = ("left_id", "id_left", "left", "id_l", "listing_id_l")
_RIGHT: Final = ("right_id", "id_right", "right", "id_r", "listing_id_r")


class TruthError(ValueError):
    """The truth cannot be used; the message (Chinese) says why."""


def read_truth(path: Path, ids: pd.Series) -> pd.Series:
    """Station by listing id, for listings that the truth names. Pairs are closed: same A-B and B-C means A-C. Raises TruthError."""
    try:
        table = _table(path)
    except FileNotFoundError:
        raise TruthError(f"{path}：没有这个文件") from None
    except pd.errors.EmptyDataError:
        raise TruthError(f"{path.name}：真值是空的；表头应为 listing_id,station，或 left_id,right_id") from None
    except ValueError:
        raise TruthError(f"{path.name}：真值读不出来，应为 CSV（UTF-8 或 GB18030），一行一个登记，或一行一对") from None
    known = set(ids)
    left, right = _one_of(table, _LEFT), _one_of(table, _RIGHT)
    if left and right:
        _all_known(path, pd.concat([table[left], table[right]]), known)
        return _closed(table[left], table[right])
    listing, station = _one_of(table, _LISTING), _one_of(table, _STATION)
    if not listing or not station:
        raise TruthError(
            f"{path.name}：真值的表头应为 listing_id,station（每行一个登记），或 left_id,right_id（每行一对）；现为 {','.join(map(str, table.columns))}"
        )
    named = table.dropna(subset=[listing, station])
    _all_known(path, named[listing], known)
    twice = named[listing][named[listing].duplicated()]
    if len(twice):
        raise TruthError(f"{path.name}：登记编号“{twice.iloc[0]}”出现两次，不知道属于哪个站")
    return pd.Series(named[station].to_numpy(), index=pd.Index(named[listing]))


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    except UnicodeDecodeError:
        return pd.read_csv(path, dtype="str", encoding="gb18030")


def _one_of(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    plain = {str(column).strip().lower(): str(column) for column in table.columns}
    return next((plain[name] for name in names if name in plain), None)


def _all_known(path: Path, named: pd.Series, known: set[str]) -> None:
    unknown = sorted(set(named.dropna()) - known)
    if unknown:
        raise TruthError(
            f"{path.name}：真值里有 {len(unknown)} 个编号不在名单中：{'、'.join(unknown[:5])}{' …' if len(unknown) > 5 else ''}"
        )


def _closed(left: pd.Series, right: pd.Series) -> pd.Series:
    codes, values = pd.factorize(pd.concat([left, right], ignore_index=True))
    half = len(left)
    return pd.Series(component_of(len(values), codes[:half], codes[half:]).astype("str"), index=pd.Index(values))

"""The review queue as people see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from desk.evidence import bits, in_short
from transforms.dedupe import Model
from transforms.dedupe.evidence import evidence_of


def queue_lines(queue: pd.DataFrame, listings: pd.DataFrame, model: Model, count: int) -> list[str]:
    """The first questions of `count`: both sides, what speaks for and against, and what an answer would settle."""
    told = listings.set_index("listing_id")
    lines = [f"待判 {count} 问" + (f"，先看最值得答的 {len(queue)} 问" if len(queue) < count else "")]
    for number, row in enumerate(queue.to_dict("records"), start=1):
        sides = [told.loc[row[side]] for side in ("left_id", "right_id")]
        evidence = evidence_of(json.loads(row["levels"]), (str(sides[0]["source"]), str(sides[1]["source"])), model)
        lines += [
            "",
            *(f"{lead}{side.name}  {side['name']}，{_address(side)}" for lead, side in zip((f"{number}. ", "   "), sides, strict=True)),
            f"   合计 {bits(int(row['weight_mb']))} 比特：{in_short(evidence)}",
            f"   {settles_sentence(row)}",
        ]
    return lines


def _address(listing: pd.Series) -> str:
    return listing["address"] if isinstance(listing["address"], str) else "无地址"


def settles_sentence(row: Mapping[Any, Any]) -> str:
    """What an answer to one question of the queue would settle."""
    left, right = row["left_station"], row["right_station"]
    if left == right:
        told = f"判“不是”则 {left} 要拆开，判“同一站”则定下来"
    else:
        told = f"判“同一站”则 {left} 与 {right} 合并，判“不是”则分开定下来"
    settled = f"，一并定下 {row['settles']} 对" if int(row["settles"]) > 1 else ""
    touched = f"；牵连 {row['touched']} 站" if int(row["touched"]) > 2 else ""
    again = "再问：判定以后有了新情况。" if row["again"] else ""
    return f"{again}{told}{settled}{touched}"

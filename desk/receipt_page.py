"""The page of a receipt: one offline HTML file that sums up what became of an owner's list on one night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import groupby, islice
from operator import attrgetter
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from desk import words
from desk.receipt import Receipt
from desk.receipt_beside import Dispute

#: Lines of a list named with a group, contradictions shown of a field, and closed stations shown; the rest is told as a count.
_LINES, _DISPUTES, _CLOSED = 12, 20, 50


def receipt_page(receipt: Receipt) -> str:
    """The page's HTML. Nothing in it is fetched from anywhere."""
    figures = receipt.figures
    return _template().render(
        source=receipt.source,
        night=receipt.night,
        figures=figures,
        bars=[
            {
                "title": title,
                "count": int(figures[name]),
                "share": round(100 * int(figures[name]) / max(int(figures["rows_read"]), 1), 1),
                "style": name,
            }
            for title, name in (("收下", "accepted"), ("没有收下", "held_back"), ("不计", "ignored"))
        ],
        outcome=words.word(words.OUTCOMES, figures["outcome"]),
        last_good=str(figures["last_good_on"])[:10] if not pd.isna(figures["last_good_on"]) else "（还没有过）",
        whole=receipt.whole or ((figures["message"],) if figures["is_stopped"] and figures["message"] else ()),
        held_rows=receipt.held[["row_key", "row_digest"]].drop_duplicates().shape[0],
        is_held_before=bool(receipt.held["opened_on"].astype("str").str[:10].lt(receipt.night).any()),
        held=_groups(receipt.held),
        flagged_rows=receipt.flagged["row_key"].nunique(),
        flagged=_groups(receipt.flagged),
        noted=receipt.noted.to_dict("records"),
        closed=receipt.closed.head(_CLOSED).to_dict("records"),
        closed_rows=len(receipt.closed),
        changes=receipt.changes,
        dispute_counts=list(Counter(dispute.title for dispute in receipt.disputes).items()),
        disputes=_spread(receipt.disputes),
        disputed=len(receipt.disputes),
        at_most=_DISPUTES,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    return environment.get_template("receipt_page.html.jinja")


def _groups(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """What is wrong, the most frequent first: how many rows, what to do, an example and where they stand."""
    groups = [
        {
            "title": part["title"].iloc[0],
            "severity": words.word(words.SEVERITIES, part["severity"].iloc[0]),
            "rows": len(part),
            "example": part["wrong"].iloc[0],
            "remedy": part["remedy"].iloc[0],
            "lines": "、".join(part["line"].drop_duplicates().head(_LINES)),
            "more": part["line"].nunique() > _LINES,
        }
        for _, part in rows.groupby("rule", sort=True)
    ]
    return sorted(groups, key=lambda group: -group["rows"])


def _spread(disputes: Sequence[Dispute]) -> list[Dispute]:
    """Some contradictions of each field, so that one on which lists differ everywhere does not hide the others."""
    return [dispute for _, of_field in groupby(disputes, key=attrgetter("title")) for dispute in islice(of_field, _DISPUTES)]

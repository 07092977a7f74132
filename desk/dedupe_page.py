"""The page of a deduplicated list: one offline HTML file with figures, weights, sizes of clusters, and examples at each weight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk.dedupe_review import told_pairs
from desk.model import STRATA as STRATUM_WORDS
from desk.model import grounds_told
from sources.kit.any_list import Lists
from transforms.dedupe import Matched, Model
from transforms.dedupe.features import Ints
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.scoring import Score
from transforms.dedupe.telling import bits
from transforms.records import RULES

#: Examples shown at each whole bit of weight, and the bits between which they are shown.
_EXAMPLES, _LOWEST, _HIGHEST = 3, -4, 20

#: Weights shown a comparison, the heaviest first; all of them stand in the model file.
_LEVELS: Final = 12


def dedupe_page(
    lists: Lists,
    listings: pd.DataFrame,
    issues: pd.DataFrame,
    matched: Matched,
    clusters: pd.DataFrame,
    model: Model,
    notes: Sequence[str],
    score: Score | None,
) -> str:
    """The page's HTML. Nothing in it is fetched from anywhere."""
    sizes = np.bincount(pd.factorize(clusters["station_id"])[0])
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    return environment.get_template("dedupe_page.html.jinja").render(
        figures=_figures(lists, listings, matched, sizes),
        score=score,
        notes=list(notes)
        + [
            f"{cut['members']} 个登记连成一片，已在 {bits(int(cut['raised_to_mb']))} 以下断开 {cut['links_cut']} 处"
            for cut in matched.cuts.to_dict("records")
        ],
        files=[{"name": name, "known": list(known.items()), "unused": lists.unused[name]} for name, known in lists.columns.items()],
        sizes=_bars(pd.Series(sizes).value_counts().sort_index()),
        weights=_bars(_whole_bits(matched.pairs["weight_mb"]).value_counts().sort_index()),
        strata=[_weights(model, stratum) for stratum in STRATA],
        grounds=grounds_told(model),
        thresholds=[{"name": name, "bits": bits(value)} for name, value in model.thresholds.items()],
        examples=_examples(matched, listings, model),
        blocks=_blocks(matched, score),
        candidates=_share(matched.recall.met, score.true) if matched.recall and score else None,
        calibrated="probability" in matched.pairs.columns,
        issues=_issues(issues),
    )


def _figures(lists: Lists, listings: pd.DataFrame, matched: Matched, sizes: Ints) -> list[tuple[str, str]]:
    """`sizes`: rows of each station."""
    return [
        ("文件", f"{len(lists.columns)}"),
        ("名单（来源）", f"{lists.rows['source'].nunique()}"),
        ("行", f"{len(lists.rows):,}"),
        ("登记", f"{len(listings):,}"),
        ("有坐标", f"{int(listings['lng_wgs84'].notna().sum()):,}"),
        ("驿站", f"{len(sizes):,}"),
        ("多于一个登记的驿站", f"{int((sizes > 1).sum()):,}"),
        ("保存的登记对", f"{len(matched.pairs):,}"),
        ("请人判断", f"{int(matched.pairs['review'].sum()):,}"),
    ]


def _bars(counts: pd.Series) -> list[dict[str, Any]]:
    """A bar a value; lengths by square root, so that a few among many are still seen."""
    most = max(counts.max(), 1) if len(counts) else 1
    return [
        {"label": str(label), "count": int(count), "length": round(100 * float(np.sqrt(count / most)), 1)}
        for label, count in counts.items()
    ]


def _whole_bits(weights: pd.Series) -> pd.Series:
    return (weights // 1000).clip(_LOWEST, _HIGHEST)


def _weights(model: Model, stratum: str) -> dict[str, Any]:
    known = model.strata[stratum]
    tables = []
    for comparison in COMPARISONS:
        pairs = [
            (comparison.sentence(level), int(weight))
            for level, weight in zip(comparison.levels, known.weights[comparison.name], strict=True)
            if weight
        ]
        heaviest = sorted(pairs, key=lambda line: -abs(line[1]))[:_LEVELS]
        if heaviest:
            tables.append(
                {"title": comparison.title, "lines": [(text, bits(weight)) for text, weight in sorted(heaviest, key=lambda line: -line[1])]}
            )
    return {"title": STRATUM_WORDS[stratum], "prior": bits(known.prior), "tables": tables}


def _examples(matched: Matched, listings: pd.DataFrame, model: Model) -> list[dict[str, Any]]:
    # the pairs are in the order of their ids: the first of each weight are shown
    bits_of = _whole_bits(matched.pairs["weight_mb"])
    chosen = matched.pairs.assign(bit=bits_of)[(bits_of.groupby(bits_of).cumcount() < _EXAMPLES).to_numpy()]
    chosen = chosen.sort_values("bit", ascending=False, kind="stable")
    told = told_pairs(chosen, listings, model).assign(bit=chosen["bit"].to_numpy())
    return [{"bit": f"{bit:+d}", "pairs": part.to_dict("records")} for bit, part in told.groupby("bit", sort=False)]


def _blocks(matched: Matched, score: Score | None) -> list[dict[str, Any]]:
    """A line a key; with a truth also the true pairs it met, their share, and those that no other key met."""
    blocks = matched.blocks
    if matched.recall is not None and score is not None:
        told = matched.recall.keys
        blocks = blocks.merge(told.assign(recall=[_share(met, score.true) for met in told["met"]]), on="key")
    return [{str(name): value for name, value in line.items()} for line in blocks.to_dict("records")]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _issues(issues: pd.DataFrame) -> list[tuple[str, int, str]]:
    return [
        (RULES[str(rule)].title, len(part), str(part["message"].iloc[0]))
        for rule, part in sorted(issues.groupby("rule"), key=lambda group: (-len(group[1]), str(group[0])))
    ]

"""What the levels of a pair say and weigh, one line a piece of evidence; the lines add up to the pair's weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from transforms.dedupe.levels import COMPARISONS, NEAR_M, QUARTER_M, Comparison
from transforms.dedupe.model import Model, Stratum

#: Names of the two lines that are no comparison of fields.
START, LISTS = "start", "lists"

_WHERE: Final = {
    "near": f"相距不到{NEAR_M:.0f}米或同路同号",
    "quarter": f"不相近，但相距不到{QUARTER_M:.0f}米，或在同一社区、同一条路",
    "far": "不相近",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line: the comparison's name and title, what it found (Chinese), and what that weighs (milli-bits, above 0 for one station)."""

    name: str
    title: str
    sentence: str
    weight_mb: int


def evidence_of(levels: Mapping[str, str], sources: tuple[str, str], model: Model) -> tuple[Evidence, ...]:
    """Every line of a pair with these `levels` (as `pair.levels` holds them: comparison → level, and `stratum`) of two sources.

    A comparison or level that the model does not know (it was judged under other code) has no line.
    """
    stratum = model.strata[levels["stratum"]]
    told = [
        Evidence(comparison.name, comparison.title, comparison.sentence(level), weight)
        for comparison, level in _known(levels)
        if (weight := _weight(stratum, comparison, level)) is not None
    ]
    lists = "同一份名单里的两条" if sources[0] == sources[1] else "两份名单各一条"
    return (
        Evidence(START, "起点", _start(levels["stratum"], stratum.prior), stratum.prior),
        *told,
        Evidence(LISTS, "名单", lists, stratum.source_weight(*sources)),
    )


def weight_of(levels: Mapping[str, str], sources: tuple[str, str], model: Model) -> int:
    """The pair's weight: the sum of its evidence."""
    return sum(each.weight_mb for each in evidence_of(levels, sources, model))


def news_mb(before: Mapping[str, str], now: Mapping[str, str], sources: tuple[str, str], model: Model) -> int:
    """By how much the weight moved because the evidence did: both patterns are weighed by one model, so that a new model is no news.

    A comparison counts only where its level changed and no less is known than before: what an owner no longer says is no evidence. That some
    other place took on the name is no news of these two.
    Which of the strata the pair lies in counts with the place.
    """
    old, new = ({each.name: each.weight_mb for each in evidence_of(levels, sources, model)} for levels in (before, now))
    told = {comparison.name for comparison, level in _known(now) if _is_told(comparison, before.get(comparison.name), level)} - {
        "namesakes"
    }
    moved = sum(new[name] - old[name] for name in sorted(told & old.keys() & new.keys()))
    if before["stratum"] != now["stratum"] and "where" in told:
        moved += sum(new[name] - old[name] for name in (START, LISTS))
    return moved


def _known(levels: Mapping[str, str]) -> list[tuple[Comparison, str]]:
    return [(each, levels[each.name]) for each in COMPARISONS if levels.get(each.name) in each.levels]


def _weight(stratum: Stratum, comparison: Comparison, level: str) -> int | None:
    weights = stratum.weights.get(comparison.name)
    return None if weights is None else int(weights[comparison.levels.index(level)])


def _is_told(comparison: Comparison, before: str | None, now: str) -> bool:
    """Whether the level changed, and at least as much is known now in each of its parts."""
    if before is None or before == now or before not in comparison.levels:
        return False
    known = [dict(zip(comparison.levels, comparison.knowledge, strict=True))[level].split("+") for level in (before, now)]
    return all(_RANK[after] >= _RANK[earlier] for earlier, after in zip(*known, strict=True))


#: How much is known: a division says less than a position.
_RANK: Final = {"missing": 0, "division": 1, "known": 2}


def _start(stratum: str, prior_mb: int) -> str:
    every = 1 + 2 ** (-prior_mb / 1000)
    return (
        f"{_WHERE[stratum]}的两条登记，平均每 {every:,.0f} 对里有一对是同一站"
        if prior_mb < 0
        else f"{_WHERE[stratum]}的两条登记，多半是同一站"
    )

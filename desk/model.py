"""A dedupe model as people read it: where it comes from, its thresholds with reasons, what weighs most, and what another would change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from desk.evidence import bits
from transforms.dedupe import Model
from transforms.dedupe.em import WELL_MET
from transforms.dedupe.levels import COMPARISONS
from transforms.dedupe.model import THRESHOLDS

#: Strongest weights shown for and against, in each stratum.
_STRONGEST: Final = 8

STRATA: Final = {
    "near": "相近的一对（150米以内，或同路同号）",
    "quarter": "相距不到1公里，或在同一社区、同一条路的一对",
    "far": "不相近的一对",
}

_THRESHOLDS: Final = {
    "link": "连线：低于它的一对不连",
    "same": "合并：两组之间平均到它才合并",
    "review_low": "待判的下限",
    "review_high": "待判的上限",
    "store": "存下：低于它的一对不存",
}

_EVIDENCE: Final = {
    "cities": "城市数",
    "listings": "登记数",
    "seeds": "样例城市",
    "night": "第几夜",
    "trained_on": "训练所用的一夜",
    "judged_same": "人判为同一站的对数",
    "judged_not": "人判为不是的对数",
    "near_share": "相近的一对里同一站的占比",
    "quarter_share": "同一片区的一对里同一站的占比",
    "far_share": "不相近的一对里同一站的占比",
    "near_rounds": "相近：迭代次数",
    "near_settled": "相近：已收敛",
    "near_astride_mb": "相近：换一个起点再学，同一项证据至多相差（千分之一比特）",
    "near_levels_well_met": f"相近：不少于 {WELL_MET} 对同一站支持的证据项数",
    "near_levels_met": "相近：至少一对同一站支持的证据项数（其余靠各部分和常识）",
    "from": "学自",
    "across": "只学两份名单之间的对",
    "expected_pairs": "估计同一站的对数",
}


def model_lines(model: Model, origin: str) -> list[str]:
    """The model, read aloud. `origin` (Chinese): why it is the one in force."""
    return [
        f"去重模型 第 {model.document['version']} 版，指纹 {model.fingerprint}",
        f"来自：{origin}",
        "",
        "阈值（比特）",
        *(f"  {bits(model.thresholds[name])}  {_THRESHOLDS[name]}。{_reason(model, name)}" for name in THRESHOLDS),
        "",
        "校准",
        f"  {_calibration(model)}",
        *(line for stratum, title in STRATA.items() for line in _strongest(model, stratum, title)),
        "",
        "训练依据",
        *(f"  {title}：{value}" for title, value in grounds_told(model)),
    ]


def grounds_told(model: Model) -> list[tuple[str, str]]:
    """What the model was learnt from and what it rests on, a title and a value each."""
    return [(_EVIDENCE.get(str(name), str(name)), _value(value)) for name, value in model.document.get("evidence", {}).items()]


def _value(value: object) -> str:
    return ("是" if value else "否") if isinstance(value, bool) else "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _calibration(model: Model) -> str:
    found = model.calibration
    if found is None:
        return "没有：有答案的登记不够，权重只是权重，不是概率"
    even = "恒为一半" if not found.slope_milli else f"一半在 {bits(round(-1000 * found.shift_mb / found.slope_milli))} 比特处"
    return f"按 {found.pairs} 对有答案的登记（其中 {found.same} 对是同一站）：概率{even}，权重每 1 比特实际值 {found.slope_milli / 1000:.2f} 比特"


def _reason(model: Model, name: str) -> str:
    return str(model.document["thresholds"][name].get("reason", ""))


def _resting_on(pairs: int) -> str:
    return f"{pairs} 对" if pairs >= WELL_MET else f"只有 {pairs} 对，多靠常识"


def _strongest(model: Model, stratum: str, title: str) -> Iterator[str]:
    met = model.document["strata"][stratum]["met"]
    weights = [
        (int(weight), f"{comparison.title}：{comparison.sentence(level)}（{_resting_on(met[comparison.name][level])}）")
        for comparison in COMPARISONS
        for level, weight in zip(comparison.levels, model.strata[stratum].weights[comparison.name], strict=True)
    ]
    ordered = sorted(weights, key=lambda each: (-each[0], each[1]))
    yield ""
    yield f"{title}：起点 {bits(model.strata[stratum].prior)} 比特；最有分量的"
    yield from (f"  {bits(weight):>6}  {told}" for weight, told in (*ordered[:_STRONGEST], *ordered[-_STRONGEST:]))

"""Evidence on a pair of listings, told in Chinese: a line a piece with its weight in bits, and what decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from desk import words
from transforms.dedupe.calibration import Calibration
from transforms.dedupe.evidence import LISTS, START, Evidence
from transforms.dedupe.explain import Explanation

#: Pieces of evidence told in one line of a table.
_IN_SHORT: Final = 3


def bits(weight_mb: int) -> str:
    """Milli-bits as bits with a sign."""
    return f"{weight_mb / 1000:+.1f}"


def in_short(evidence: Sequence[Evidence]) -> str:
    """The strongest pieces for and against, in one line."""
    told = [each for each in evidence if each.name not in (START, LISTS) and each.weight_mb]
    strongest = sorted(told, key=lambda each: (-abs(each.weight_mb), each.name))[:_IN_SHORT]
    return "；".join(f"{each.sentence}（{bits(each.weight_mb)}）" for each in strongest)


def explanation_lines(
    told: Explanation, name: Callable[[str], str], station: Callable[[str], str], calibration: Calibration | None = None
) -> list[str]:
    """All of it: the verdict of the register, a line a piece of evidence, the keys, and what decided. `name`: listing id → what to call it; `station`: → its station.

    A weight is called a probability only under a `calibration`.
    """
    left, right = told.left_id, told.right_id
    where = f"现在同属 {station(left)}" if told.is_together else f"现在分属 {station(left)} 和 {station(right)}"
    keys = (
        f"比对过：两条登记有相同的{'、'.join(told.keys)}"
        if told.keys
        else "夜里不会比对这一对：没有任何相同的线索（名称、门牌、电话、代码、邻近都不相同），以下为当场比对"
    )
    return [
        f"{name(left)}",
        f"{name(right)}",
        f"{where}。{reason_sentence(told, name)}",
        "",
        *(f"{bits(each.weight_mb):>7}  {each.title}：{each.sentence}" for each in told.evidence),
        f"{bits(told.weight_mb):>7}  合计（比特；每 1 比特可能性翻一倍，正数支持同一站，是权重而不是概率）",
        *([f"{'':>7}  {probability_sentence(told.weight_mb, calibration)}"] if calibration else []),
        "",
        keys,
        *([f"人的判定：{words.word(words.VERDICTS, told.verdict)}"] if told.verdict else []),
    ]


def probability_sentence(weight_mb: int, calibration: Calibration) -> str:
    """How often such a weight is right."""
    share = float(calibration.probability(np.array([weight_mb]))[0])
    told = "不到 1%" if share < 0.01 else "超过 99%" if share > 0.99 else f"约 {share:.0%}"
    return f"按 {calibration.pairs} 对有答案的登记校准：这样的一对，是同一站的概率{told}"


def reason_sentence(told: Explanation, name: Callable[[str], str]) -> str:
    """What decided, in one sentence."""
    reason, weight = told.reason, bits(told.weight_mb)
    chain = (" → " if told.is_together else " 与 ").join(map(name, reason.chain))
    mean = bits(reason.mean_mb or 0)
    sentences = {
        ("weight", True): f"两条登记自己的证据就够（{weight} 比特）",
        ("judged", True): f"有人判定为同一站：{chain}",
        ("through", True): f"这一对自己的证据不够（{weight} 比特），是经由其他登记连在一起的：{chain}",
        ("weight", False): f"证据不够（{weight} 比特）",
        ("judged", False): "有人判定不是同一站",
        ("judged_others", False): f"两站里另外两条登记被人判定不是同一站：{chain}",
        ("exclusive", False): f"两站的行业或机构不同，从不合为一站（如同一个门里的银行和营业厅）：{chain}",
        ("distinct", False): f"名单声明每行各是一站，同一份名单的两条登记从不合为一站：{chain}",
        ("mean", False): f"这一对单看是 {weight} 比特，但两站之间所有登记两两平均只有 {mean} 比特；最不像的一对：{chain}",
        ("order", False): f"两站之间平均 {mean} 比特，已够合并，但各自先与更像的登记合在了一起，或有判定还没有生效",
    }
    return sentences[reason.cause, told.is_together]

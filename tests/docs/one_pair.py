"""`docs/one-pair.md`: a pair of rows carried all the way through, with its figures as the code and the model that ships make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from tests.transforms.dedupe.test_hard_cases import listing
from transforms.dedupe import load_model, match
from transforms.dedupe.candidates import ALL_KEYS
from transforms.dedupe.evidence import evidence_of
from transforms.dedupe.explain import levels_of
from transforms.dedupe.features import features
from transforms.dedupe.levels import STRATA

#: The rows as their owners write them: the bank's list, and the union's.
_CASE: Final = {
    "source_a": "bank_icbc",
    "name_a": "中国工商银行股份有限公司芜湖赭山支行",
    "host_a": "",
    "address_a": "芜湖市镜湖区赭山街道赭山中路１２号",
    "county_a": "镜湖区",
    "community_a": "",
    "at_a": "118.3700 31.3350",
    "phone_a": "0553-3821001",
    "source_b": "union",
    "name_b": "户外劳动者服务站点工会驿站(工行赭山支行站)",
    "host_b": "工行赭山支行",
    "address_b": "镜湖区赭山中路十二号伟星大厦1楼",
    "county_b": "镜湖区",
    "community_b": "",
    "at_b": "118.3704 31.3352",
    "phone_b": "3821001",
}

_SHOWN: Final = (
    "name_core",
    "organisation",
    "kind",
    "county_code",
    "road",
    "number",
    "floor",
    "landmark",
    "phones",
    "lng_wgs84",
    "lat_wgs84",
)


def one_pair_page() -> str:
    """The page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    sides = [listing(_CASE, side) for side in "ab"]
    both = pd.concat(sides, ignore_index=True)
    model, known = load_model(), features(both)
    found = match(both, model, pd.DataFrame({"left_id": [], "right_id": [], "verdict": []}, dtype="str"))
    left, right = known.ids
    weight, levels = levels_of(both, [(left, right)], model)[left, right]
    pair = found.pairs.iloc[0]
    yield "# One pair, all the way through"
    yield ""
    yield "Made by `python -m tests.docs.generate` from the code and the model that ships; a test fails when it is stale. What each step does stands in [dedupe.md](dedupe.md)."
    yield ""
    yield "## The rows"
    yield ""
    yield "| | the bank's list | the union's list |\n|---|---|---|"
    for name in ("name", "host", "address", "at", "phone"):
        yield f"| {name} | {_CASE[f'{name}_a']} | {_CASE[f'{name}_b']} |"
    yield ""
    yield "## Standardised"
    yield ""
    yield "| | bank | union |\n|---|---|---|"
    ordered = both.set_index("listing_id")
    for name in _SHOWN:
        yield f"| `{name}` | {_cell(ordered.at[left, name])} | {_cell(ordered.at[right, name])} |"
    yield ""
    yield f"To be compared, the core names become `{_core(known, 0)}` and `{_core(known, 1)}`."
    yield ""
    yield "## Candidates"
    yield ""
    titles = {key.name: key.title for key in ALL_KEYS}
    yield "They meet by " + ", ".join(f"`{name}` ({titles[name]})" for name in str(pair["keys"]).split(";")) + "."
    yield ""
    yield "## Levels and weights"
    yield ""
    yield f"The pair lies in the stratum `{levels['stratum']}` (of {', '.join(f'`{name}`' for name in STRATA)}). The weight of each level is log2 m/u in milli-bits, from `model.json`; of the place, "
    u = int(model.document["strata"][levels["stratum"]]["u"]["where"][levels["where"]])
    where = int(model.document["strata"][levels["stratum"]]["weights"]["where"][levels["where"]])
    yield f"u = {u / 1e6:.4f} (so often two stations of this stratum look so) and m = {u / 1e6 * 2 ** (where / 1000):.4f} (so often two listings of one station do)."
    yield ""
    yield "| milli-bits | comparison | level | what it says |\n|--:|---|---|---|"
    total = 0
    for each in evidence_of(levels, (known.sources[known.source[0]], known.sources[known.source[1]]), model):
        total += each.weight_mb
        yield f"| {each.weight_mb:,} | {each.title} | {_level(levels, each.name)} | {each.sentence} |"
    yield f"| **{total:,}** | | | |"
    if total != weight or total != int(pair["weight_mb"]):
        raise ValueError("the lines do not add up to the weight of the pair")
    yield ""
    yield "## The cluster"
    yield ""
    together = found.clusters["cluster"].nunique() == 1
    yield f"`same` is {model.thresholds['same']:,}, so that they are {'one station' if together else 'two stations'}. The pair is {'' if pair['review'] else 'not '}put to a person: the queue ends at {model.thresholds['review_high']:,}."
    yield "The station's id comes from whichever of the two listings was seen first."


def _cell(cell: Any) -> str:
    return "" if pd.isna(cell) else str(cell)


def _core(known: Any, at: int) -> str:
    return str(known.text["name_core"].texts().iloc[at])


def _level(levels: dict[str, str], name: str) -> str:
    return f"`{levels[name]}`" if name in levels else ""

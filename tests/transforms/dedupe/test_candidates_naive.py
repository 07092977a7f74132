"""Candidates by sorting are those that a plain reading of the keys gives: every block by its text, every pair inside it."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import floor, isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transforms.dedupe.some import listing, listings
from transforms.dedupe import blocks, candidates
from transforms.dedupe.candidates import ALL_KEYS
from transforms.dedupe.features import Features, features
from transforms.dedupe.geometry import DEGREE_M, distances
from transforms.dedupe.levels import NEAR_M

Pair = tuple[int, int]

places = st.one_of(st.none(), st.tuples(st.integers(0, 8), st.integers(0, 8)))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "name_core": st.one_of(
                st.none(),
                st.text("青阳天门路", min_size=1, max_size=5),
                st.sampled_from(["THE OLD INN", "OLD INN", "OLD A MILL", "THE INN青"]),
            ),
            "county_code": st.sampled_from([None, "340202", "340207"]),
            "city_code": st.sampled_from([None, "3402", "3401"]),
            "road": st.sampled_from([None, "青阳路", "天门路"]),
            "number": st.sampled_from([None, "1", "2"]),
            "landmark": st.sampled_from([None, "万达广场", "门前"]),
            "phones": st.sampled_from([None, "0553-3812345", "3812345;3812346", "3812346;3812346", "95588"]),
            "credit_code": st.sampled_from([None, "913400007199042708"]),
            "kind": st.sampled_from(["park", "merchant", "bank_outlet"]),
            "organisation": st.sampled_from([None, "徽商银行"]),
            "community_code": st.sampled_from([None, "340202005001"]),
            "town_code": st.sampled_from([None, "340202005"]),
            "place": places,
        }
    ),
    min_size=1,
    max_size=24,
)


def naive(known: Features, caps: dict[str, int]) -> dict[Pair, set[str]]:
    """Pairs and their keys, and nothing clever."""
    found: dict[Pair, set[str]] = defaultdict(set)
    for name, members in _held(known).items():
        for key, block in members.items():
            if len(block) > caps[name]:
                continue
            others = (
                [] if name != "grid" else [i for step in ((1, 0), (0, 1), (1, 1), (-1, 1)) for i in _cell(members, key, step, caps[name])]
            )
            across = [(min(a, b), max(a, b)) for a in block for b in others]
            for pair in [*combinations(block, 2), *across]:
                if pair[0] != pair[1]:
                    found[pair].add(name)
    near = {pair for pair in found if distances(known, np.array([pair[0]]), np.array([pair[1]]))[0] <= NEAR_M}
    return {pair: names for pair, names in found.items() if names != {"grid"} or pair in near}


def _held(known: Features) -> dict[str, dict[Any, list[int]]]:
    """Key → block → its members."""
    held: dict[str, dict[Any, list[int]]] = {key.name: defaultdict(list) for key in ALL_KEYS}
    text = {name: [None if code < 0 else values[code] for code in codes] for name, codes, values in _columns(known)}
    for i in range(len(known)):
        own: dict[str, Any] = {name: column[i] for name, column in text.items()}
        own |= {name: known.column(name)[i] if known.column(name)[i] >= 0 else None for name in _CODES}
        city, county, core = own["city_code"], known.column("county")[i], own["name_core"]
        for name, parts in {
            "core": (core,),
            "core_county": (county, core),
            "door": (own["road"], own["number"]),
            "credit": (own["credit"],),
            "community_kind": (own["community"], own["family"]),
            "town_org": (own["town"], own["organisation"]),
            "road_org": (own["road"], own["organisation"]),
            "landmark": (county, own["landmark"]),
            "stem": (county, own["family"], own["core_stem"]),
        }.items():
            if None not in parts:
                held[name][city, *parts].append(i)
        for phone in known.phones[i][known.phones[i] >= 0].tolist():
            held["phone"][city, phone].append(i)
        for shorter in {core, *(core[:at] + core[at + 1 :] for at in range(len(core)))} if core and len(core) >= 3 else ():
            held["typo"][city, county, shorter].append(i)
        for word in _words(core or ""):
            held["word"][city, county, word].append(i)
            if not isnan(known.lng[i]):
                held["near_word"][f"{known.lng[i]:.2f},{known.lat[i]:.2f}", word].append(i)
        if not isnan(known.lng[i]):
            x, y = known.lng[i] * DEGREE_M * 0.6 / NEAR_M, known.lat[i] * DEGREE_M / NEAR_M
            held["grid"][floor(x), floor(y)].append(i)
    return held


_CODES = ("credit", "community", "family", "town", "core_stem", "road", "number", "organisation")


def _words(core: str) -> set[str]:
    if core.isascii() and core.strip():
        return {word for word in core.split(" ") if len(word) > 2}
    return {core[at : at + 2] for at in range(len(core) - 1)}


def _columns(known: Features) -> list[tuple[str, list[int], list[str]]]:
    return [(name, known.text[name].code.tolist(), known.text[name].values.tolist()) for name in ("city_code", "name_core", "landmark")]


def _cell(members: dict[Any, list[int]], key: tuple[int, int], step: tuple[int, int], cap: int) -> list[int]:
    block = members.get((key[0] + step[0], key[1] + step[1]), [])
    return block if len(block) <= cap else []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.sampled_from([2, 3, 60]))
def test_candidates_are_those_of_a_plain_reading(monkeypatch: pytest.MonkeyPatch, drawn: list[dict[str, Any]], cap: int) -> None:
    made = []
    for at, row in enumerate(drawn):
        place = row.pop("place")
        step = 0.4 * NEAR_M / DEGREE_M
        position = {} if place is None else {"lng_wgs84": 118.383 + place[0] * step, "lat_wgs84": 31.333 + place[1] * step}
        made.append(listing(f"a:{at:02d}", **row, **position))
    frame = listings(*made).assign(city_code=[row["city_code"] for row in drawn])
    known = features(frame)
    small = {key.name: type(key)(key.name, key.parts, min(key.cap, cap), key.title) for key in ALL_KEYS}
    with monkeypatch.context() as patch:
        for module in (blocks, candidates):
            patch.setattr(module, "AT_ONCE", 5)
        patch.setattr(candidates, "KEYS", tuple(small[key.name] for key in candidates.KEYS))
        for name in ("phone", "typo", "word", "near_word", "grid"):
            patch.setattr(candidates, f"_{name.upper()}", small[name])
        patch.setattr(candidates, "ALL_KEYS", tuple(small.values()))
        found = candidates.candidates(known)
    told = {
        (a, b): {key.name for bit, key in enumerate(ALL_KEYS) if keys >> bit & 1}
        for a, b, keys in zip(found.left.tolist(), found.right.tolist(), found.keys.tolist(), strict=True)
    }
    assert told == naive(known, {name: key.cap for name, key in small.items()})
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == sorted(told)

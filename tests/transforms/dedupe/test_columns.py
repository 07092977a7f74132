"""What is worked out over whole columns is what the functions of one text say."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedupe.coded import coded_texts, dense, packed_codes
from transforms.dedupe.core import core_of, cores
from transforms.dedupe.premises import _STREET, premises, premises_of
from transforms.dedupe.spellings import Alike
from transforms.standardise import words

VOCABULARY = sorted(
    {*words.by_word("kinds"), *words.by_word("brands"), *words.by_word("plaques"), "社区", "镜湖", "村", "农商行", "银行", "总工会"}
)
pieces = st.one_of(
    st.sampled_from(VOCABULARY), st.text(st.characters(codec="utf-8"), max_size=3), st.sampled_from(list("青阳路店站01#ſ ()村K"))
)
texts = st.lists(pieces, max_size=5).map("".join)
columns = st.lists(st.tuples(texts, texts, st.sampled_from(["bank_outlet", "telecom_hall", "merchant", ""])), min_size=1, max_size=12)


@settings(max_examples=120, deadline=None)
@given(columns)
def test_premises_of_columns(rows: list[tuple[str, str, str]]) -> None:
    trade, sort = premises(*(coded_texts(column) for column in zip(*rows, strict=True)))
    found = list(zip(trade.texts().fillna(""), sort.texts().fillna(""), strict=True))
    for (name, host, kind), (trade_found, sort_found) in zip(rows, found, strict=True):
        known = premises_of(name)
        wanted = (known.trade, known.sort)
        if not known.trade and kind in ("bank_outlet", "telecom_hall"):
            wanted = (words.hosts("kinds")[kind], kind)
        elif not known.trade:
            wanted = (premises_of(host).trade, known.sort)
        assert (trade_found, sort_found) == (_STREET.get(wanted[0], wanted[0]), wanted[1])


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(texts, st.sampled_from(["镜湖区", "青阳县", "区", ""]), st.sampled_from(["bank", "telecom", "public", ""])),
        min_size=1,
        max_size=12,
    )
)
def test_cores_of_columns(rows: list[tuple[str, str, str]]) -> None:
    found = cores(*(coded_texts(column) for column in zip(*rows, strict=True)))
    wanted = [core_of(core, county.removesuffix("区").removesuffix("县"), trade) if core else "" for core, county, trade in rows]
    assert found.texts().fillna("").tolist() == wanted


@given(st.lists(st.text("甲乙丙青AB ", max_size=7), min_size=1, max_size=8))
def test_names_are_alike_where_they_share_a_spelling(names: list[str]) -> None:
    alike = Alike(names)
    place = np.arange(len(names))
    for spellings, spelled in ((alike.words, _words), (alike.shorter, _shorter)):
        rows, codes = spellings.of(place)
        own = [set(codes[rows == at].tolist()) for at in place]
        for a, b in combinations(place.tolist(), 2):
            assert len(own[a] & own[b]) == len(spelled(names[a]) & spelled(names[b]))
        assert [len(each) for each in own] == [len(spelled(name)) for name in names] == np.bincount(rows, minlength=len(names)).tolist()


def _words(name: str) -> set[str]:
    if name.isascii() and name.strip():
        return {word for word in name.split(" ") if len(word) > 2}
    return {name[at : at + 2] for at in range(len(name) - 1)}


def _shorter(name: str) -> set[str]:
    return {name, *(name[:at] + name[at + 1 :] for at in range(len(name)))} if len(name) >= 3 else set()


@given(st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 1 << 30), st.integers(0, 5)), min_size=1, max_size=20))
def test_packed_rows_keep_their_order_however_wide(rows: list[tuple[int, int, int]]) -> None:
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    order = {row: at for at, row in enumerate(sorted(set(rows)))}
    assert dense(*columns).tolist() == [order[row] for row in rows]
    assert np.argsort(packed_codes(columns), kind="stable").tolist() == sorted(range(len(rows)), key=lambda at: rows[at])

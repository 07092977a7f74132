"""Listings read in several processes: other numbers for the values, the same features to compare by."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.transforms.dedupe.some import listing, listings
from transforms.dedupe import read_parts
from transforms.dedupe.features import read
from transforms.dedupe.read_parts import read_in_parts

_ROWS = [
    listing(
        f"bank:{at * 7 % 10}",
        name=f"{'青松明月清泉'[at % 5]}驿站{at % 3}",
        phones="0553-3812345;400-123" if at % 2 else None,
        lng_wgs84=118 + at / 100,
    )
    for at in range(10)
]


def _in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_parts, "_WORTH", 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})


def test_every_text_number_and_position_is_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(listings(*_ROWS))
    _in_parts(monkeypatch)
    found = read_in_parts(listings(*_ROWS))
    assert found.ids.equals(whole.ids)
    for name, column in whole.text.items():
        assert found.text[name].texts().equals(column.texts()), name
    np.testing.assert_array_equal(found.lng, whole.lng)
    np.testing.assert_array_equal(found.phones.counts, whole.phones.counts)
    assert found.phones.values.iloc[found.phones.codes].tolist() == whole.phones.values.iloc[whole.phones.codes].tolist()


def test_an_id_in_two_parts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _in_parts(monkeypatch)
    with pytest.raises(ValueError, match="bank:0"):
        read_in_parts(listings(*_ROWS, listing("bank:0")))

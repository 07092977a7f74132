"""What `plain` calls plain, `text` leaves as it is; words for "none" it never calls so, in whatever case."""

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from transforms.standardise.cells import TEXT, plain
from transforms.standardise.text import text


@pytest.mark.parametrize("word", ["-", "---", "无", "暂无", "不详", "待定", "NULL", "null", "None", "n", "nAn"])
def test_words_for_none_are_not_plain(word: str) -> None:
    assert plain(pa.array([word], TEXT)).tolist() == [False]
    assert text(word) is None


@pytest.mark.parametrize("word", ["无锡", "NULLS", "空港路", "待定路3号", "nana", "A"])
def test_words_that_only_begin_so_are_plain(word: str) -> None:
    assert plain(pa.array([None, word, "有 空白"], TEXT)).tolist() == [False, True, False]
    assert text(word) == word

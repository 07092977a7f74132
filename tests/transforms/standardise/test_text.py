from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.standardise.text import MISSING, Variants, has_fullwidth, has_private_use, text


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        pytest.param("青阳路３８号", "青阳路38号", id="full-width digits"),
        pytest.param("（一楼）", "(一楼)", id="full-width brackets"),
        pytest.param("88—15号", "88-15号", id="long dash"),
        pytest.param("①号楼", "①号楼", id="circled digit stays apart"),
        pytest.param("10㎡", "10m2", id="unit"),
        pytest.param("\u3000 青阳路\u200b\n38号 ", "青阳路 38号", id="invisible and spaces"),
        pytest.param("\ue81e", "\u9fb4", id="private use of GB 18030-2000"),
        pytest.param("青阳\ue78d路", "青阳路", id="vertical comma goes"),
        pytest.param("\ue5ec江区", f"{MISSING}江区", id="a font's own character"),
        pytest.param("暂无", None, id="says none"),
        pytest.param("  ", None, id="blank"),
    ],
)
def test_text(written: str, clean: str | None) -> None:
    assert text(written) == clean


@given(st.text(max_size=40))
def test_text_is_idempotent(written: str) -> None:
    once = text(written)
    assert once is None or text(once) in {once, None}
    assert once is None or not has_private_use(once)


def test_what_is_counted() -> None:
    assert has_fullwidth("３８号")
    assert not has_fullwidth("（38号）")
    assert has_private_use("\ue000")


def test_variants_fold_to_the_register() -> None:
    variants = Variants({"瀂港": "澛港", "鲁港": "澛港"})
    assert variants.fold("瀂港街道鲁港路") == "澛港街道澛港路"
    assert variants.met("澛港") is None
    assert Variants({}).fold("瀂港") == "瀂港"

"""A name that a proxy vouches for is told from one that was typed, and nobody can say it of another form."""

from __future__ import annotations

import pytest

from flows.forms import CloseForm, filled
from flows.vouched import is_vouched, seal_of

SECRET, FORM = "a-secret-of-the-proxy", {"station": "yz3402-0000000001", "who": "王芳", "why": "去看过"}


@pytest.mark.parametrize(
    ("secret", "action", "form", "is_so"),
    [
        (SECRET, "close", FORM, True),
        (SECRET, "close", dict(reversed(FORM.items())), True),
        (SECRET, "undo", FORM, False),
        (SECRET, "close", {**FORM, "who": "李敏"}, False),
        ("another-secret-of-it", "close", FORM, False),
        (None, "close", FORM, False),
    ],
    ids=["the very form", "in any order", "another action", "another name", "another secret", "no proxy"],
)
def test_a_seal_is_of_one_form_and_one_secret(secret: str | None, action: str, form: dict[str, object], is_so: bool) -> None:
    assert is_vouched(secret, action, form, {"action", seal_of(SECRET, "close", FORM)}) is is_so
    assert not is_vouched(secret, action, form, {"action"})


def test_a_form_says_whether_its_name_is_vouched_for() -> None:
    assert not filled(CloseForm, FORM).signed.is_vouched
    assert filled(CloseForm, FORM).vouched(is_so=True).signed.is_vouched

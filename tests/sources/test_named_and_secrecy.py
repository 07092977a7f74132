"""Named settings and secrets: missing ones are named, given ones are shown nowhere."""

from __future__ import annotations

import logging

import pytest

from sources.kit.named import MissingSettingError, Named
from sources.kit.secrecy import Secrecy, without_queries


@pytest.mark.parametrize("values", [{}, {"UNION_KEY": ""}, {"UNION_KEY": "  "}], ids=["absent", "empty", "blank"])
def test_a_missing_setting_is_named_as_the_operator_writes_it(values: dict[str, str]) -> None:
    named = Named(values)
    assert not named.has("UNION_KEY")
    with pytest.raises(MissingSettingError, match="没有设置 YIZHAN_UNION_KEY；请") as missing:
        named.secret("UNION_KEY")
    assert missing.value.name == "YIZHAN_UNION_KEY"


def test_values_are_not_shown() -> None:
    named = Named({"UNION_KEY": " abc123 "})
    assert named.text("UNION_KEY") == "abc123"
    assert "abc123" not in f"{named!r} {named} {named.secret('UNION_KEY')!r}"


@pytest.mark.parametrize(
    "told",
    [
        "key pa/ss word",
        "?k=pa%2Fss+word",
        "path/pa%2Fss%20word/x",
        "Basic cGEvc3Mgd29yZA==",
        "postgresql://reader:pa/ss@host/db pa/ss word",
    ],
)
def test_a_secret_is_hidden_in_every_form_in_which_it_travels(told: str) -> None:
    secrecy = Secrecy()
    secrecy.keep("pa/ss word")
    hidden = secrecy.hide(told)
    assert "***" in hidden
    assert not {"pa/ss", "pa%2Fss", "cGEvc3Mgd29yZA=="} & set(hidden.replace("/db", "").split())
    assert "word" not in hidden


def test_credentials_and_queries_of_addresses_are_hidden_unasked() -> None:
    assert Secrecy().hide("见 https://me:word@host:1/list?token=abc，请核对") == "见 https://***@host:1/list?***，请核对"


def test_a_log_line_loses_the_query() -> None:
    record = logging.LogRecord("urllib3", logging.WARNING, "", 0, "Retrying: %s", ("/list?token=abc",), None)
    assert without_queries(record)
    assert record.getMessage() == "Retrying: /list?***"

"""What people said of rows: it holds on its nights, for the content that it was said of, and passes over nothing that a listing cannot be without."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.allowed import NEVER_ALLOWED, Allowed, is_holding
from transforms.records import RULES, columns_of, issue_rows

NIGHTS = [f"2026-06-0{day}" for day in range(1, 10)]


def rows(*keys: str) -> pd.DataFrame:
    """Rows of the union's list, with a digest that names them."""
    told = pd.DataFrame({"source": "union", "row_key": list(keys), "line": [str(at) for at in range(len(keys))]})
    told["row_digest"], told["verbatim"] = "digest-" + told["row_key"], "{}"
    for name in columns_of("row"):
        told[name] = f"as the owner wrote {name}"
    return told.astype("str")


def issues(of: pd.DataFrame, rule: str = "name_too_long") -> pd.DataFrame:
    return issue_rows(RULES[rule], of)


def released(night: str, until: str | None, key: str = "1", digest: str = "digest-1", rule: str = "name_too_long") -> Allowed:
    release = {"decision_id": "d1", "source": "union", "row_key": key, "row_digest": digest, "rule": rule, "night": night, "until": until}
    return Allowed(releases=pd.DataFrame([release]).astype("str"))


def waived(scope: str, key: str, until: str, rule: str = "name_too_long") -> Allowed:
    waiver = {"decision_id": "d2", "scope": scope, "key": key, "rule": rule, "until": until}
    return Allowed(waivers=pd.DataFrame([waiver]).astype("str"))


def corrected(*told: tuple[str, str, str | None]) -> Allowed:
    lines = [{"decision_id": "d3", "key": f"union:{key}", "field": name, "value": value} for key, name, value in told]
    return Allowed(corrections=pd.DataFrame(lines).astype("str"))


@given(st.sampled_from(NIGHTS), st.none() | st.sampled_from(NIGHTS), st.sampled_from(NIGHTS))
def test_a_release_holds_from_its_night_through_its_date_or_on_its_night_alone(night: str, until: str | None, on: str) -> None:
    holds = bool(is_holding(released(night, until).in_force(on).let_through(issues(rows("1")), rows("1"))).iloc[0])
    assert holds != (on == night or night <= on <= (until or ""))


@pytest.mark.parametrize(
    ("allowed", "passed"),
    [
        (released(NIGHTS[0], None), ["1"]),
        (released(NIGHTS[0], None, digest="as it read once"), []),
        (released(NIGHTS[0], None, rule="name_is_test"), []),
        (waived("source", "union", NIGHTS[3]), ["1", "2"]),
        (waived("source", "bank_icbc", NIGHTS[3]), []),
        (waived("row", "union:2", NIGHTS[3]), ["2"]),
        (waived("row", "union:2", "2026-05-31"), []),
    ],
)
def test_it_passes_over_what_it_names_and_nothing_else(allowed: Allowed, passed: list[str]) -> None:
    of = rows("1", "2")
    found = allowed.in_force(NIGHTS[0]).let_through(issues(of), of)
    assert found.loc[~is_holding(found), "row_key"].tolist() == passed
    assert found["severity"].eq("critical").all(), "what is wrong stays wrong"


@pytest.mark.parametrize("rule", sorted(NEVER_ALLOWED & set(RULES)))
def test_what_no_listing_can_be_without_is_never_passed_over(rule: str) -> None:
    of = rows("1")
    for allowed in (
        released(NIGHTS[0], None, rule=rule),
        waived("source", "union", NIGHTS[3], rule),
        waived("row", "union:1", NIGHTS[3], rule),
    ):
        assert allowed.let_through(issues(of, rule), of)["decision_id"].isna().all()


@given(st.permutations(["1", "2", "3"]), st.permutations([("1", "name", "甲"), ("1", "address", None), ("3", "name", "丙")]))
def test_a_correction_changes_its_cells_and_marks_its_rows_in_any_order(keys: list[str], told: list[tuple[str, str, str | None]]) -> None:
    before = rows(*keys)
    after = corrected(*told).corrected(before).set_index("row_key")
    assert after.loc["1", "name"] == "甲"
    assert after["address"].isna().loc[["1", "2", "3"]].tolist() == [True, False, False]
    pd.testing.assert_frame_equal(after.loc[["2"]], before.set_index("row_key").loc[["2"]])
    assert [after["row_digest"][key].startswith(f"digest-{key}+") for key in ("1", "2", "3")] == [True, False, True]
    stands = after.reset_index()
    assert not corrected(*told).is_outdated(stands).any()
    assert Allowed().is_outdated(stands).tolist() == [key != "2" for key in stands["row_key"]], "what nobody says any more"
    assert corrected(*told).is_outdated(before).tolist() == [key != "2" for key in keys], "what nobody had said yet"
    assert after["verbatim"].eq("{}").all()
    assert after.loc["1", "row_digest"] == corrected(*sorted(told, key=str)).corrected(rows("1"))["row_digest"][0]


def test_other_values_are_other_content() -> None:
    digests = {corrected(("1", "name", value)).corrected(rows("1"))["row_digest"][0] for value in ("甲", "乙", None)}
    assert len(digests) == 3


def test_nothing_said_changes_nothing() -> None:
    of = rows("1", "2")
    assert Allowed().corrected(of) is of
    assert Allowed().let_through(issues(of), of)["decision_id"].isna().all()
    assert not Allowed().touched(of).any()


def test_rows_are_touched_by_what_names_them() -> None:
    of = rows("1", "2", "3")
    assert released(NIGHTS[0], None).touched(of).tolist() == [True, False, False]
    assert waived("row", "union:2", NIGHTS[3]).touched(of).tolist() == [False, True, False]
    assert waived("source", "union", NIGHTS[3]).touched(of).all()
    assert corrected(("3", "name", "丙")).touched(of).tolist() == [False, False, True]

"""Owners misbehave: one clear sentence, the right outcome, the last good list kept, everything else published, no secret told anywhere."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from desk.report import cell
from tests.night.bad_inputs import BAD_CELLS, NIGHTS
from tests.night.bad_night import BEFORE, NIGHT, Bad, Ended, bad_night, published
from tests.night.town import Household, Town, iso

Night = Callable[[str], Ended]

#: Bad input → outcome of the retrieval, rule of the source, and what its sentence says.
STOPPED = {
    "connection refused": ("unreachable", "source_unreachable", "拒绝连接"),
    "no such host": ("unreachable", "source_unreachable", "找不到主机 no-such-bank.invalid"),
    "Retry-After of a year": ("throttled", "source_unreachable", "365 天"),
    "cut with Content-Length": ("partial", "source_partial", "传到一半断了"),
    "a web page renamed .xls": ("not_declared_format", "source_not_as_declared", "网页"),
    "wrong key": ("refused", "source_unreachable", "YIZHAN_UNION_KEY"),
    "429 forever": ("throttled", "source_unreachable", "限流"),
    "cut without Content-Length": ("partial", "source_partial", "断了"),
    "slow drip": ("too_slow", "source_unreachable", "1.5 秒内没有取完"),
    "a workbook with a password": ("not_declared_format", "source_not_as_declared", "密码"),
    "code 500 with status 200": ("owner_error", "source_unreachable", "code=500"),
    "login page": ("not_declared_format", "source_not_as_declared", "登录"),
    "missing secret": ("not_configured", "source_unreachable", "YIZHAN_MOBILE_CLIENT_SECRET"),
    "entity bomb": ("not_declared_format", "source_not_as_declared", "实体"),
    "half of the list": ("partial", "source_partial", r"名单称有 (\d+) 行，实际收到 \d+ 行"),
    "empty list": ("empty", "source_empty", "没有一行"),
    "a page that repeats": ("partial", "source_partial", "第 2 页与第 1 页完全相同"),
    "GB18030 declared UTF-8": ("not_declared_format", "source_not_as_declared", "UTF-8"),
    "a missing column": ("ok", "header_missing", "“营业时间（.+）”"),
    "a renamed column": ("ok", "header_missing", "“outletName”"),
    "half of the list, told as the whole": ("ok", "source_too_few", "少于约定的 30 行"),
    "a quarter of the list gone, told as the whole": ("ok", "source_vanishing", "一次消失"),
}

#: Bad input that its list survives.
TAKEN = {"a code stored as a number", "a new column", "rows added while paging", "bad cells"}

EVERY = {bad.id: (number, bad) for number, owners in enumerate(NIGHTS) for bad in owners}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, _served: Town) -> Iterator[Night]:
    """The night on which a bad input comes, by its id. Those of one night are run together, once."""
    root = tmp_path_factory.mktemp("bad_input")
    known = published(root / "known", _served)
    ended: dict[int, Ended] = {}

    def of(id: str) -> Ended:
        number, _ = EVERY[id]
        if number not in ended:
            folder = root / str(number)
            folder.mkdir()
            _served.move(NIGHT)
            ended[number] = bad_night(folder, _served, known, NIGHTS[number])
            _served.move(BEFORE)
        return ended[number]

    yield of
    shutil.rmtree(root)


def test_every_bad_input_has_its_expectation() -> None:
    assert set(EVERY) == {*STOPPED, *TAKEN}


@pytest.mark.parametrize("bad", STOPPED)
def test_a_list_that_cannot_be_taken_is_told_in_one_sentence(night: Night, bad: str) -> None:
    outcome, rule, sentence = STOPPED[bad]
    ended, source = night(bad), EVERY[bad][1].source
    found = ended.source(source)
    issues = ended.issue(source, rule)
    assert (found["outcome"], len(issues)) == (outcome, 1)
    issue = issues.iloc[0]
    assert issue["severity"] == "critical"
    assert re.search(sentence, issue["message"])
    assert "请" in issue["message"]
    assert "\n" not in issue["message"]
    assert cell(issue["message"]) in ended.report
    assert ended.household.house.titles[source] in ended.report
    if outcome != "ok":
        assert issue["message"] == found["message"]


@pytest.mark.parametrize("bad", STOPPED)
def test_the_last_good_list_is_kept(night: Night, bad: str) -> None:
    ended, source = night(bad), EVERY[bad][1].source
    found = ended.source(source)
    listed = ended.before.loc[source, "open_after"]
    assert found["is_stopped"]
    assert (found["open_after"], found["carried"]) == (listed, listed)
    assert str(found["last_good_on"])[:10] == iso(BEFORE)
    assert source in ended.verdict.reason  # type: ignore[operator]


@pytest.mark.parametrize("owners", NIGHTS, ids=lambda owners: ", ".join(bad.id for bad in owners))
def test_everything_else_is_published(night: Night, owners: tuple[Bad, ...]) -> None:
    ended = night(owners[0].id)
    stopped = {bad.source for bad in owners if bad.id in STOPPED}
    good = ended.sources.drop(index=sorted(stopped))
    assert ended.verdict.state in ("published", "quarantined")
    assert not good["is_stopped"].any()
    assert (good["last_good_on"].astype("str").str[:10] == iso(NIGHT)).all()
    assert good["outcome"].isin(["ok", "unchanged"]).all()
    assert (ended.sources["rows_read"] == ended.sources[["accepted", "held_back", "ignored"]].sum(axis=1)).all()
    open_listings = int(ended.sources["open_after"].sum())
    assert ended.household.query("select count(*) as stations from station where status = 'open'")["stations"].iloc[0] > 0
    assert ended.household.query("select count(*) as open from listing where is_open and valid_to is null")["open"].iloc[0] == open_listings


@pytest.mark.parametrize("owners", NIGHTS, ids=lambda owners: ", ".join(bad.id for bad in owners))
def test_no_secret_is_told_anywhere(night: Night, owners: tuple[Bad, ...]) -> None:
    ended = night(owners[0].id)
    assert len(ended.secrets) >= 4
    leaks = {(setting, place) for place, text in ended.told() for setting, secret in ended.secrets.items() if secret in text}
    assert not leaks


def test_a_code_stored_as_a_number_is_told_with_its_row_and_not_used(night: Night) -> None:
    ended = night("a code stored as a number")
    issue = ended.issue("bank_rural", "number_precision_lost").iloc[0]
    assert re.fullmatch(r".+[区县市]!\d+", issue["line"])
    assert issue["field"] == "credit_code"
    assert "请把该列设为文本" in issue["message"]
    kept = ended.household.query(f"select credit_code from listing where source = 'bank_rural' and row_key = '{issue['row_key']}'")
    assert kept["credit_code"].isna().all()
    assert len(kept) == 1


def test_a_new_column_is_told_and_holds_nothing_back(night: Night) -> None:
    ended = night("a new column")
    issue = ended.issue("bank_rural", "header_unknown").iloc[0]
    assert "“分管领导”" in issue["message"]
    assert issue["severity"] == "warning"


def test_rows_added_while_paging_are_not_lost(night: Night) -> None:
    found = night("rows added while paging").source("telecom_mobile")
    assert (found["rows_read"], found["tries"]) == (found["total"], 2)


def test_a_sheet_that_claims_to_be_one_cell_is_read_whole(night: Night, town: Town) -> None:
    with zipfile.ZipFile(Path(town.env["YIZHAN_RURAL_PATH"]) / "网点清单.xlsx") as book:
        assert b'<dimension ref="A1"/>' in book.read("xl/worksheets/sheet1.xml")
    assert night("bad cells").source("bank_rural")["rows_read"] == town.move(NIGHT)["bank_rural"]


def _only(issues: pd.DataFrame, code: str) -> pd.Series:
    of_row = issues[issues["row_key"] == code]
    assert len(of_row) == 1
    return of_row.iloc[0]


@pytest.mark.parametrize(
    ("code", "rule", "field", "is_held"),
    [
        ("WHGH-T001", "position_zero", "lng", False),
        ("WHGH-T002", "name_misplaced", "name", True),
        ("WHGH-T003", "name_contains_phone", "name", False),
        ("WHGH-T004", "name_too_long", "name", True),
        ("WHGH-T005", "cell_looks_like_formula", "host", False),
    ],
    ids=["0, 0", "a phone for a name", "a phone in a name", "10 kB in a name", "a cell that starts with ="],
)
def test_a_bad_cell_is_told_with_row_field_and_value(night: Night, code: str, rule: str, field: str, is_held: bool) -> None:
    ended = night("bad cells")
    issue = _only(ended.issue("union", rule), code)
    value = next(iter(BAD_CELLS[code].values()))
    assert issue["field"] == field
    assert int(issue["line"]) == ended.source("union")["rows_read"] - len(BAD_CELLS) + list(BAD_CELLS).index(code) + 1
    assert issue["value"][:150].replace("…", "") in (value, f"{value},{value}", value[:150])
    assert len(issue["message"]) < 300
    assert "请" in issue["message"]
    held = ended.household.query(f"select rules, verbatim from quarantine where row_key = '{code}'")
    listed = ended.household.query(f"select name, lng_wgs84, host from listing where row_key = '{code}'")
    assert (len(held), len(listed)) == ((1, 0) if is_held else (0, 1))
    if is_held:
        assert rule in held["rules"].iloc[0]
        assert value in held["verbatim"].iloc[0], "as the owner wrote it"


def test_what_was_made_of_the_bad_cells_that_were_taken(night: Night) -> None:
    listed = night("bad cells").household.query("select row_key, name, lng_wgs84, host from listing where row_key like 'WHGH-T%'")
    by_code = {row["row_key"]: row for row in listed.to_dict("records")}
    assert pd.isna(by_code["WHGH-T001"]["lng_wgs84"])
    assert "138" not in by_code["WHGH-T003"]["name"]
    assert by_code["WHGH-T005"]["host"] == BAD_CELLS["WHGH-T005"]["hostUnit"]


def test_the_same_night_again_mends_what_the_owners_mended(night: Night, tmp_path: Path, town: Town) -> None:
    ended = night("connection refused")
    shutil.copytree(ended.household.home, tmp_path / "var", symlinks=True)
    mended = Household(tmp_path / "var", town.env)
    town.move(NIGHT)
    mended.run(iso(NIGHT))
    assert not mended.query(f"select is_stopped from source_night where night = '{iso(NIGHT)}'")["is_stopped"].any()

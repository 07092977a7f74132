"""The command line: exit codes as documented, one clear sentence for a mistake, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.night.town import Household, assert_same, iso
from tests.yizhan import new_city_home

YIZHAN = str(Path(sys.executable).with_name("yizhan"))


def yizhan(*words: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command with a home of its own."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "COLUMNS": "160", "YIZHAN_HOME": str(home), **variables}
    return subprocess.run([YIZHAN, *words], env=env, capture_output=True, text=True, timeout=240, check=False)


def published(household: Household) -> dict[str, str]:
    """The settings of a household that has published night 0."""
    household.run(iso(0))
    return {"YIZHAN_ENV_FILE": str(household.settings.env_file)}


@pytest.mark.parametrize(
    ("words", "variables", "sentence"),
    [
        (["nightly", "--source", "nobody"], {}, "没有这样的来源：nobody"),
        (["nightly", "--on", "2999-01-01"], {}, "还没有到"),
        (["nightly", "--on", "yesterday"], {}, "yesterday"),
        (["nightly", "--fast"], {}, "--fast"),
        (["status"], {}, "还没有发布过"),
        (["status"], {"YIZHAN_CITY": "atlantis"}, "YIZHAN_CITY=atlantis"),
        (["status"], {"YIZHAN_PORT": "many"}, "YIZHAN_PORT=many"),
        (["status"], {"YIZHAN_KEEP_NIGHT": "3"}, "是不是 YIZHAN_KEEP_NIGHTS"),
        (["status"], {"YIZHAN_PROXY": "proxy:3128"}, "YIZHAN_PROXY"),
        (["status"], {"YIZHAN_CA_BUNDLE": "missing.pem"}, "文件不存在"),
        (["status"], {"YIZHAN_ENV_FILE": "missing.env"}, "文件不存在"),
        (["rollback"], {}, "没有可以退回的发布"),
        (["dance"], {}, "dance"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_use_is_told_in_one_sentence_with_exit_code_2(
    tmp_path: Path, words: list[str], variables: dict[str, str], sentence: str
) -> None:
    ended = yizhan(*words, home=tmp_path, **variables)
    told = ended.stdout + ended.stderr
    assert ended.returncode == 2, told
    assert sentence in told
    assert "Traceback" not in told


def test_a_night_while_another_writes_is_turned_away_with_exit_code_3(household: Household) -> None:
    with household.house.publisher.begin(iso(0), "另一次夜跑"):
        ended = yizhan("nightly", home=household.home)
    assert ended.returncode == 3
    assert "另一次夜跑" in ended.stderr


def test_a_home_of_another_city_is_refused(household: Household, tmp_path: Path) -> None:
    settings = published(household)
    (tmp_path / "other").mkdir()
    _, other = new_city_home(tmp_path / "other")
    before = household.tables()
    ended = yizhan("nightly", home=household.home, **settings, YIZHAN_CITY=other["YIZHAN_CITY"])
    assert ended.returncode == 2
    assert "另一座城市（区划代码 3402）" in ended.stderr
    assert_same(household.tables(), before)


def test_looking_at_what_was_published(household: Household) -> None:
    settings = published(household)
    status = yizhan("status", home=household.home, **settings)
    assert status.returncode == 0
    assert iso(0) in status.stdout
    held = yizhan("quarantine", "--source", "union", home=household.home, **settings)
    count = int(household.query("select count(*) as held from quarantine where source = 'union' and closed_on is null")["held"].iloc[0])
    assert f"扣留 {count} 行" in held.stdout
    assert count > 0
    assert "没有这样的规则：no_such_rule" in yizhan("quarantine", "--rule", "no_such_rule", home=household.home, **settings).stderr
    assert "扣留 0 行" in yizhan("quarantine", "--rule", "row_oversized", home=household.home, **settings).stdout
    sources = yizhan("sources", home=household.home, **settings)
    assert all(key in sources.stdout for key in household.house.sources)


def test_returning_to_the_publication_before_and_clearing_away(household: Household) -> None:
    settings = published(household)
    household.run(iso(0))
    names = [each.name for each in household.house.publisher.publications()]
    back = yizhan("rollback", home=household.home, **settings)
    assert back.returncode == 0
    current = household.house.publisher.current()
    assert current is not None
    assert current.name == names[0]
    assert yizhan("prune", home=household.home, **settings).returncode == 0
    assert [each.name for each in household.house.publisher.publications()] == names

"""A wrong setting is one clear sentence that names it, says what to do, and keeps a password to itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.house import open_house
from flows.settings import SettingError, load_settings, prepare_process
from sources.kit.city_new import new_city

#: What Prefect's own vacuum is told.
_ENABLED = "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"
_RETENTION = "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "many", "YIZHAN_PORT=many：应为整数，请改正"),
        ("PORT", "70000", "YIZHAN_PORT=70000：应不大于 65535，请改正"),
        ("WORKERS", "0", "YIZHAN_WORKERS=0：应不小于 1，请改正"),
        ("PROXY", "proxy:3128", "YIZHAN_PROXY=proxy:3128：应为 http://主机:端口，请改正"),
        ("PROXY", "ftp://robot:s3cret@proxy:3128", "YIZHAN_PROXY=ftp://***@proxy:3128：应为 http://主机:端口，请改正"),
        ("PROXY", "robot:s3cret@proxy:3128", "YIZHAN_PROXY=***@proxy:3128：应为 http://主机:端口，请改正"),
        ("CA_BUNDLE", "none.pem", "YIZHAN_CA_BUNDLE=none.pem：文件不存在，请改正"),
        ("ENV_FILE", "none.env", "YIZHAN_ENV_FILE=none.env：文件不存在"),
    ],
)
def test_a_setting_of_the_wrong_form(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(f"YIZHAN_{name}", value)
    with pytest.raises(SettingError) as wrong:
        load_settings()
    assert str(wrong.value) == told


def test_two_wrong_settings_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIZHAN_PORT", "many")
    monkeypatch.setenv("YIZHAN_WORKERS", "0")
    with pytest.raises(SettingError, match=r"YIZHAN_PORT=.*；YIZHAN_WORKERS="):
        load_settings()


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("city.toml", "name = ", "不是有效的 TOML"),
        ("city.toml", 'name = "芜湖市"', "缺少 bounds 一项"),
        ("city.toml", 'name="a"\nprovince="b"\ncode="9901"\ntimezone="Asia/Beijing"\nbounds=[1,2,3,4]', "时区"),
        ("city.toml", 'name="a"\nprovince="b"\ncode="9901"\ntimezone="Asia/Shanghai"\nbounds=[9,2,3,4]', "bounds"),
        ("city.toml", 'name="a"\nprovince="b"\ncode="9901"\ntimezone="Asia/Shanghai"\nbounds="wide"', "写法不对"),
        ("vocabulary/divisions.csv", "code,name,parent,level,vintage\n990101,甲区,9901,three,2025", "写法不对"),
        ("stations.py", "SOURCE = 1", "缺少 SOURCE"),
        ("stations.py", "import nothing_like_it", "读不进来"),
    ],
)
def test_a_citys_folder_that_is_not_as_it_should_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, content: str, told: str
) -> None:
    folder = new_city(tmp_path / "hefei")
    (folder / file).write_text(content, "utf-8")
    monkeypatch.setenv("YIZHAN_CITY", str(folder))
    with pytest.raises(SettingError, match=told) as wrong:
        open_house(load_settings())
    assert str(folder) in str(wrong.value)


def test_a_model_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}", "utf-8")
    monkeypatch.setenv("YIZHAN_MODEL", str(tmp_path / "model.json"))
    with pytest.raises(SettingError, match=r"去重模型 model\.json"):
        open_house(load_settings())


def _put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What prepare_process sets for Prefect is as before after the test: other tests have a server of their own."""
    for name in ("PREFECT_HOME", _ENABLED, _RETENTION):
        monkeypatch.setenv(name, "put back after the test")


def test_prefect_keeps_its_runs_for_as_many_nights_as_the_archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YIZHAN_HOME", str(tmp_path))
    monkeypatch.setenv("YIZHAN_KEEP_NIGHTS", "30")
    _put_back(monkeypatch)
    prepare_process(load_settings())
    assert (os.environ[_ENABLED], os.environ[_RETENTION]) == ("events,flow_runs", str(30 * 24 * 3600))


@pytest.mark.parametrize("before", ["", "intranet.example"])
def test_a_proxy_of_the_environment_does_not_stand_before_our_own_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, before)
    monkeypatch.setenv("YIZHAN_HOME", str(tmp_path))
    _put_back(monkeypatch)
    prepare_process(load_settings())
    assert os.environ["NO_PROXY"].split(",") == [*filter(None, [before]), "127.0.0.1", "localhost"]


def test_a_word_that_silences_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIZHAN_NOTIFY_ON", "rejected,everything")
    with pytest.raises(SettingError, match=r"YIZHAN_NOTIFY_ON=.*不认识 everything"):
        load_settings()
    monkeypatch.setenv("YIZHAN_NOTIFY_ON", "published")
    assert load_settings().notified == {"published"}

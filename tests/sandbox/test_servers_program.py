"""`python -m sandbox` as a program: its env file, its control, its truth, and how it ends."""

from __future__ import annotations

import io
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import psutil
import pytest
import requests

from sandbox.city import Town
from sandbox.servers.control import Control
from sandbox.servers.edition import City, Edition
from sandbox.servers.env_file import EnvFile
from sandbox.servers.exchange import Request
from tests.sandbox.conftest import Program, command, program, ready

KEYS = {
    "YIZHAN_UNION_URL", "YIZHAN_UNION_KEY", "YIZHAN_ICBC_URL", "YIZHAN_ICBC_APP_ID", "YIZHAN_ICBC_SECRET", "YIZHAN_RURAL_PATH",
    "YIZHAN_RURAL_SFTP", "YIZHAN_RURAL_PASSWORD", "YIZHAN_SFTP_HOST_KEY", "YIZHAN_MOBILE_URL", "YIZHAN_MOBILE_TOKEN_URL",
    "YIZHAN_MOBILE_CLIENT_ID", "YIZHAN_MOBILE_CLIENT_SECRET", "YIZHAN_TOWER_URL", "YIZHAN_CIVILIZATION_URL", "SANDBOX_CONTROL_URL",
    "SANDBOX_NIGHT", "SANDBOX_SEED",
}  # fmt: skip


def _csv(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def _truth(served: Program, of: str = "rows") -> pd.DataFrame:
    answer = requests.post(f"{served.env['SANDBOX_CONTROL_URL']}/truth", params={"of": of}, timeout=60)
    answer.encoding = "utf-8"
    return _csv(answer.text)


def test_the_env_file_names_every_address_and_key_for_its_owner_alone(served: Program) -> None:
    assert set(served.env) == KEYS
    assert (served.env["SANDBOX_SEED"], served.env["SANDBOX_NIGHT"]) == ("1", "0")
    assert stat.S_IMODE(served.env_file.stat().st_mode) == 0o600


def test_control_tells_and_moves_the_night(served: Program, town: Town, later: Callable[[int], None]) -> None:
    later(3)
    told = requests.get(served.env["SANDBOX_CONTROL_URL"], timeout=30).json()
    assert (told["seed"], told["night"], told["date"]) == (1, 3, "2026-06-04")
    assert told["rows"]["union"] == len(town.rows("union", 3))
    assert 'SANDBOX_NIGHT="3"\n' in served.env_file.read_text("utf-8")


@pytest.mark.parametrize("body", ["", "{}", '{"night": -1}', '{"night": "3"}', '{"night": true}', "[3]"])
def test_control_refuses_what_is_no_night(served: Program, body: str) -> None:
    assert requests.post(f"{served.env['SANDBOX_CONTROL_URL']}/night", data=body, timeout=30).status_code == 400


def test_the_truth_names_the_station_of_every_row(served: Program, town: Town) -> None:
    truth = _truth(served)
    assert list(truth.columns) == ["night", "source", "code", "line", "station", "faults"]
    for source in town.presses:
        rows = town.rows(source, 0)
        part = truth[truth["source"] == source]
        assert part["station"].to_list() == [row.station for row in rows]
        assert part["faults"].to_list() == [";".join(row.faults) for row in rows]
        assert part["line"].is_unique
    assert (truth.loc[truth["source"] == "bank_rural", "code"] == "").all()
    assert truth.loc[truth["source"] == "union", "line"].to_list() == [str(n) for n in range(1, len(town.rows("union", 0)) + 1)]


def test_the_truths_line_is_where_the_row_stands_in_the_workbook(served: Program, town: Town) -> None:
    truth = _truth(served)
    lines = truth.loc[truth["source"] == "bank_rural", "line"].str.split("!")
    workbook = Path(served.env["YIZHAN_RURAL_PATH"]) / "网点清单.xlsx"
    sheets = pd.read_excel(workbook, sheet_name=None, header=None, dtype=str, engine="calamine")
    names = [sheets[sheet].iloc[int(row) - 1, 1] for sheet, row in lines]
    assert pd.Series(names).fillna("").to_list() == [row.fields["网点名称"] or "" for row in town.rows("bank_rural", 0)]


def test_the_truth_of_the_stations_counts_those_that_are_open(served: Program, town: Town) -> None:
    stations = _truth(served, of="stations")
    assert list(stations.columns) == ["station", "name", "kind", "batch", "county_code", "lng_wgs84", "lat_wgs84", "opened", "closed"]
    assert (stations["closed"] == "").sum() == 94
    assert set(_truth(served)["station"]) <= set(stations["station"])
    beside = served.env_file.parent / "truth_stations.csv"
    assert beside.read_text("utf-8").count("\n") == len(town.stations(0)) + 1
    assert _csv((served.env_file.parent / "truth.csv").read_text("utf-8")).equals(_truth(served))


def test_the_same_seed_and_night_give_the_same_keys_and_bytes(served: Program, tmp_path: Path) -> None:
    with program(tmp_path, "--night", "0") as other:
        fixed = [name for name in KEYS if name.endswith(("KEY", "SECRET", "PASSWORD", "ID")) and name != "YIZHAN_SFTP_HOST_KEY"]
        assert all(other.env[name] == served.env[name] for name in fixed)
        assert other.env["YIZHAN_SFTP_HOST_KEY"].split()[1:] == served.env["YIZHAN_SFTP_HOST_KEY"].split()[1:]
        contents = [(Path(each.env["YIZHAN_RURAL_PATH"]) / "网点清单.xlsx").read_bytes() for each in (served, other)]
        assert contents[0] == contents[1]
        registers = [requests.get(each.env["YIZHAN_CIVILIZATION_URL"], timeout=30).content for each in (served, other)]
        assert registers[0] == registers[1]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_leaves_no_process_port_or_file(tmp_path: Path, sign: signal.Signals) -> None:
    with program(tmp_path, "--night", "0") as running:
        started = running.processes()
        made = Path(running.env["YIZHAN_RURAL_PATH"]).parent
        cluster = Path(started[1].cwd()).parent
        assert cluster.exists()
        running.process.send_signal(sign)
        said, complained = running.process.communicate(timeout=60)
    assert running.process.returncode == 0
    assert said == f"The sample city is served: night 0 (2026-06-01). Addresses and keys are in {running.env_file}. Ctrl-C stops it.\n"
    assert complained == ""
    assert psutil.wait_procs(started, timeout=10)[1] == []
    assert [path for path in (running.env_file, made, cluster) if path.exists()] == []
    with pytest.raises(requests.ConnectionError):
        requests.get(running.env["SANDBOX_CONTROL_URL"], timeout=5)


def test_killed_it_takes_postgresql_with_it(tmp_path: Path) -> None:
    with program(tmp_path, "--night", "0") as running:
        started = running.processes()
        folders = [Path(started[1].cwd()).parent, Path(running.env["YIZHAN_RURAL_PATH"]).parent]
        running.process.kill()
        assert psutil.wait_procs(started, timeout=30)[1] == []
    for folder in folders:  # a killed program cannot clear up after itself
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    env_file = tmp_path / "sandbox.env"
    line = command(env_file, ["--night", "0", "--with-parent"])
    code = f"import subprocess; subprocess.Popen({line!r}, start_new_session=True).wait()"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    running = ready(parent, env_file)
    started = running.processes()[1:]
    parent.kill()
    assert psutil.wait_procs(started, timeout=30)[1] == []
    parent.communicate(timeout=30)
    assert not env_file.exists()


def test_without_postgresql_it_stops_and_says_so(tmp_path: Path) -> None:
    with program(tmp_path, "--night", "0") as running:
        running.processes()[1].send_signal(signal.SIGINT)
        _, complained = running.process.communicate(timeout=60)
    assert running.process.returncode == 1
    assert complained == "The sample city stops: its PostgreSQL has ended.\n"


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--night", "-1"], "nights are counted from 0"), (["--scale", "9"], "between 0.05 and 5")]
)
def test_wrong_use_is_said_in_words(tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = subprocess.run(command(tmp_path / "env", arguments), capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_a_file_in_the_way_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = command(tmp_path / "file" / "sandbox.env", ["--night", "0"])
    ended = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The sample city could not be served: ")
    assert "Traceback" not in ended.stderr


def test_without_a_night_it_follows_the_calendar_until_it_is_moved(town: Town) -> None:
    today = [date(2026, 6, 3)]
    published: list[Edition] = []
    place = City(town, 0)
    control = Control(place, published.append, lambda: today[0])
    control.follow()
    control.follow()
    assert [edition.night for edition in published] == [2]
    today[0] = date(2026, 6, 4)
    control.look(Request("GET", "/control", {}))
    assert place.edition.night == 3
    control.night(Request("POST", "/control/night", {}, b'{"night": 1}'))
    today[0] = date(2026, 6, 5)
    control.follow()
    assert place.edition.night == 1


def test_another_citys_env_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.env"
    first, second = EnvFile(path), EnvFile(path)
    first.write({"SANDBOX_SEED": "1"})
    second.write({"SANDBOX_SEED": "2"})
    first.rewrite({"SANDBOX_SEED": "3"})
    first.remove()
    assert path.read_text("utf-8") == 'SANDBOX_SEED="2"\n'
    second.remove()
    assert list(tmp_path.iterdir()) == []

"""What stands in deploy/ can be deployed: units that systemd takes and that call commands that exist, and a proxy that lets nobody in without a login."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from flows.command import app
from flows.settings import PREFIX, Settings
from tests.sources.owner_server import Asked, Reply, Served, closed_port, serving

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]

#: The hash of "secret" (openssl passwd -apr1).
USERS = "limin:$apr1$yizhan00$Fq6EYX0JPjCmGiJzpouSz0\n"


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text("utf-8"))
    return read


def test_there_is_a_unit_for_the_service_the_switch_and_clearing_away() -> None:
    assert {path.name for path in UNITS} == {
        "yizhan.service",
        *(f"yizhan-{name}.{kind}" for name in ("watch", "prune") for kind in ("service", "timer")),
    }


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_calls_a_command_that_exists_with_settings_that_exist(path: Path) -> None:
    service = unit(path)["Service"]
    program, command, *options = shlex.split(service["ExecStart"])
    assert Path(program).name == "yizhan"
    assert command in app
    app.parse_args([command, *options])  # raises where an option is none
    named = {word.split("=")[0].removeprefix(PREFIX).lower() for word in service["Environment"].split()}
    assert named <= set(Settings.model_fields)
    assert service["User"] == "yizhan", "nothing runs as root"


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".timer"], ids=lambda path: path.name)
def test_a_timer_starts_a_service_that_is_there(path: Path) -> None:
    assert path.with_suffix(".service") in UNITS
    assert "OnCalendar" in unit(path)["Timer"]


def test_systemd_finds_nothing_to_object_to(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here; the units were read above")
    for path in UNITS:
        text = path.read_text("utf-8").replace("/opt/yizhan/.venv/bin/yizhan", str(Path(sys.executable).with_name("yizhan")))
        (tmp_path / path.name).write_text(text, "utf-8")
    found = subprocess.run(["systemd-analyze", "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_the_container_is_made_of_files_that_are_there() -> None:
    for files in re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Containerfile").read_text("utf-8"), re.M):
        assert [name for name in files.split() if not (DEPLOY.parent / name).exists()] == []


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[str, str, Served]]:
    """Addresses of the Prefect UI and of our pages behind the recipe, and what stands in for both behind it."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if nginx is None:
        pytest.skip("nginx is not here: apt-get install nginx-light")
    ui, desk = closed_port(), closed_port()
    with serving(lambda _: Reply(b"behind")) as behind:
        upstream = behind.url.removeprefix("http://").removesuffix("/list")
        recipe = re.sub(r"^\s*ssl_certificate.*\n", "", (DEPLOY / "nginx.conf").read_text("utf-8"), flags=re.M)
        for ours, theirs in {
            "listen 443 ssl": f"listen 127.0.0.1:{ui}",
            "listen 8443 ssl": f"listen 127.0.0.1:{desk}",
            "127.0.0.1:4200": upstream,
            "127.0.0.1:4201": upstream,
            "/etc/nginx/yizhan.htpasswd": str(tmp_path / "users"),
            "include            /etc/nginx/yizhan-secret.conf": f"include {tmp_path / 'secret.conf'}",
        }.items():
            assert ours in recipe, ours
            recipe = recipe.replace(ours, theirs)
        paths = "".join(f"{name}_temp_path {tmp_path / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (tmp_path / "users").write_text(USERS)
        (tmp_path / "secret.conf").write_text('proxy_set_header X-Yizhan-Secret "only the proxy knows";\n')
        tmp_path.chmod(0o755)
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{paths}{recipe}}}\n"
        )
        with subprocess.Popen(
            [nginx, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                while process.poll() is None and not _answers(ui):
                    time.sleep(0.02)
                assert process.poll() is None, process.stderr and process.stderr.read()
                yield f"http://127.0.0.1:{ui}", f"http://127.0.0.1:{desk}", behind
            finally:
                process.terminate()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}", timeout=5).status_code == 401
    except requests.ConnectionError:
        return False


def test_the_proxy_lets_nobody_in_without_a_login_and_names_who_came(proxied: tuple[str, str, Served]) -> None:
    ui, desk, behind = proxied
    for address in (ui, desk):
        assert requests.get(address, timeout=5).status_code == 401
        assert requests.get(address, auth=("limin", "wrong"), timeout=5).status_code == 401
    assert behind.asked == []
    for address in (ui, desk):
        assert (
            requests.get(
                f"{address}/do/release",
                auth=("limin", "secret"),
                headers={"X-Yizhan-User": "wangfang", "X-Yizhan-Secret": "guessed"},
                timeout=5,
            ).text
            == "behind"
        )
    to_ui, to_desk = behind.asked
    assert to_desk.headers["X-Yizhan-User"] == "limin", "what a browser says of itself counts for nothing"
    assert to_desk.headers["X-Yizhan-Secret"] == "only the proxy knows", "by which our pages know that it is the proxy who says so"
    assert not any("Authorization" in asked.headers for asked in (to_ui, to_desk)), "passwords stop at the proxy"
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    requests.get(f"{ui}/api/events/out", auth=("limin", "secret"), headers=upgrade, timeout=5)
    assert _upgrade(behind.asked[-1]) == ("upgrade", "websocket")


def _upgrade(asked: Asked) -> tuple[str, str]:
    return asked.headers["Connection"], asked.headers["Upgrade"]

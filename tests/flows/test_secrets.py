"""What Prefect keeps of a night (runs, states, parameters, logs, artifacts) holds no secret, whatever the owners did."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from prefect.settings import get_current_settings

from flows.nightly import nightly
from tests.night.bad_night import secrets
from tests.night.town import Household

pytestmark = pytest.mark.usefixtures("prefect")


def test_prefect_keeps_no_secret(household: Household, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("YIZHAN_ICBC_URL", "http://someone:s3cret-word@127.0.0.1:9/outlets")
    with caplog.at_level("DEBUG"):
        ended = nightly(on=date(2026, 6, 1), return_state=True)
    assert ended.name == "Quarantined"
    known = {**secrets({f"YIZHAN_{name}": value for name, value in household.settings.variables.items()}), "icbc": "s3cret-word"}
    assert len(known) >= 5
    address = get_current_settings().server.database.connection_url
    assert address is not None
    database = Path(address.get_secret_value().partition("///")[2])
    folders = (database.parent, Path(os.environ["PREFECT_HOME"]))
    kept = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert any(b"night-report" in content for content in kept.values()), "looked in the right place"
    assert not [(name, path) for name, secret in known.items() for path, content in kept.items() if secret.encode() in content]
    assert not [name for name, secret in known.items() if secret in caplog.text]

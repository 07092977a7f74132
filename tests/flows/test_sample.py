"""The sample city that somebody else runs is used, and never moved under them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flows.sample import EPOCH, SampleError, sample_city
from tests.night.town import served_town


def test_a_running_city_is_used_on_its_own_night_and_refused_on_another(tmp_path: Path) -> None:
    with served_town(tmp_path) as town:
        with sample_city(tmp_path, EPOCH) as env_file:
            assert town.env["SANDBOX_CONTROL_URL"] in env_file.read_text("utf-8")
        with pytest.raises(SampleError, match="现在是 2026-06-01 这一夜"), sample_city(tmp_path, EPOCH + timedelta(days=3)):
            pass
        assert (tmp_path / "sandbox.env").exists(), "it is left running"

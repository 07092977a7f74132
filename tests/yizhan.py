"""The command line as a person calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

YIZHAN = str(Path(sys.executable).with_name("yizhan"))


def new_city_home(root: Path, yizhan: str = YIZHAN) -> tuple[Path, dict[str, str]]:
    """A new city below `root`, made by the command `yizhan`: the home for its nights, and the variables that lead there."""
    made = subprocess.run([yizhan, "city", "new", str(root / "hefei")], cwd=root, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    home = root / "var"
    return home, {"YIZHAN_HOME": str(home), "YIZHAN_CITY": str(root / "hefei"), "COLUMNS": "200"}

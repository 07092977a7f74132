"""A new city's folder, to start from: it runs as it is, and every file in it says what to change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

_TEMPLATE: Final = Path(__file__).parent / "template"


def new_city(folder: Path) -> Path:
    """Fill `folder`, which must be absent or empty, with a sample city of one source. Raises FileExistsError when anything is in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(str(folder))
    shutil.copytree(_TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True, copy_function=shutil.copyfile)
    return folder

"""Loading the rules of the working tree, so that a file of them that does not load is told as such. Imports nothing that holds a rule."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from flows.settings import ROOT, SettingError
from transforms.rule_file import RuleFileError

_Loaded = TypeVar("_Loaded")

#: Where rules stand.
RULES: Final = tuple(ROOT / name for name in ("expectations", "transforms", "sources"))


def loaded(load: Callable[[], _Loaded]) -> _Loaded:
    """What `load` (an import, as a rule) gives. Raises SettingError that names the file and line of a rule that does not load; other faults are ours."""
    try:
        return load()
    except RuleFileError as broken:
        raise SettingError(str(broken)) from broken
    except Exception as broken:
        if place := _place(broken):
            raise SettingError(f"{place}：读不进来（{type(broken).__name__}: {broken}），请改正后再试") from broken
        raise


def _place(broken: Exception) -> str | None:
    """The rule's file and line at which loading ended, None when it was none of theirs."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(broken.__traceback__)]
    if isinstance(broken, SyntaxError) and broken.filename:
        frames.append((broken.filename, broken.lineno))
    for name, line in reversed(frames):
        path = Path(name)
        if any(path.is_relative_to(folder) for folder in RULES):
            return f"{path.relative_to(ROOT)} 第 {line} 行"
    return None

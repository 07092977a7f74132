"""Values inside parsed JSON by a dotted path: "data.list"."""

from __future__ import annotations

from typing import Any


def at_path(body: Any, path: str) -> Any:
    """The value at the path, the body itself for an empty path, None where the path leads nowhere."""
    for step in path.split(".") if path else ():
        body = body.get(step) if isinstance(body, dict) else None
    return body

"""What the API answers when it does not answer: a status, a code for programs and one sentence (Chinese) for people."""

from __future__ import annotations

from typing import Any, Final


class ApiRefusal(Exception):  # noqa: N818 - a merged id is refused too, and is no error
    """`status` and `headers` of the answer; its body is `code`, `description` (OGC 17-069r4, exception.yaml) and what `more` tells."""

    def __init__(self, status: int, code: str, description: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(description)
        self.status = status
        self.headers = headers or {}
        self.body: Final[dict[str, Any]] = {"code": code, "description": description, **more}

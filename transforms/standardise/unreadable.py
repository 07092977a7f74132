"""What a cleaner raises when a text is there but cannot be understood."""

from __future__ import annotations


class Unreadable(ValueError):  # noqa: N818 - what a text is, not an error of ours
    """`reason` is the id of a rule in transforms.records.rules; the text itself travels with the row, not with the exception."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

"""Every rule of the house: those of the cleaners and the contract, and those that the suites check."""

from __future__ import annotations

from expectations.run import rules
from transforms.records import RULES, Rule


def every_rule() -> dict[str, Rule]:
    """Rule id → rule."""
    return {**RULES, **rules()}

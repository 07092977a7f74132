"""The night in a few lines for a phone: the same that the report begins with, and no row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from desk.facts import NightFacts
from desk.report import headline, masked, told_of_lists

#: Messengers cut at about 2,000 bytes, which are 600 characters of Chinese.
_LINE: Final = 200
_LISTS: Final = 3


def night_notice(facts: NightFacts, titles: Mapping[str, str]) -> str:
    """The report's headline, and why the first lists were stopped. `titles`: source key → Chinese title."""
    stopped = told_of_lists(facts.sources[facts.sources["is_stopped"].astype(bool)], titles)
    more = [f"另有 {len(stopped) - _LISTS} 份名单被暂停采用，见夜报"] if len(stopped) > _LISTS else []
    return "\n".join(shortened(line.replace("**", "")) for line in [*headline(facts, titles), *stopped[:_LISTS], *more])


def shortened(line: str) -> str:
    """One line that reaches no person and does not run on."""
    told = masked(" ".join(line.split()))
    return told if len(told) <= _LINE else told[: _LINE - 1] + "…"

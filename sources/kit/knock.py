"""Knocking at an owner's door: are the settings given, and does its server let us in? Its list is not fetched, nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

from sources.kit.archive import Archive
from sources.kit.call import Clock, FetchCall, FetchError
from sources.kit.deadline import Deadline, TooSlowError
from sources.kit.named import PREFIX, MissingSettingError, Named
from sources.kit.network import Network
from sources.kit.retrieval import Checkpoint

#: Seconds for one owner, whatever it does meanwhile: a person waits for the answer.
SECONDS: Final = 8.0


@runtime_checkable
class Knockable(Protocol):
    """A fetch that can knock. `settings` are the names (without prefix) that have to be given before it can."""

    @property
    def settings(self) -> tuple[str, ...]: ...

    def knock(self, call: FetchCall, /) -> datetime | None:
        """Ask as a fetch would, and leave at the answer. The owner's clock where it tells its time. Raises what a fetch raises."""
        ...


@dataclass(frozen=True, slots=True)
class Knocked:
    """How it went: `missing` settings (with prefix), what is wrong (Chinese; empty: let in), and the owner's clock where it told its time."""

    missing: tuple[str, ...] = ()
    wrong: str = ""
    told: datetime | None = None


def knock(
    fetch: Knockable, night: str, archive: Archive, named: Named, clock: Clock, network: Network, *, seconds: float = SECONDS
) -> Knocked:
    """Knock, and once more where the owner asks for a moment's patience. Never raises for an owner's or the network's fault."""
    if missing := tuple(PREFIX + name for name in fetch.settings if not named.has(name)):
        return Knocked(missing)
    impatient = replace(network, connect_seconds=3.0, read_seconds=5.0, tries=2, retry_after_seconds=3.0)
    with Deadline(seconds) as deadline:
        call = FetchCall(night, Checkpoint(), archive, named, clock, impatient, deadline)
        try:
            return Knocked(told=fetch.knock(call))
        except FetchError as failed:
            return Knocked(wrong=call.secrecy.hide(failed.sentence))
        except MissingSettingError as missing_too:
            return Knocked((missing_too.name,))
        except TooSlowError:
            return Knocked(wrong=f"{seconds:g} 秒内没有答复；请稍后再试，如反复出现请联系对方")

"""What waits to be told to people outside (企业微信, 钉钉, mail, a webhook …): a file a message, written before it is sent, removed once every channel has it.

A channel that is down is nobody's failure: its messages wait in var/outbox, and whoever sends next (a night, `yizhan watch`) tries them again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Final

#: Seconds that one channel may take over one message. Each wait of apprise is bounded by 4 s, but a server that trickles outlasts any number of them.
SECONDS: Final = 20.0

#: Messages that are remembered as sent, so that none is sent twice: those of about four months.
_REMEMBERED: Final = 200


@dataclass(frozen=True, slots=True)
class Message:
    """What is told (Chinese, plain text). `name`: what it is about (night-2026-06-01); of one name the last text counts.
    `link` leads to where more is to be seen; it is no part of what is said: the same text with another link is the same message.
    `attached`: paths of files that go with it, where the channel takes files; one that is gone by then is left out."""

    name: str
    title: str
    text: str
    link: str = ""
    attached: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Names what is said."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message on its way. `done`: channels that have it; `why` it still waits (Chinese)."""

    message: Message
    since: str
    done: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Channel:
    """One address. `key` names it where it must not be written: an address is a secret."""

    number: int
    address: str = field(repr=False)

    @property
    def key(self) -> str:
        return hashlib.sha256(self.address.encode()).hexdigest()[:12]


class Outbox:
    """Messages of the installation in `home` (var) to the addresses in `notify` (apprise URLs, one or several; empty: nothing is ever told).

    `clock` tells since when a message waits; `seconds` bounds one channel and message.
    """

    def __init__(self, home: Path, notify: str, *, clock: Callable[[], datetime], seconds: float = SECONDS) -> None:
        self._folder = home / "outbox"
        self._told = home / "told.json"
        self._notify = notify
        self._clock = clock
        self._seconds = seconds

    def tell(self, message: Message | None = None, *, once: bool = False) -> list[str]:
        """Send `message` and whatever waits; what was not sent, a sentence (Chinese) each. Never raises for a channel, nor for a disk: what cannot be
        written is sent all the same. A text that was sent under the same name before is not sent again; with `once` no other text under it either."""
        channels = self._channels()
        if not channels:
            return []
        letters = [self._new(message)] if message and not self._is_known(message, once=once) else []
        wrong = []
        try:
            for letter in letters:
                self._write(self._path(letter.message), asdict(letter))
            letters = []
        except OSError as unwritten:
            wrong = [_unwritable(unwritten)]
        try:
            with self._alone() as is_alone:
                if is_alone:
                    self._send([*letters, *self._letters()], channels)
        except OSError as unwritten:
            wrong = [_unwritable(unwritten)]
        return [*wrong, *self.told()]

    def told(self) -> list[str]:
        """What waits now, a sentence (Chinese) each."""
        letters = self._letters()
        ours = {self._path(each.message).name for each in letters}
        strange = sorted(path.name for path in self._folder.glob("*.json") if path.name not in ours)
        return [
            *(f"“{each.message.title}”自 {each.since} 起等待发出：{each.why or '还没有试过'}" for each in letters),
            *(f"var/outbox/{name} 读不出来，请删去" for name in strange),
        ]

    def _new(self, message: Message) -> _Letter:
        return _Letter(message, self._clock().isoformat(timespec="seconds"))

    def _is_known(self, message: Message, *, once: bool) -> bool:
        """Whether the message was sent before, or waits already."""
        before = [
            self._remembered().get(message.name),
            *(each.message.digest for each in self._letters() if each.message.name == message.name),
        ]
        return message.digest in before or (once and any(before))

    def _send(self, letters: Sequence[_Letter], channels: Sequence[_Channel]) -> None:
        """Every message to every channel that lacks it, the oldest first; a channel that failed is not asked again this time."""
        down: dict[str, str] = {}
        for letter in letters:
            done = set(letter.done)
            for channel in channels:
                if channel.key in done or channel.key in down:
                    continue
                if why := _sent(channel, letter.message, self._seconds):
                    down[channel.key] = why
                else:
                    done.add(channel.key)
            if missing := [channel.key for channel in channels if channel.key not in done]:
                why = "；".join(down[key] for key in missing)
                self._write(self._path(letter.message), asdict(replace(letter, done=tuple(sorted(done)), why=why)))
            else:
                self._remember(letter.message)
                self._path(letter.message).unlink(missing_ok=True)

    def _channels(self) -> list[_Channel]:
        if not self._notify.strip():
            return []
        from apprise.utils.parse import parse_urls

        return [_Channel(number, address) for number, address in enumerate(parse_urls(self._notify), start=1)]

    def _letters(self) -> list[_Letter]:
        """What waits, the oldest first. A file that is none of ours is left alone."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                letter = json.loads(path.read_text("utf-8"))
                found.append(_Letter(Message(**letter["message"]), str(letter["since"]), tuple(letter["done"]), str(letter["why"])))
            except (OSError, ValueError, KeyError, TypeError):
                continue  # told by `told`
        return sorted(found, key=lambda each: (each.since, each.message.name))

    def _path(self, message: Message) -> Path:
        return self._folder / f"{message.name}.json"

    def _remembered(self) -> dict[str, str]:
        """Name → digest of the text that was sent last under it. What cannot be read is forgotten: better told twice than not at all."""
        try:
            return dict(json.loads(self._told.read_text("utf-8")))
        except (OSError, ValueError):
            return {}

    def _remember(self, message: Message) -> None:
        known = self._remembered()
        known.pop(message.name, None)
        self._write(self._told, dict([*known.items(), (message.name, message.digest)][-_REMEMBERED:]))

    def _write(self, path: Path, content: object) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
        draft.chmod(0o600)
        draft.replace(path)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else is sending meanwhile: two who did would tell the same twice. Where no lock can be had nobody else has one."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield True
            return
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)


def unknown_addresses(notify: str) -> list[int]:
    """Which addresses of the setting (the first is 1) name no service that apprise knows, or lack something."""
    from apprise import Apprise
    from apprise.utils.parse import parse_urls

    _quiet()
    return [number for number, address in enumerate(parse_urls(notify), start=1) if Apprise.instantiate(address) is None]


def _sent(channel: _Channel, message: Message, seconds: float) -> str:
    """Send the message to the channel; "" once it has it, else why it has not (Chinese, without the address)."""
    answer: Future[str] = Future()
    Thread(
        target=_answering, args=(answer, channel, message), daemon=True
    ).start()  # a daemon: a process ends without waiting for a server that hangs
    try:
        return answer.result(seconds)
    except TimeoutError:
        return f"第 {channel.number} 个通道 {seconds:g} 秒内没有收完"


def _answering(answer: Future[str], channel: _Channel, message: Message) -> None:
    try:
        answer.set_result(_attempt(channel, message))
    except BaseException as wrong:  # noqa: BLE001 - whatever a plugin does, the message waits; what it said may hold the address
        answer.set_result(f"第 {channel.number} 个通道出错（{type(wrong).__name__}）")


def _attempt(channel: _Channel, message: Message) -> str:
    from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat

    _quiet()
    ways = Apprise(asset=AppriseAsset(app_id="Yizhan", app_desc="Yizhan", app_url="", async_mode=False))
    if not ways.add(channel.address):
        return f"YIZHAN_NOTIFY 的第 {channel.number} 个地址 apprise 不认识，请改正"
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
        body = "\n".join(filter(None, (message.text, message.link)))
        files = [path for path in message.attached if Path(path).is_file()]
        if ways.notify(body=body, title=message.title, body_format=NotifyFormat.TEXT, attach=files or None):
            return ""
        last = (said.getvalue().strip().splitlines() or ["没有说明原因"])[-1]  # an address never stands in what plugins say of a failure
    return f"第 {channel.number} 个通道没有收下（{last}）"


def _quiet() -> None:
    """What apprise has to say goes into our sentences, and nowhere else: some of it repeats an address."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unwritable(wrong: OSError) -> str:
    return f"var/outbox 写不进去（{wrong.strerror}），没有送出的通知留不下来；请检查磁盘与权限"

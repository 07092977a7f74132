"""The feed of changes carried on after each publication, and `yizhan feed`, which reads it from a cursor."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from rich.console import Console

from desk.feed import FeedError, carry_on, lines_after
from flows.house import House, open_house
from flows.run import RefusedError
from flows.settings import Settings

_LOG: Final = logging.getLogger(__name__)


def feed_folder(settings: Settings) -> Path:
    """Where the feed is."""
    return settings.home / "feed"


def tell_feed(house: House) -> str | None:
    """Tell in the feed what the publication in force changed. Called by whoever holds the writer's lock, after it published.

    What cannot be written is a sentence (Chinese) and hinders nothing: the next publication tells both.
    """
    publication = house.publisher.current()
    folder = feed_folder(house.settings)
    if publication is None:
        return None
    try:
        carry_on(folder, publication)
    except FeedError as broken:
        return f"变动流没有写成：{broken}"
    except OSError as wrong:
        return f"变动流没有写成：{wrong.strerror or wrong}（{folder}）；消除原因后，下一次发布时一并补上"
    except Exception as fault:  # noqa: BLE001 - the night is published; this is told beside it
        _LOG.exception("the feed could not tell %s", publication.name)
        return f"变动流没有写成：程序出错（{type(fault).__name__}）；请把运行日志报给开发者"
    return None


def show_feed(settings: Settings, say: Console, *, after: str | None) -> int:
    """Print the lines behind a cursor as they are."""
    try:
        for line in lines_after(feed_folder(open_house(settings, with_model=False).settings), after):
            say.file.write(line)
    except FeedError as wrong:
        raise RefusedError(str(wrong)) from wrong
    return 0

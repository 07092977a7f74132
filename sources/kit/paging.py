"""Ways in which an owner cuts a list into pages: how the next page is asked for, and when there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

from sources.kit.call import FetchError
from sources.kit.dotted import at_path
from sources.kit.retrieval import Outcome

Parameters: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as far as paging looks into it: the parsed body, its rows, the address asked, and the address of Link rel=next."""

    body: Any
    rows: int
    url: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the next page is: `url` None means the list's own address. `mark` tells this turn from every other one."""

    mark: str
    parameters: Parameters
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PageSize:
    """Numbered pages: ?page=1&size=100. Ends when the rows reach the stated total, or, where none is stated, at a page without rows."""

    size: int = 100
    page: str = "page"
    limit: str = "size"
    first: int = 1

    @property
    def counts_rows(self) -> bool:
        """Whether the end is found by counting: only then can a row added meanwhile push others from page to page."""
        return True

    def start(self) -> Turn:
        """The first page."""
        return self._turn(self.first)

    def after(self, page: Page, pages: int, _rows: int) -> Turn | None:
        """The page after `pages` pages, None when that one was empty."""
        return self._turn(self.first + pages) if page.rows else None

    def _turn(self, number: int) -> Turn:
        return Turn(str(number), {self.page: str(number), self.limit: str(self.size)})


@dataclass(frozen=True, slots=True)
class Offset:
    """?offset=0&limit=100. Moves on by the rows that came, so that a server which gives fewer than asked loses none."""

    size: int = 100
    offset: str = "offset"
    limit: str = "limit"

    @property
    def counts_rows(self) -> bool:
        """See PageSize."""
        return True

    def start(self) -> Turn:
        """The first page."""
        return self._turn(0)

    def after(self, page: Page, _pages: int, rows: int) -> Turn | None:
        """The page that starts after `rows` rows, None when the last one was empty."""
        return self._turn(rows) if page.rows else None

    def _turn(self, rows: int) -> Turn:
        return Turn(str(rows), {self.offset: str(rows), self.limit: str(self.size)})


@dataclass(frozen=True, slots=True)
class Cursor:
    """?cursor=…&limit=50, with the next cursor in the body at the dotted path `following`; ends when it is absent, null or empty."""

    following: str = "nextCursor"
    size: int = 50
    cursor: str = "cursor"
    limit: str = "limit"

    @property
    def counts_rows(self) -> bool:
        """See PageSize."""
        return False

    def start(self) -> Turn:
        """The first page, which has no cursor."""
        return Turn("", {self.limit: str(self.size)})

    def after(self, page: Page, _pages: int, _rows: int) -> Turn | None:
        """The page that the body points at."""
        mark = at_path(page.body, self.following)
        return Turn(str(mark), {self.limit: str(self.size), self.cursor: str(mark)}) if mark not in (None, "") else None


@dataclass(frozen=True, slots=True)
class Link:
    """The header Link: <…>; rel="next". A link to another host is refused: the key would go with it."""

    size: int = 100
    limit: str = "per_page"

    @property
    def counts_rows(self) -> bool:
        """See PageSize."""
        return False

    def start(self) -> Turn:
        """The first page."""
        return Turn("", {self.limit: str(self.size)})

    def after(self, page: Page, _pages: int, _rows: int) -> Turn | None:
        """The page that the header points at, on the same host."""
        if not page.link:
            return None
        url = urljoin(page.url, page.link)
        here, there = urlsplit(page.url), urlsplit(url)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise FetchError(Outcome.REFUSED, f"下一页指向另一台主机 {there.hostname}，没有跟去，以免密钥外泄；请联系对方")
        return Turn(url, {}, url)


Paging: TypeAlias = PageSize | Offset | Cursor | Link

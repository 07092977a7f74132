"""A browser as an operator has one: Debian's Chromium, one window for a test, and an account of every address that it asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser.city import Served, served

#: Prefect's own page asks its maker for a switch. It is refused here, and must not matter.
_MAKER = ("amplitude.com",)

#: Nothing of Chromium's own leaves the machine either.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "chromium is not installed: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window of its own; after the test no address but this machine's may have been asked for."""
    asked: list[str] = []

    def watched(route: Route) -> None:
        asked.append(route.request.url)
        host = urlsplit(route.request.url).hostname or ""
        if host == "127.0.0.1" or route.request.url.startswith(("data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    context = chromium.new_context(viewport={"width": 1280, "height": 1100}, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(60_000)
    context.route("**/*", watched)
    yield context.new_page()
    context.close()
    foreign = {host for url in asked if (host := urlsplit(url).hostname) and host != "127.0.0.1" and not host.endswith(_MAKER)}
    assert not foreign, f"asked for {foreign}"


@pytest.fixture
def picture(request: pytest.FixtureRequest, page: Page) -> Callable[..., None]:
    """Take a picture of the page under a name, where `--pictures DIR` wants them."""
    folder: Path | None = request.config.getoption("--pictures")

    def take(name: str, *, whole: bool = False) -> None:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=whole)

    return take

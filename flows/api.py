"""The read API, put together from the settings; and `yizhan api`, which serves it alone."""

from __future__ import annotations

from importlib.metadata import version
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from rich.console import Console

from desk.api.routes import api_app
from desk.links import API
from flows.registers import Registers
from flows.run import RefusedError
from flows.server import refuse_taken
from flows.settings import Settings, now
from transforms.records import load_city
from warehouse.publish import Publisher


def read_api(settings: Settings, base: str, *, is_public: bool) -> tuple[Registers, FastAPI]:
    """The registers, to be watched while the application serves them; `base`: its address as a reader reaches it, without a slash at the end; `is_public`: only what
    the public may be told."""
    city = load_city(settings.city_folder)
    registers = Registers(Publisher(settings.home, keep=settings.keep_publications, clock=now))
    return registers, api_app(
        registers, base=base, title=f"{city.name}驿站登记册", timezone=city.timezone, version=version("yizhan"), is_public=is_public
    )


def alone(reading: FastAPI, base: str) -> FastAPI:
    """The API at its path, and its documentation for who asks for the server alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(API, reading)
    app.add_route("/", lambda _: RedirectResponse(f"{base}/docs"))
    return app


def serve_api(settings: Settings, say: Console, *, host: str, port: int, url: str | None) -> int:
    """Serve the API alone until SIGINT or SIGTERM. Raises ServerError when the port is taken, RefusedError for what is no port or address."""
    import uvicorn

    if not 1 <= port <= 65535:
        raise RefusedError(f"--port {port} 不是端口：应为 1 到 65535")
    if url is not None and not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc):
        raise RefusedError(f"--url {url} 不是地址：应为 https://主机/路径")
    refuse_taken(port, "--port")
    base = (url or f"http://{host}:{port}{API}").rstrip("/")
    registers, reading = read_api(settings, base, is_public=True)
    say.print(f"驿站登记册  {base}/（只读；说明 {base}/docs）　Ctrl-C 停止", markup=False)
    with registers.watched():
        uvicorn.run(alone(reading, base), host=host, port=port, log_level="warning", server_header=False)
    return 0

"""One HTTP server on 127.0.0.1 for the owners that answer over HTTP, and for moving the city to another night."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from sandbox.servers.owners import Answer, Request, told

Route = Callable[[Request], Answer]


def web_server(routes: dict[tuple[str, str], Route]) -> ThreadingHTTPServer:
    """A server on a free port of 127.0.0.1 that answers (method, path) by `routes`; start it with serve_forever in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(routes))
    server.daemon_threads = True
    return server


def night_route(move: Callable[[int], None]) -> Route:
    """The route that moves the city: {"night": n}."""

    def route(request: Request) -> Answer:
        try:
            night = int(json.loads(request.body)["night"])
        except (ValueError, KeyError, TypeError):
            return told(400, {"error": 'expected {"night": n}'})
        if night < 0:
            return told(400, {"error": "nights are counted from 0"})
        move(night)
        return told(200, {"night": night})

    return route


def _handler(routes: dict[tuple[str, str], Route]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            route = routes.get((self.command, urlsplit(self.path).path))
            answer = route(request) if route else told(404, {"error": "not found"})
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Owners' access logs are nobody's business here."""

    return Handler

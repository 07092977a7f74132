"""One HTTP server on 127.0.0.1 for every owner that answers over HTTP, and for the city's control."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from sandbox.servers.exchange import Answer, Request, told

#: What answers, by method and path.
Routes: TypeAlias = Mapping[tuple[str, str], Callable[[Request], Answer]]

#: More than any request to an owner holds (bytes).
_LARGEST: Final = 64 * 1024


@contextmanager
def web(routes: Routes) -> Iterator[str]:
    """Serve `routes` on a free port while the block runs; gives the address without a slash at its end."""
    server = _Server(("127.0.0.1", 0), _handler(routes))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="web", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own affair; anything else is a fault of ours and goes to stderr."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _handler(routes: Routes) -> type[BaseHTTPRequestHandler]:
    paths = {path for _, path in routes}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        wbufsize = -1  # head and body leave together: apart they cost a delayed acknowledgement of 40 ms
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isdecimal() or int(length) > _LARGEST:
                self.close_connection = True  # what follows on this line is unread
                self._send(told({"error": "length"}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
                return
            headers = {name.lower(): text for name, text in self.headers.items()}
            self._send(self._routed(Request(self.command, self.path, headers, self.rfile.read(int(length)))))

        def _routed(self, request: Request) -> Answer:
            path = urlsplit(request.target).path
            route = routes.get((request.method, path))
            if route:
                return route(request)
            return told({"error": "path"}, HTTPStatus.METHOD_NOT_ALLOWED if path in paths else HTTPStatus.NOT_FOUND)

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            if answer.status != HTTPStatus.NOT_MODIFIED:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Owners' access logs are nobody's business here."""

    return Handler

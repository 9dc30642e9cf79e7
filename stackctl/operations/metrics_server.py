"""A small server of metrics, for Prometheus to scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any

from stackctl.bounds.local_server import LocalServer
from stackctl.errors import Unavailable

_PATH = "/metrics"
# How the address "" is shown: all of this machine.
_ALL = "0.0.0.0"  # noqa: S104 - only where the user has asked for it
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 10


@contextmanager
def serving(host: str, port: int, content: Callable[[], bytes]) -> Iterator[str]:
    """Serve the `content` at /metrics, and give its URL. The port 0 is one of the system's choice.

    Raises Unavailable when nothing can listen there.
    """
    from stackctl.model import Listen
    from stackctl.runtimes.ports import holder, is_taken

    address = Listen(host or _ALL, port)
    try:
        server = LocalServer((address.host, port), _handler(content))
    except OSError as error:
        held = f"{holder(str(address))} listens there" if is_taken(error) else str(error.strerror)
        remedy = "Choose another address with --listen."
        raise Unavailable.of("port.taken", f"cannot listen at {address}: {held}", remedy=remedy) from error
    Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
    try:
        yield f"http://{replace(address, port=server.server_address[1])}{_PATH}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(content: Callable[[], bytes]) -> type[BaseHTTPRequestHandler]:
    from prometheus_client import CONTENT_TYPE_LATEST

    class Handler(BaseHTTPRequestHandler):
        timeout = _ANSWER_SECONDS

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != _PATH:
                self.send_error(404, f"The metrics are at {_PATH}.")
                return
            body = content()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing: scrapes are no news."""

    return Handler

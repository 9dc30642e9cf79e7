"""A local HTTP server that answers as it is told, over a real socket."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote_plus

CERTIFICATES = Path(__file__).parents[1] / "certificates"


@dataclass(frozen=True)
class Reply:
    """An answer. A body that is not text is sent as JSON."""

    body: Any = ""
    status: int = 200


@dataclass(frozen=True)
class Asked:
    """An answer that depends on the query of the URL, decoded."""

    answer: Callable[[str], Any]


@dataclass(frozen=True)
class Posted:
    """An answer that depends on the JSON that is sent."""

    answer: Callable[[Any], Any]


NOT_FOUND = Reply({"message": "Not found"}, 404)


@dataclass
class Server:
    """Path -> what is answered there: a body, a `Reply`, or a function that makes either at each request.

    With `login`, every request without this user and password is answered 401. `asked` are the paths so far.
    """

    port: int = 0
    routes: dict[str, Any] = field(default_factory=dict)
    login: tuple[str, str] | None = None
    asked: list[str] = field(default_factory=list)
    hang: Event | None = None
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def reply(self, path: str, query: str, authorization: str, body: bytes = b"") -> Reply:
        self.asked.append(path)
        if self.hang:
            self.hang.wait(10)
        if self.login and path != "/api/health" and authorization != _basic(*self.login):
            return Reply({"message": "Invalid username or password"}, 401)
        found = self.routes.get(path, NOT_FOUND)
        found = found.answer(unquote_plus(query)) if isinstance(found, Asked) else found
        found = found.answer(json.loads(body)) if isinstance(found, Posted) else found
        found = found() if callable(found) else found
        return found if isinstance(found, Reply) else Reply(found)


@contextmanager
def serve(certificate: str = "", key: str = "") -> Iterator[Server]:
    """A server that runs until the end of the block; over TLS with a certificate and a key of tests/certificates."""
    server = Server(scheme="https" if certificate else "http")
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(CERTIFICATES / certificate, CERTIFICATES / key)
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        if server.hang:
            server.hang.set()
        http.shutdown()
        http.server_close()


def in_turn(*replies: Any) -> Callable[[], Any]:
    """Each of `replies` once, and the last one from then on."""
    left = list(replies)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one packet for an answer: two wait for each other's acknowledgement

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = server.reply(path, query, self.headers.get("Authorization", ""), body)
            text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/plain" if isinstance(reply.body, str) else "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815 - the name is the standard library's

        def log_message(self, *_: Any) -> None:
            pass

    return Handler

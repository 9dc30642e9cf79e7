"""A real stack made of pieces, with the application that serves their pages."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.e2e.pieces import Page, Piece, compose, page
from tests.e2e.pieces.benign import SHOP
from tests.e2e.real_stack import need
from tests.ports import free_port
from tests.program import stackctl

REDIRECTS = (301, 302, 303, 307, 308)
MARKS = {"fail": "", "warn": "~ "}


class App:
    """The application that serves the pages of pieces, and takes what is posted."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pages: dict[str, Page] = {"/shop": page(SHOP)}
        self.pages |= {path: each for piece in pieces for path, each in piece.pages.items()}
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                app.answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                found = app.pages.get(self.path.partition("?")[0], page(""))
                self.send_response(found.status)
                if found.status in REDIRECTS:
                    self.send_header("Location", found.headers["Location"])
                self.end_headers()
                self.wfile.write(b"ok")  # which Slack answers

            def log_message(self, *_: Any) -> None:
                pass

        self.port, self._handler = free_port(), Handler
        self._server: ThreadingHTTPServer | None = None
        self.start()

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        found = self.pages.get(handler.path.partition("?")[0], page("no", "text/plain", status=404))
        login = f"Basic {b64encode(found.login.encode()).decode()}"
        if found.login and handler.headers.get("Authorization") != login:
            found = page("who?", "text/plain", status=401)
        time.sleep(found.seconds)  # it is the page that is slow
        body = found.body(int(time.time() * 1000)).replace(b"APP", f"localhost:{self.port}".encode())
        handler.send_response(found.status)
        if found.kind:
            handler.send_header("Content-Type", found.kind)
        for name, value in found.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # a scrape that has timed out is gone
            handler.end_headers()
            handler.wfile.write(body)

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class Stack:
    """A stack of pieces, and what its verification says."""

    def __init__(self, folder: Path, app: App) -> None:
        self.folder, self.app = folder, app
        self.port, self.alertmanager = free_port(), free_port()

    @property
    def base(self) -> dict[str, Any]:
        listen = {"listen": f"127.0.0.1:{self.port}", "scrape_interval": "2s", "evaluation_interval": "1s"}
        return {
            "version": 1,
            "name": f"stackctl-pieces-{self.port}",
            "prometheus": {**listen, "external_labels": {"site": "test", "__replica__": "a"}},
            "alertmanager": {
                "listen": f"127.0.0.1:{self.alertmanager}",
                "receivers": {"all": {"webhook": {"url": "http://APP/notified"}}},
                "route": {
                    "receiver": "all",
                    "group_by": ["alertname"],
                    "group_wait": "0s",
                    "group_interval": "1s",
                    "routes": [],
                },
            },
            "services": {"shop": {"targets": ["APP"], "metrics_path": "/shop"}},
        }

    def write(self, *pieces: Piece) -> None:
        local = f"127.0.0.1:{self.app.port}"
        places = {
            "APP": f"localhost:{self.app.port}",
            "LOCAL": local,
            "PROMETHEUS": f"localhost:{self.port}",
            "ALERTMANAGER": f"127.0.0.1:{self.alertmanager}",
        }
        compose(self.base, pieces, places, self.folder)

    def run(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        ran = stackctl(*arguments, cwd=self.folder)
        assert ran.returncode in codes, ran.stdout + ran.stderr
        return ran.stdout

    def verify(self, *arguments: str) -> list[dict[str, Any]]:
        return list(json.loads(self.run("verify", "--output", "json", *arguments, codes=(0, 1)))["diagnostics"])

    def red(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """The rows that do not pass, by "id subject" with a mark for a warning."""
        return {
            self._plain(f"{MARKS[each['status']]}{each['code']} {each['subject']}"): each
            for each in self.verify(*arguments)
            if each["status"] in MARKS
        }

    def _plain(self, row: str) -> str:
        """Return a row with names for the addresses in it."""
        row = row.replace(f"localhost:{self.app.port}", "APP")
        return row.replace(f"127.0.0.1:{self.alertmanager}", "ALERTMANAGER")


@contextmanager
def running(folder: Path, app: App, *pieces: Piece) -> Iterator[Stack]:
    need("native")
    stack = Stack(folder, app)
    stack.write(*pieces)
    try:
        stack.run("up", "--runtime", "native")
        yield stack
    finally:
        stack.run("down", "--volumes", codes=(0, 1, 2, 3))
        app.close()

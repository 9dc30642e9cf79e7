"""Benign variants stay green and faults are red alone: all in one stack, and in pairs on a stack that is reloaded."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stackctl.wait import wait_until
from tests.e2e.pieces import Page, Piece, compose, page
from tests.e2e.pieces.benign import BENIGN, SHOP
from tests.e2e.pieces.faults import FAULTS
from tests.e2e.real_stack import need
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

PATIENCE_SECONDS = 60
PAIRS = 6
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
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

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
        self.server.shutdown()
        self.server.server_close()


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
        command = [sys.executable, "-m", "stackctl", *arguments]
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=200)
        assert ran.returncode in codes, ran.stdout + ran.stderr
        return ran.stdout

    def verify(self, *arguments: str) -> list[dict[str, Any]]:
        return list(json.loads(self.run("verify", "--output", "json", *arguments, codes=(0, 1)))["checks"])

    def red(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """The rows that do not pass, by "id subject" with a mark for a warning."""
        place = f"localhost:{self.app.port}"
        return {
            f"{MARKS[each['status']]}{each['id']} {each['subject']}".replace(place, "APP"): each
            for each in self.verify(*arguments)
            if each["status"] in MARKS
        }


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


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, dict[str, Any]]]:
    """The rows that are red in a stack of all pieces, once the last fault could be seen."""
    pieces = (*BENIGN, *FAULTS)
    expected = {row for piece in FAULTS for row in piece.red}
    with running(tmp_path_factory.mktemp("pieces"), App(pieces), *pieces) as stack:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = stack.red()
            if found.keys() == expected or time.monotonic() > deadline:
                break
        yield found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)
def test_fault_is_red(
    red: Mapping[str, dict[str, Any]], fault: Piece, record_property: Callable[[str, object], None]
) -> None:
    record_property("mutant", "pieces")
    assert fault.red <= red.keys(), {row: each for row, each in red.items() if fault.name in row}


@pytest.mark.parametrize("variant", BENIGN, ids=lambda each: each.name)
def test_benign_variant_is_green(
    red: Mapping[str, dict[str, Any]], variant: Piece, record_property: Callable[[str, object], None]
) -> None:
    record_property("benign", "pieces")
    assert [f"{row}: {each['summary']}" for row, each in red.items() if _is_of(variant, row)] == []


def _is_of(piece: Piece, row: str) -> bool:
    """Return whether a row is about something of a piece."""
    subject = row.split(" ", 2)[2] if row.startswith("~ ") else row.partition(" ")[2]
    own = {*piece.services, f"{piece.name}-rules.yml", piece.board if piece.dashboard else piece.name}
    return subject.partition("/")[0] in own


def test_nothing_else_is_red(red: Mapping[str, dict[str, Any]]) -> None:
    expected = {row for piece in FAULTS for row in piece.red}
    assert {row: each["summary"] for row, each in red.items() if row not in expected} == {}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack without any piece, to which pairs of pieces are added by a reload."""
    with running(tmp_path_factory.mktemp("pairs"), App((*BENIGN, *FAULTS))) as stack:
        yield stack


@settings(
    max_examples=PAIRS,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(variant=st.sampled_from(BENIGN), fault=st.sampled_from(FAULTS))
def test_pair_of_a_benign_variant_and_a_fault_is_red_for_the_fault_alone(
    plain: Stack, variant: Piece, fault: Piece
) -> None:
    plain.write(variant, fault)
    plain.run("reload")
    seen = wait_until(
        lambda: set(plain.red("--timeout", "6s")),
        lambda rows: rows == fault.red,
        PATIENCE_SECONDS,
        what=f"{fault.name} beside {variant.name} to be red alone, {sorted(fault.red)}",
    )
    assert seen == fault.red

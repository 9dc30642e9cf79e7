"""What a simulated batch job sends to a Pushgateway, and what it says when that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from stackctl import scrape
from stackctl.manifest import load
from stackctl.model import Contract, Metric, Push
from stackctl.runtimes.registry import facts
from stackctl.simulate.push import Pusher, push_path
from stackctl.simulate.series import TEXT
from stackctl.simulate.service import SimulatedClock, SimulatedService
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)
PUSH = Push("nightly", {"region": "eu"})


@contextmanager
def gateway(status: int) -> Iterator[tuple[str, Queue[tuple[str, str, str]]]]:
    """A Pushgateway that answers so; gives its address, and what it was sent: path, Content-Type, body."""
    sent: Queue[tuple[str, str, str]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent.put((self.path, self.headers["Content-Type"], body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"so it is")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def pushing(base: str, scenario: str = "normal") -> Iterator[Queue[str]]:
    """A batch job that pushes; gives what it says of trouble."""
    contract = Contract((Metric("rows_total", "counter", HERE),), HERE)
    trouble: Queue[str] = Queue()
    simulated = SimulatedService("nightly", contract, 1, SimulatedClock.from_now(1), scenario)
    pusher = Pusher(base, PUSH, simulated, trouble.put)
    pusher.start()
    try:
        yield trouble
    finally:
        pusher.stop()


def test_a_push_names_its_group_and_holds_the_contract() -> None:
    with gateway(202) as (base, sent), pushing(base) as trouble:
        path, content_type, body = sent.get(timeout=10)
    assert (path, content_type) == ("/metrics/job/nightly/region/eu", TEXT)
    assert "# TYPE rows_total counter\nrows_total " in body
    assert trouble.empty()


def test_a_refused_push_is_reported_with_the_answer() -> None:
    with gateway(400) as (base, _), pushing(base) as trouble:
        assert trouble.get(timeout=10) == "HTTP 400: so it is"


def test_a_gateway_that_is_gone_is_reported() -> None:
    with pushing("http://127.0.0.1:1") as trouble:
        assert trouble.get(timeout=10) == "Connection refused"


def test_job_that_is_down_pushes_nothing() -> None:
    with gateway(202) as (base, sent), pushing(base, "down"):
        pass
    assert sent.empty()


@pytest.mark.parametrize(
    ("value", "segment"),
    [("eu", "region/eu"), ("a b", "region/a%20b"), ("eu/west", "region@base64/ZXUvd2VzdA=="), ("", "region@base64/=")],
)
def test_path_holds_any_value_of_the_grouping_key(value: str, segment: str) -> None:
    assert push_path(Push("nightly", {"region": value})) == f"/metrics/job/nightly/{segment}"


def test_a_batch_job_has_no_scrape_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\npushgateway:\nservices:\n  nightly: {push: , metrics: {rows_total: counter}}\n"
    )
    stack = load(tmp_path / "stack.yml", environ={})
    assert stack.services[0].push == Push("nightly")
    assert [job.name for job in scrape.jobs(stack, facts("native"))] == ["prometheus", "pushgateway"]

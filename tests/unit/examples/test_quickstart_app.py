"""The quickstart's application, over real HTTP."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackctl.starter.exposition import Requests, read
from stackctl.wait import wait_until
from tests.threads import hold_back

APP = Path(__file__).parents[3] / "examples" / "quickstart" / "app.py"
PATIENCE_SECONDS = 20


@contextmanager
def shop(*arguments: str, listeners: int = 1) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The application on ports of the system's choice, with the addresses that it says."""
    listen = [word for _ in range(listeners) for word in ("--listen", "127.0.0.1:0")]
    process = subprocess.Popen([sys.executable, str(APP), *listen, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process, process.stdout.readline().strip().removeprefix("the shop is open at ").split(", ")
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with shop() as (_, bases):
        yield bases[0]


def ask(url: str, method: str = "GET") -> tuple[int, str]:
    request = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_is_never_lost(number: signal.Signals) -> None:
    with shop("--traffic", "50") as (process, _):
        assert hold_back(process.pid, number)
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/api/products/1", 200), ("/api/products/99", 404)])
def test_pages_answer_json(base: str, path: str, status: int) -> None:
    code, body = ask(base + path)
    assert code == status
    json.loads(body)


def test_checkout_has_one_of_its_outcomes(base: str) -> None:
    assert ask(f"{base}/api/checkout", "POST")[0] in {201, 402, 502}


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_the_shop_is_healthy(base: str, path: str) -> None:
    assert ask(base + path)[0] == 200


def test_init_understands_the_metrics(base: str) -> None:
    ask(f"{base}/")
    found = read(ask(f"{base}/metrics")[1])
    assert found is not None
    assert found.client == "Python's prometheus_client"
    assert found.requests == Requests("http_requests_total", "status")
    assert found.latency == "http_request_duration_seconds"


def test_visitors_cannot_create_series(base: str) -> None:
    for number in range(5):
        ask(f"{base}/nothing/{number}?q={number}")
        ask(f"{base}/api/products/{number}")
    text = ask(f"{base}/metrics")[1]
    endpoints = {part.partition('"')[0] for line in text.splitlines() for part in line.split('endpoint="')[1:]}
    assert endpoints <= {"/", "/api/products", "/api/products/{id}", "/api/checkout", "other"}


def test_listens_on_every_address_and_visits_itself() -> None:
    with shop("--traffic", "200", listeners=2) as (_, bases):
        assert len(bases) == 2
        wait_until(
            lambda: ask(f"{bases[1]}/metrics")[1],
            lambda text: 'http_requests_total{endpoint="/api/checkout"' in text,
            PATIENCE_SECONDS,
            what="an order",
        )


def test_two_runs_of_one_seed_behave_alike() -> None:
    runs = []
    for _ in range(2):
        with shop("--seed", "7") as (_, bases):
            runs.append([ask(f"{bases[0]}/api/checkout", "POST")[0] for _ in range(12)])
    assert runs[0] == runs[1]


def test_sigterm_ends_it_in_order() -> None:
    with shop("--traffic", "50") as (process, _):
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out) == (0, "the shop is closed\n")


def test_a_taken_port_is_a_clear_message() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, str(APP), "--listen", "127.0.0.1:0", "--listen", f"127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    assert ran.returncode == 3
    assert ran.stderr == (
        f"cannot listen on 127.0.0.1:{port}: another program listens there; name another address with --listen\n"
    )

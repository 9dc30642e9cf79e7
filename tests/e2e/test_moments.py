"""What happens to a good stack at the wrong moment: `verify` stays green."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from stackctl.runtimes.native import process
from stackctl.wait import wait_until
from tests.e2e.pieces import Piece, alert, board, group, page, panel, service
from tests.e2e.pieces.benign import FIRES, ONE, QUEUE, notified, scraped, shown
from tests.e2e.pieces.running import App, Stack, running

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

PATIENCE_SECONDS = 30
# What Prometheus cannot deliver at its start, it sends again after a minute.
RESEND_SECONDS = 90
SILENCED = notified("silenced", alert("Silenced", FIRES), receiver={"webhook": {"url": "http://APP/silenced"}})
PIECES = (
    scraped("late", ONE),
    Piece("firing", rules=(group("firing", alert("Firing", FIRES), alert("Down", "up == 0", **{"for": "1m"})),)),
    SILENCED,
    shown("shown", panel("P", QUEUE), panel("Q", "sum(rate(shop_requests_total[20s]))")),
)
# An application that counts its own scrapes has no such series in the first one, and another service has.
SCRAPES = count()
COUNTED = 'served_total{path="/counted"}'
ITSELF_COUNTED = Piece(
    "counted",
    pages={
        "/counted": page(lambda _: f"# TYPE served_total counter\n{COUNTED} 1\n" if next(SCRAPES) else ONE),
        "/other": page('# TYPE served_total counter\nserved_total{path="/other"} 1\n'),
    },
    services={
        **service("counted", metrics={"served_total": {"type": "counter", "labels": {"path": ["/counted"]}}}),
        **service("other"),
    },
    rules=(group("counted", alert("Unserved", 'rate(served_total{job="counted"}[20s]) < 0')),),
    dashboard=board(
        panel("P", 'sum(rate(served_total{job="counted"}[20s]))'), panel("Q", 'served_total{job="counted"}')
    ),
)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running(tmp_path, App(PIECES), *PIECES) as made:
        yield made


@contextmanager
def later(seconds: float, do: Callable[[], None]) -> Iterator[None]:
    """Do something after so many seconds, while the body runs."""
    timer = Timer(seconds, do)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_application_that_starts_late_is_waited_for(tmp_path: Path) -> None:
    app = App(PIECES)
    app.close()
    with running(tmp_path, app, *PIECES) as stack, later(6, app.start):
        assert stack.red("--timeout", "25s") == {}


def test_metric_may_be_served_from_the_second_scrape_on(tmp_path: Path) -> None:
    app = App([ITSELF_COUNTED])
    app.close()
    with running(tmp_path, app, ITSELF_COUNTED) as stack, later(3, app.start):
        assert stack.red("--timeout", "25s") == {}


def test_application_may_restart_while_verify_runs(stack: Stack) -> None:
    assert stack.red() == {}
    stack.app.close()
    with later(3, stack.app.start):
        assert stack.red("--timeout", "25s") == {}


@pytest.mark.parametrize("component", ["prometheus", "alertmanager"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_server_may_be_started_again(stack: Stack, component: str, number: signal.Signals) -> None:
    assert stack.red() == {}
    entry = process.read(stack.folder / ".stackctl" / "pids" / f"{component}.pid")
    assert entry
    os.kill(entry.pid, number)
    wait_until(lambda: process.is_alive(entry), lambda alive: not alive, PATIENCE_SECONDS, what=f"{component} to end")
    assert f"component.ready {component}" in stack.red("--timeout", "5s")
    stack.run("up")
    assert stack.red() == {}


def test_silence_changes_nothing(stack: Stack) -> None:
    silence(stack, "alertname", ".+")
    wait_until(lambda: states(stack), lambda found: found == {"suppressed"}, RESEND_SECONDS, what="silences to hold")
    assert stack.red() == {}


def silence(stack: Stack, label: str, regex: str) -> None:
    now = datetime.now(timezone.utc)
    ask(
        stack,
        "silences",
        {
            "matchers": [{"name": label, "value": regex, "isRegex": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "test",
            "comment": "test",
        },
    )


def states(stack: Stack) -> set[str]:
    return {each["status"]["state"] for each in ask(stack, "alerts")}


def ask(stack: Stack, path: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.alertmanager}/api/v2/{path}",
        json.dumps(body).encode() if body else None,
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)

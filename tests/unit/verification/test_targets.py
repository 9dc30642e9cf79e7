"""When a scrape decides that a target is down: not while its application may be starting."""

from __future__ import annotations

import pytest

from stackctl.clients.prometheus import ActiveTarget
from stackctl.verification.targets import TargetStates

START, BEFORE = 1000.0, 1001.0
KEY = ("shop", "localhost:1", "http://localhost:1/metrics")
REFUSED = "Get http://localhost:1/metrics: dial tcp 127.0.0.1:1: connect: connection refused"


def target(scraped: float, error: str = "") -> ActiveTarget:
    labels = {"job": "shop", "instance": KEY[1]}
    return ActiveTarget("shop", labels, KEY[2], "down" if error else "up", error, scraped, {"__address__": KEY[1]})


def is_final(scraped: float, error: str = "", first_failure: float = 0.0) -> bool:
    seen = TargetStates((), START, {KEY: BEFORE}, {KEY: first_failure} if first_failure else {})
    return seen.final(target(scraped, error))


@pytest.mark.parametrize("error", ["", "server returned HTTP status 404 Not Found", "expected a valid start token"])
def test_fresh_scrape_decides(error: str) -> None:
    assert is_final(1002.0, error)
    assert not is_final(BEFORE, error)


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        "dial tcp: lookup shop on 127.0.0.11:53: no such host",
        "read: connection reset by peer",
        "Get http://localhost:1/metrics: EOF",
        "server returned HTTP status 503 Service Unavailable",
    ],
)
def test_application_that_may_be_starting_is_scraped_again(error: str) -> None:
    assert not is_final(1100.0, error)
    assert not is_final(1100.0, error, first_failure=1100.0)
    assert is_final(1115.0, error, first_failure=1100.0)


def test_waits_for_an_application_while_the_stack_starts() -> None:
    assert not is_final(1020.0, REFUSED, first_failure=1005.0)
    assert is_final(1031.0, REFUSED, first_failure=1005.0)

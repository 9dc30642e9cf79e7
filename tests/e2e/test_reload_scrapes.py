"""A reload loses no scrape: the samples of a target under fifty reloads, beside those of a quiet time as long."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.wait import wait_until
from tests.e2e.real_stack import PATIENCE_SECONDS, Stack, running_stack

pytestmark = [pytest.mark.e2e, pytest.mark.native]

RELOADS = 50
INTERVAL_SECONDS = 1.0  # the scrape interval of the stack
# One scrape may fall out at each end of the time that is looked at, depending on where the ends fall.
ENDS = 2


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running_stack("native", tmp_path) as made:
        yield made


def now(stack: Stack) -> float:
    """Prometheus' own time."""
    return float(stack.ask("/api/v1/query?query=time()")["result"][0])


def scrapes(stack: Stack, begin: float, end: float) -> list[float]:
    """When the app was scraped between two times, and found up."""
    query = urllib.parse.quote(f'up{{job="api"}}[{max(int(end - begin), 1)}s]')
    (series,) = stack.ask(f"/api/v1/query?query={query}&time={end}")["result"]
    assert {value for _, value in series["values"]} == {"1"}
    return [float(at) for at, _ in series["values"]]


def test_fifty_reloads_lose_no_scrape(stack: Stack) -> None:
    wait_until(lambda: stack.ask("/api/v1/query?query=up")["result"], bool, PATIENCE_SECONDS, what="a first scrape")
    begin = now(stack)
    for number in range(RELOADS):
        stack.write(rules=f"      - {{alert: Edited, expr: up == {number + 2}}}\n")
        # In this process, so that the reloads come as fast as they can.
        assert main(["--quiet", "-f", str(stack.folder / "stack.yml"), "reload"]) == 0
    end = now(stack)
    busy = scrapes(stack, begin, end)
    assert stack.loaded_rules()["Edited"] == f"up == {RELOADS + 1}"

    seconds = int(end - begin)
    wait_until(lambda: now(stack), lambda time: time >= end + seconds, 2 * seconds, what="a quiet time as long")
    quiet = scrapes(stack, end, end + seconds)

    assert max(later - earlier for earlier, later in pairwise(busy)) <= 2 * INTERVAL_SECONDS
    assert len(busy) >= seconds / INTERVAL_SECONDS - ENDS
    assert len(busy) >= len(quiet) - ENDS

"""Waiting until units are ready, or until one shows that it never will be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes.http import Answer
from stackctl.runtimes.protocol import Observed
from stackctl.runtimes.ready import wait_ready
from stackctl.tree import Unit
from stackctl.wait import Clock

SERVER = Unit("prometheus", ready="http://127.0.0.1:9090/-/ready")
OTHER = Unit("grafana", ready="http://127.0.0.1:3000/api/health")
SILENT = Unit("job")


class Time(Clock):
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Runtime:
    """Units with their states, one look after the other; the last one stays."""

    def __init__(self, *looks: dict[str, Observed]) -> None:
        self.looks = list(looks)

    def observe(self) -> tuple[Observed, ...]:
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return tuple(found.values())

    def logs(self, units: Collection[str], *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        yield from ("its last", "words")


class Generation:
    def access(self, unit: Unit) -> Unit:
        return unit


def states(**units: str) -> dict[str, Observed]:
    return {name: Observed(name, state.split(":")[0], detail=state.partition(":")[2]) for name, state in units.items()}  # type: ignore[arg-type]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """The codes with which each unit answers, one after the other; the last one stays."""
    codes: dict[str, list[int]] = {}

    def is_ready(unit: Unit, _: object) -> Answer:
        left = codes[unit.name]
        return Answer(left.pop(0) if len(left) > 1 else left[0], "starting")

    monkeypatch.setattr("stackctl.runtimes.ready.is_ready", is_ready)
    return codes


def wait(units: list[Unit], runtime: Any, seconds: float = 10) -> float:
    clock = Time()
    wait_ready(units, Generation(), runtime, seconds, clock)  # type: ignore[arg-type]
    return clock.seconds


def refusal(units: list[Unit], runtime: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(Unavailable) as failure:
        wait(units, runtime)
    return [(each.code, each.summary, each.cause) for each in failure.value.problems]


def test_ready_units_cost_no_time(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [200], "grafana": [200]}
    assert wait([SERVER, OTHER], Runtime(states(prometheus="running", grafana="running"))) == 0


def test_unit_is_asked_until_it_is_ready(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [200, 500], "grafana": [0, 503, 503, 200]}
    # Prometheus is not asked again once it was ready.
    assert wait([SERVER, OTHER], Runtime(states(prometheus="running", grafana="running"))) > 0


def test_unit_that_has_exited_is_not_waited_for(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [0]}
    assert refusal([SERVER], Runtime(states(prometheus="exited:exited with code 1"))) == [
        ("unit.exited", "prometheus exited with code 1", "its last\nwords")
    ]


def test_something_else_at_the_address_does_not_make_a_unit_ready(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [200]}
    assert refusal([SERVER], Runtime(states(prometheus="restarting:keeps restarting, exited with code 2"))) == [
        ("unit.exited", "prometheus keeps restarting, exited with code 2", "its last\nwords")
    ]


def test_late_units_are_named_with_what_they_answered(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [503], "grafana": [200]}
    ((code, summary, cause),) = refusal([SERVER, OTHER], Runtime(states(prometheus="running", grafana="running")))
    assert (code, summary) == ("unit.not-ready", "prometheus is not ready after 10 s")
    assert "503" in cause


def test_unit_that_is_ready_after_the_time_is_late_all_the_same(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [503] * 10_000}
    runtime = Runtime(states(prometheus="running"))
    assert refusal([SERVER], runtime)[0][1] == "prometheus is not ready after 10 s"
    looks = 10_000 - len(answers["prometheus"])
    # The last look comes after the time, to say what is late.
    answers["prometheus"] = [*[503] * (looks - 1), 200]
    assert refusal([SERVER], runtime)[0][1] == "the stack became ready only after 10 s"


@pytest.mark.parametrize("end", ["running", "exited:exited with code 0"])
def test_unit_without_an_address_has_to_run_or_to_have_finished(end: str) -> None:
    assert wait([SILENT], Runtime(states(job="created"), states(job=end))) > 0


def test_unit_without_an_address_that_failed_is_a_failure() -> None:
    assert refusal([SILENT], Runtime(states(job="exited:exited with code 3")))[0][1] == "job exited with code 3"


def test_server_that_ended_well_is_a_failure_too(answers: dict[str, list[int]]) -> None:
    answers |= {"prometheus": [200]}
    assert refusal([SERVER], Runtime(states(prometheus="exited:exited with code 0")))[0][0] == "unit.exited"

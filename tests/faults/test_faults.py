"""A bounded selection of the matrix of faults: each command with each action at some step, and other commands in turn.

`make faults` runs all of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.e2e.real_stack import need
from tests.faults.bench import Bench, bench
from tests.faults.cases import ACTIONS, NEXT, OPERATIONS, Case, Operation, check, points

pytestmark = [pytest.mark.e2e, pytest.mark.long]
# In Docker a case takes half a minute, so there are fewer.
_CASES = {"native": 2, "docker": 1}
_IN_DOCKER = ("up", "backup", "restore", "take-over")
_SELECTED = [
    pytest.param(runtime, operation, marks=getattr(pytest.mark, runtime), id=f"{runtime} {operation.name}")
    for runtime in ("native", "docker")
    for operation in OPERATIONS
    if runtime == "native" or operation.name in _IN_DOCKER
]


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    need(request.param)
    with bench(tmp_path_factory.mktemp("faults") / "stack", request.param) as up:
        yield up


def selected(operation: Operation, names: list[str], count: int) -> list[Case]:
    """Cases of an operation, the same in each run, in which its steps, the actions and the next commands take turns."""
    number = OPERATIONS.index(operation)
    chosen = random.Random(operation.name)
    found = []
    for turn in range(count):
        action = ACTIONS[(number + turn * 2) % len(ACTIONS)]
        possible = [name for name in names if action != "ENOSPC" or name.startswith(("write ", "mkdir ", "symlink "))]
        found.append(Case(operation, chosen.choice(possible), action, NEXT[(number * 3 + turn * 4) % len(NEXT)]))
    return found


@pytest.mark.parametrize(("made", "operation"), _SELECTED, indirect=["made"])
def test_an_interrupted_command_loses_and_stops_nothing(made: Bench, operation: Operation) -> None:
    cases = selected(operation, points(made, operation), _CASES[made.runtime])
    reached = [check(made, case) for case in cases]
    assert any(reached), f"no case reached its step: {cases}"


@pytest.mark.native
@pytest.mark.parametrize("made", ["native"], indirect=True)
def test_a_snapshot_of_an_interrupted_backup_is_removed_by_down(made: Bench) -> None:
    operation = next(one for one in OPERATIONS if one.name == "backup")
    assert check(made, Case(operation, "remove inside a folder * #1", "SIGKILL", "down"))


@pytest.mark.native
@pytest.mark.parametrize("made", ["native"], indirect=True)
@pytest.mark.parametrize("name", ["backup", "restore"])
@pytest.mark.parametrize("action", ["SIGKILL", "SIGTERM"])
def test_a_server_that_was_still_ending_runs_afterwards(made: Bench, name: str, action: str) -> None:
    operation = next(one for one in OPERATIONS if one.name == name)
    assert check(made, Case(operation, "after signal SIGTERM #1", action, "backup"))

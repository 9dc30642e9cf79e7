"""A `reload` that is killed at any step: what is on disk is whole, and the next command repairs, whichever it is."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

from stackctl.state import State
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, Stack, running_stack, undone

pytestmark = [pytest.mark.e2e, pytest.mark.long]

RULE = "      - {alert: New, expr: up == 7}\n"
RECEIVER = "    night: {webhook: {url: 'http://127.0.0.1:2/'}}"
# A child runs the real command line and kills itself at one boundary of its steps. With `spoil`, the rules are
# damaged after they were validated, so that Prometheus refuses them and the reload goes back.
CHILD = """\
import os, signal, sys
from collections import Counter
from stackctl.operations import live
from stackctl.cli.main import main
from stackctl.runtimes import http
from stackctl.runtimes.docker.runtime import Docker
from stackctl.runtimes.native.runtime import Native
from stackctl.state.state import State

boundary, number, spoil, ports = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "spoil", sys.argv[4].split(",")
seen = Counter()

def event(name):
    seen[name] += 1
    if (name, seen[name]) == (boundary, number):
        os.kill(os.getpid(), signal.SIGKILL)

def around(place, attribute, name=lambda *arguments: "", after=lambda *arguments: None):
    real = getattr(place, attribute)
    def step(*arguments, **options):
        label = name(*arguments) or attribute
        event(f"before {label}")
        result = real(*arguments, **options)
        after(*arguments)
        event(f"after {label}")
        return result
    setattr(place, attribute, step)

def damage(runtime, generation, *_):
    if spoil:
        (generation.path / "prometheus" / "rules" / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A}]}]")

def posted(method, url, *_):
    return f"POST {ports.index(url.split(':')[2].split('/')[0])}" if method == "POST" else "GET"

for runtime in (Docker, Native):
    around(runtime, "validate", after=damage)
for step in ("write", "begin", "switch"):
    around(State, step)
for step in ("confirm", "record", "prune"):
    around(live.Live, step)
around(http, "ask", posted)
sys.exit(main(sys.argv[5:]))
"""


@dataclass(frozen=True)
class Kill:
    """At the `number`th time that `boundary` is reached. `begun` is whether a change is under way then."""

    boundary: str
    number: int = 1
    spoil: str = ""
    begun: bool = True

    def __str__(self) -> str:
        return f"{self.boundary} {self.number}{' of a rollback' if self.spoil else ''}"


KILLS = [
    Kill("after write", begun=False),
    Kill("after validate", begun=False),
    Kill("before begin", begun=False),
    Kill("after begin"),
    Kill("after switch"),
    Kill("after POST 0"),
    Kill("after POST 1"),
    Kill("before confirm"),
    Kill("after confirm"),
    Kill("before record"),
    Kill("after record", begun=False),
    Kill("before prune", begun=False),
    Kill("after prune", begun=False),
    Kill("after POST 0", 1, "spoil"),
    Kill("after POST 1", 1, "spoil"),
    Kill("before switch", 2, "spoil"),
    Kill("after switch", 2, "spoil"),
    Kill("after POST 0", 2, "spoil"),
    Kill("after POST 1", 2, "spoil"),
    Kill("before confirm", 1, "spoil"),
    Kill("after confirm", 1, "spoil"),
    Kill("before record", 1, "spoil"),
    Kill("after record", 1, "spoil"),
]
TAKEN_BACK = [
    pytest.param(kill, command, id=f"{kill}-{command}") for kill, command in zip(KILLS, cycle(["reload", "up"]))
]


@pytest.fixture(scope="module", params=BOTH)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path_factory.mktemp(f"killed-{request.param}")) as made:
        yield made


@pytest.fixture
def stack(running: Stack) -> Iterator[Stack]:
    """The stack in its good state, before and after."""

    def fix() -> None:
        running.write()
        running.up()

    with undone(fix):
        yield running


def edit(stack: Stack) -> None:
    """A change for both Prometheus and Alertmanager."""
    stack.write(rules=RULE, alertmanager=RECEIVER)


def reload_with(stack: Stack, kill: Kill) -> subprocess.CompletedProcess[str]:
    ports = ",".join(str(stack.ports[name]) for name in ("prometheus", "alertmanager", "blackbox"))
    command = [sys.executable, "-c", CHILD, kill.boundary, str(kill.number), kill.spoil, ports]
    command += ["-f", str(stack.folder / "stack.yml"), "reload", "--timeout", "10s"]
    return subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS)


def reload_killed(stack: Stack, kill: Kill) -> None:
    ran = reload_with(stack, kill)
    assert ran.returncode == -signal.SIGKILL, f"never reached: {ran.stdout}{ran.stderr}"


def status(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.run("status", "--output", "json").stdout)
    return found


def has_new(stack: Stack) -> tuple[bool, bool]:
    """Whether Prometheus and Alertmanager work by the edited manifest."""
    url = f"http://127.0.0.1:{stack.ports['alertmanager']}/api/v2/receivers"
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        receivers = {receiver["name"] for receiver in json.load(answer)}
    return "New" in stack.loaded_rules(), "night" in receivers


@pytest.mark.parametrize(("kill", "command"), TAKEN_BACK)
def test_a_manifest_that_is_taken_back_is_in_force_again_in_every_server(
    stack: Stack, kill: Kill, command: str
) -> None:
    """On disk all may look as before by then, while a server has read the new generation."""
    before = stack.current
    edit(stack)
    reload_killed(stack, kill)
    look_at_the_remains(stack, kill, before)
    stack.write()
    stack.run(command)
    assert has_new(stack) == (False, False)
    assert stack.current == before
    assert status(stack)["unfinished"] is None


def look_at_the_remains(stack: Stack, kill: Kill, before: str) -> None:
    """Whole on disk, and known for what it is."""
    state = State.beside(stack.folder / "stack.yml")
    current, running, entry = state.current(), state.running(), state.intent()
    assert current is not None
    assert running is not None
    # What was spoilt is no mixture of generations.
    assert kill.spoil or state.read(current) is not None
    assert bool(running.partly) == kill.begun
    if kill.begun:
        assert entry is not None
        assert running.generation == entry.before == before
        assert running.partly == entry.going_to != before
        assert current.id in (before, entry.going_to)


@pytest.mark.parametrize("kill", KILLS[3::4], ids=str)
def test_next_reload_completes_a_killed_one(stack: Stack, kill: Kill) -> None:
    edit(stack)
    reload_killed(stack, kill)
    stack.run("reload")
    assert has_new(stack) == (True, True)
    found = status(stack)
    assert (found["generation"], found["unfinished"]) == (found["declared"], None)


@pytest.mark.parametrize("kill", KILLS[3::5], ids=str)
@pytest.mark.parametrize("command", ["status", "verify", "logs", "backup"])
def test_any_other_command_rolls_back_what_was_interrupted(stack: Stack, kill: Kill, command: str) -> None:
    before = stack.current
    edit(stack)
    reload_killed(stack, kill)
    arguments = {"backup": (str(stack.folder / "b.tar.gz"),), "logs": ("--tail", "1")}.get(command, ())
    said = stack.ran(command, *arguments).stderr
    assert re.search(rf"`reload` of 20.* was interrupted: rolled back to generation {before}\n", said)
    assert has_new(stack) == (False, False)
    assert (stack.current, status(stack)["unfinished"]) == (before, None)


def test_a_check_only_reports_what_has_not_ended(stack: Stack) -> None:
    edit(stack)
    reload_killed(stack, Kill("after switch"))
    said = stack.run("check").stderr
    assert re.search(r"`reload` of 20.* has not finished: the next `stackctl status` finishes or undoes it\n", said)
    state = State.beside(stack.folder / "stack.yml")
    assert state.intent() is not None


def test_a_failed_reload_after_a_killed_one_goes_back_to_what_was_confirmed(stack: Stack) -> None:
    """Not to what the killed one has left live, which nobody has confirmed."""
    before = stack.current
    edit(stack)
    reload_killed(stack, Kill("after POST 1"))
    assert stack.current != before
    stack.write(rules="      - {alert: Other, expr: up == 8}\n", alertmanager=RECEIVER)
    ran = reload_with(stack, Kill("never", spoil="spoil"))
    assert ran.returncode == 1
    assert f"rolled back: generation {before} is active again, confirmed" in ran.stderr
    assert stack.current == before
    assert has_new(stack) == (False, False)
    assert status(stack)["unfinished"] is None

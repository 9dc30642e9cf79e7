"""`reload` on real servers: applied and confirmed, or nothing has changed."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, Stack, free_port, running_stack, undone

pytestmark = pytest.mark.e2e

GOOD_RULE = "      - {alert: New, expr: up == 7}\n"
# A template that refers to a variable which does not exist: Prometheus refuses it, and PromQL has nothing to say.
BAD_RULE = "      - {alert: New, expr: up == 7, annotations: {summary: '{{ $nothing }}'}}\n"


@pytest.fixture(scope="module", params=BOTH)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path_factory.mktemp(f"reload-{request.param}")) as made:
        yield made


@pytest.fixture
def stack(running: Stack) -> Iterator[Stack]:
    """The stack in its good state, before and after."""

    def mend() -> None:
        running.write()
        running.up()

    with undone(mend):
        yield running


def receivers(stack: Stack) -> set[str]:
    url = f"http://127.0.0.1:{stack.ports['alertmanager']}/api/v2/receivers"
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return {receiver["name"] for receiver in json.load(answer)}


def configured_at(stack: Stack) -> str:
    """When Prometheus has last loaded its configuration, by its own clock."""
    return str(stack.ask("/api/v1/status/runtimeinfo")["lastConfigTime"])


def test_a_good_edit_must_be_in_force_when_reload_returns(stack: Stack) -> None:
    before = stack.current
    stack.write(rules=GOOD_RULE)
    assert stack.run("reload", "--dry-run").stdout.startswith("reload prometheus: ")
    assert stack.current == before
    assert "New" not in stack.loaded_rules()
    ran = stack.run("reload")
    assert ran.stdout == f"✓ prometheus reloaded: generation {stack.current}\n"
    assert stack.current != before
    assert stack.loaded_rules()["New"] == "up == 7"


def test_a_rule_that_promtool_refuses_must_change_nothing(stack: Stack) -> None:
    before, loaded, at = stack.current, stack.loaded_rules(), configured_at(stack)
    stack.write(rules=BAD_RULE)
    ran = stack.run("reload", code=1)
    assert ran.stdout == ""
    assert "failed: promtool refuses prometheus/prometheus.yml\n" in ran.stderr
    assert 'undefined variable "$nothing"' in ran.stderr
    assert "failed: nothing was changed\nhelp: Mend it and run `stackctl reload` again." in ran.stderr
    assert (stack.current, stack.loaded_rules(), configured_at(stack)) == (before, loaded, at)
    stack.write(rules=GOOD_RULE)
    stack.run("reload")
    assert "New" in stack.loaded_rules()


def test_a_bad_manifest_must_end_with_2_and_change_nothing(stack: Stack) -> None:
    before, at = stack.current, configured_at(stack)
    (stack.folder / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up =='}]}]\n")
    ran = stack.run("reload", code=2)
    assert "rules.yml:1:" in ran.stderr
    assert (stack.current, configured_at(stack)) == (before, at)


SABOTAGE = """\
import sys
from pathlib import Path
from stackctl.cli.main import main
from stackctl.state.state import State

switch = State.switch
def spoil(self, to):
    if not done:
        done.append(to)
        file = to.path / "prometheus" / "rules" / "rules.yml"
        file.chmod(0o644)
        file.write_text("groups: [{name: g, rules: [{alert: A, expr: 'up =='}]}]")
    switch(self, to)
done = []
State.switch = spoil
sys.exit(main(sys.argv[1:]))
"""


def test_a_reload_that_prometheus_refuses_must_be_rolled_back_and_confirmed(stack: Stack) -> None:
    """The rules are spoilt after they were validated, so Prometheus is left with new jobs beside old rules."""
    before, loaded = stack.current, stack.loaded_rules()
    stack.write(rules=GOOD_RULE, prometheus="  external_labels: {region: eu}")
    command = [sys.executable, "-c", SABOTAGE, "-f", str(stack.folder / "stack.yml"), "reload", "--timeout", "10s"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "failed: prometheus did not reload: HTTP 500\n" in ran.stderr
    assert f"failed: rolled back: generation {before} is in force again, confirmed\n" in ran.stderr
    assert (stack.current, stack.loaded_rules()) == (before, loaded)
    assert "region: eu" not in stack.ask("/api/v1/status/config")["yaml"]
    assert stack.ask("/api/v1/status/runtimeinfo")["reloadConfigSuccess"] is True
    # What was spoilt is written anew by the next command.
    stack.run("reload")
    assert "New" in stack.loaded_rules()


@pytest.mark.parametrize("change", ["retention", "listen"])
def test_what_needs_a_restart_must_be_named_and_left_to_up(stack: Stack, change: str) -> None:
    before = stack.current
    if change == "listen":
        other = Stack(stack.folder, stack.runtime, stack.app, {**stack.ports, "pushgateway": free_port()})
        other.write()
    else:
        stack.write(prometheus="  retention: {time: 3d}")
    ran = stack.run("reload", code=1)
    unit = {"retention": "prometheus", "listen": "pushgateway"}[change]
    assert f"failed: a reload cannot apply this: replace {unit}: " in ran.stderr
    assert "help: Run `stackctl up` to apply it; `stackctl up --dry-run` shows what that restarts." in ran.stderr
    assert stack.current == before


def test_an_edit_of_a_receiver_must_reload_alertmanager_and_be_in_force(stack: Stack) -> None:
    at = configured_at(stack)
    stack.write(alertmanager="    night: {webhook: {url: 'http://127.0.0.1:2/'}}")
    assert stack.run("reload", "--dry-run").stdout.splitlines()[0].startswith("reload alertmanager: ")
    assert stack.run("reload").stdout == f"✓ alertmanager reloaded: generation {stack.current}\n"
    assert receivers(stack) >= {"oncall", "night"}
    assert configured_at(stack) >= at


def test_a_second_reload_must_wait_for_the_lock(stack: Stack) -> None:
    stack.write(rules=GOOD_RULE)
    with (stack.folder / ".stackctl" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "stackctl", "-f", str(stack.folder / "stack.yml"), "reload"]
        second = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: waits_for_a_lock(second.pid), bool, PATIENCE_SECONDS, what="the second reload to wait")
        assert second.poll() is None
        assert "New" not in stack.loaded_rules()
    out, error = second.communicate(timeout=PATIENCE_SECONDS)
    assert (second.returncode, error) == (0, "")
    assert "prometheus reloaded" in out


def waits_for_a_lock(pid: int) -> bool:
    """Whether the process has the lock file open."""
    return any(path.exists() and path.resolve().name == "lock" for path in Path(f"/proc/{pid}/fd").iterdir())


def test_an_unchanged_stack_must_be_confirmed(stack: Stack) -> None:
    ran = stack.run("reload")
    assert ran.stdout == f"✓ nothing had changed; the configuration is confirmed: generation {stack.current}\n"
    assert stack.run("reload", "--dry-run").stdout == "nothing to do\n"


def test_a_stopped_server_must_be_named_and_nothing_changed(stack: Stack) -> None:
    before = stack.current
    stack.stop("prometheus")
    stack.write(rules=GOOD_RULE)
    ran = stack.run("reload", code=3)
    assert ran.stderr == (
        "unavailable: prometheus does not run\nhelp: Run `stackctl up`: it starts it, and applies the edit too.\n"
    )
    assert stack.current == before
    stack.up()
    assert "New" in stack.loaded_rules()

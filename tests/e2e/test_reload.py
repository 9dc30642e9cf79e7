"""`reload` on real servers: applied and confirmed, or nothing has changed."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, Stack, running_stack, undone
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.long]

GOOD_RULE = "      - {alert: New, expr: scrape_samples_scraped == 7}\n"
# A template that refers to a variable which does not exist: Prometheus rejects it, and PromQL has nothing to say.
BAD_RULE = "      - {alert: New, expr: scrape_samples_scraped == 7, annotations: {summary: '{{ $nothing }}'}}\n"


@pytest.fixture(scope="module", params=BOTH)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path_factory.mktemp(f"reload-{request.param}")) as made:
        yield made


@pytest.fixture
def stack(running: Stack) -> Iterator[Stack]:
    """The stack in its good state, before and after."""

    def fix() -> None:
        running.write()
        running.up()

    with undone(fix):
        yield running


def receivers(stack: Stack) -> set[str]:
    url = f"http://127.0.0.1:{stack.ports['alertmanager']}/api/v2/receivers"
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return {receiver["name"] for receiver in json.load(answer)}


def configured_at(stack: Stack) -> str:
    """When Prometheus has last loaded its configuration, by its own clock."""
    return str(stack.ask("/api/v1/status/runtimeinfo")["lastConfigTime"])


def test_a_good_edit_is_in_force_when_reload_returns(stack: Stack) -> None:
    before = stack.current
    stack.write(rules=GOOD_RULE)
    assert stack.run("reload", "--dry-run").stdout.startswith("reload prometheus: ")
    assert stack.current == before
    assert "New" not in stack.loaded_rules()
    ran = stack.run("reload")
    assert ran.stdout == f"✓ prometheus reloaded: generation {stack.current}\n"
    assert stack.current != before
    assert stack.loaded_rules()["New"] == "scrape_samples_scraped == 7"


def test_a_rule_that_promtool_refuses_changes_nothing(stack: Stack) -> None:
    before, loaded, at = stack.current, stack.loaded_rules(), configured_at(stack)
    stack.write(rules=BAD_RULE)
    ran = stack.run("reload", code=1)
    assert ran.stdout == ""
    assert "rules.yml:6:80: the annotation `summary` of `New` is not a template: undefined variable" in ran.stderr
    assert "failed: nothing was changed\nhelp: Fix it and run `stackctl reload` again." in ran.stderr
    assert (stack.current, stack.loaded_rules(), configured_at(stack)) == (before, loaded, at)
    stack.write(rules=GOOD_RULE)
    stack.run("reload")
    assert "New" in stack.loaded_rules()


def test_a_bad_manifest_ends_with_2_and_changes_nothing(stack: Stack) -> None:
    before, at = stack.current, configured_at(stack)
    (stack.folder / "rules.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up =='}]}]\n")
    ran = stack.run("reload", code=2)
    assert "rules.yml:1:" in ran.stderr
    assert (stack.current, configured_at(stack)) == (before, at)


def test_another_name_is_refused_and_changes_nothing(stack: Stack) -> None:
    before, at, manifest = stack.current, configured_at(stack), stack.folder / "stack.yml"
    manifest.write_text(manifest.read_text().replace(f"name: {stack.name}", "name: renamed"))
    for command in ("reload", "up"):
        ran = stack.run(command, code=2)
        assert f"this stack runs as `{stack.name}` in the " in ran.stderr
        assert "help: Run `stackctl down` first; it keeps the data of the old one." in ran.stderr
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


def test_a_reload_that_prometheus_refuses_is_rolled_back_and_confirmed(stack: Stack) -> None:
    """The rules are spoilt after they were validated, so Prometheus is left with new jobs beside old rules."""
    before, loaded = stack.current, stack.loaded_rules()
    stack.write(rules=GOOD_RULE, prometheus="  external_labels: {region: eu}")
    command = [sys.executable, "-c", SABOTAGE, "-f", str(stack.folder / "stack.yml"), "reload", "--timeout", "10s"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "failed: prometheus did not reload: HTTP 500\n" in ran.stderr
    assert f"failed: rolled back: generation {before} is active again, confirmed\n" in ran.stderr
    assert (stack.current, stack.loaded_rules()) == (before, loaded)
    assert "region: eu" not in stack.ask("/api/v1/status/config")["yaml"]
    assert stack.ask("/api/v1/status/runtimeinfo")["reloadConfigSuccess"] is True
    # What was spoilt is written anew by the next command.
    stack.run("reload")
    assert "New" in stack.loaded_rules()


@pytest.mark.parametrize("change", ["retention", "listen"])
def test_names_what_needs_a_restart_and_leaves_it_to_up(stack: Stack, change: str) -> None:
    before = stack.current
    if change == "listen":
        other = Stack(stack.folder, stack.runtime, stack.app, {**stack.ports, "pushgateway": free_port()})
        other.write()
    else:
        stack.write(prometheus="  retention: {time: 3d}")
    if change == "retention" and stack.runtime == "docker":  # the image's version reads it from its configuration
        stack.run("reload")
        assert "samples are kept for 3d" in stack.run("verify", "--only", "prometheus.retention").stdout
        return
    ran = stack.run("reload", code=1)
    unit = {"retention": "prometheus", "listen": "pushgateway"}[change]
    assert f"failed: a reload cannot apply this: replace {unit}: " in ran.stderr
    assert "help: Run `stackctl up` to apply it; `stackctl up --dry-run` shows what that restarts." in ran.stderr
    assert stack.current == before


def test_edit_of_a_receiver_takes_effect_by_a_reload(stack: Stack) -> None:
    at = configured_at(stack)
    stack.write(alertmanager="    night: {webhook: {url: 'http://127.0.0.1:2/'}}")
    assert stack.run("reload", "--dry-run").stdout.splitlines()[0].startswith("reload alertmanager: ")
    assert stack.run("reload").stdout == f"✓ alertmanager reloaded: generation {stack.current}\n"
    assert receivers(stack) >= {"oncall", "night"}
    assert configured_at(stack) >= at


def test_a_second_reload_waits_for_the_lock(stack: Stack) -> None:
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


def test_an_unchanged_stack_is_confirmed(stack: Stack) -> None:
    ran = stack.run("reload")
    assert ran.stdout == f"✓ nothing had changed; the configuration is confirmed: generation {stack.current}\n"
    assert stack.run("reload", "--dry-run").stdout == "nothing to do\n"


def test_a_stopped_server_is_named_and_nothing_changed(stack: Stack) -> None:
    before = stack.current
    stack.stop("prometheus")
    stack.write(rules=GOOD_RULE)
    ran = stack.run("reload", code=3)
    assert ran.stderr == (
        "unavailable: prometheus is not running\n"
        "help: Run `stackctl up`, which starts it and applies the change too.\n\n"
        "To read more: stackctl explain unit.not-running\n"
    )
    assert stack.current == before
    stack.up()
    assert "New" in stack.loaded_rules()


def targets(stack: Stack) -> set[str]:
    return {target["scrapePool"] for target in stack.ask("/api/v1/targets?state=active")["activeTargets"]}


def test_a_target_is_there_when_reload_returns_and_gone_when_it_is_taken_back(stack: Stack) -> None:
    """Prometheus takes up a new target some seconds after it has answered the reload."""
    stack.write(services='  other: {targets: ["localhost:1"]}')
    stack.run("reload")
    assert "other" in targets(stack)
    stack.write()
    stack.run("reload")
    assert "other" not in targets(stack)


def test_a_receiver_that_amtool_refuses_changes_nothing(stack: Stack) -> None:
    before, known = stack.current, kept(stack)
    stack.write(alertmanager="  extra: {receivers: [{name: broken, webhook_configs: [{max_alerts: 1}]}]}")
    ran = stack.run("reload", code=1)
    assert "Alertmanager does not accept this: " in ran.stderr
    assert "failed: nothing was changed" in ran.stderr
    assert (stack.current, kept(stack)) == (before, known)


# -- going back -----------------------------------------------------------------------------------------------


def kept(stack: Stack) -> list[str]:
    """The kept generations, the last used first."""
    found = json.loads(stack.run("status", "--output", "json").stdout)["generations"]
    return [generation["id"] for generation in found]


def test_a_kept_generation_comes_back_by_the_beginning_of_its_name(stack: Stack) -> None:
    before = stack.current
    stack.write(rules=GOOD_RULE, alertmanager="    night: {webhook: {url: 'http://127.0.0.1:2/'}}")
    stack.run("reload")
    after = stack.current

    ran = stack.run("reload", "--to", before[:7])
    assert ran.stdout == f"✓ prometheus, alertmanager reloaded: generation {before}\n"
    assert ran.stderr == "The next `stackctl reload` applies the manifest again.\n"
    assert (stack.current, "New" in stack.loaded_rules(), "night" in receivers(stack)) == (before, False, False)
    lines = stack.run("status").stdout.splitlines()
    assert lines[0].endswith(f"generation {before}")
    assert (
        lines[1]
        == f"! the manifest now renders to {after}: `stackctl reload` applies it, and `up` what needs a restart"
    )
    listed = stack.run("status", "--generations").stdout
    assert re.search(rf"^{before} .* running *$", listed, re.MULTILINE)
    assert re.search(rf"^{after} .* matches the manifest *$", listed, re.MULTILINE)

    stack.run("reload")
    assert (stack.current, "New" in stack.loaded_rules(), "night" in receivers(stack)) == (after, True, True)


def test_rollback_does_not_need_a_manifest(stack: Stack) -> None:
    before = stack.current
    stack.write(rules=GOOD_RULE)
    stack.run("reload")
    (stack.folder / "stack.yml").unlink()
    stack.run("reload", code=2)
    assert "! the manifest cannot be read: `stackctl check` says why" in stack.run("status").stdout
    stack.run("reload", "--to", before)
    assert (stack.current, "New" in stack.loaded_rules()) == (before, False)


def test_a_name_that_is_not_one_generation_is_refused_with_the_list(stack: Stack) -> None:
    stack.write(rules=GOOD_RULE)
    stack.run("reload")
    before = stack.current
    unknown = stack.run("reload", "--to", "nothing", code=2)
    assert unknown.stderr.startswith("error: --to: no generation `nothing` is kept\n")
    for id in kept(stack):
        assert re.search(rf"^{id}  written 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{{4}}$", unknown.stderr, re.MULTILINE)
    ambiguous = stack.run("reload", "--to", "", code=2)
    assert f"error: --to: {len(kept(stack))} kept generations begin with ``" in ambiguous.stderr
    assert stack.current == before


def test_a_generation_that_was_edited_by_hand_is_not_gone_back_to(stack: Stack) -> None:
    before = stack.current
    stack.write(rules=GOOD_RULE)
    stack.run("reload")
    file = stack.live / "generations" / before / "prometheus" / "rules" / "rules.yml"
    text = file.read_text()
    with undone(lambda: file.write_text(text)):
        file.write_text("groups: []\n")
        ran = stack.run("reload", "--to", before, code=1)
    assert f"failed: the files of generation {before} have been changed by hand" in ran.stderr
    assert stack.current != before


def test_keeps_five_generations_and_no_refused_one(stack: Stack) -> None:
    in_force = []
    for number in range(6):
        stack.write(rules=f"      - {{alert: New, expr: scrape_samples_scraped == {number + 20}}}\n")
        stack.run("reload")
        in_force.insert(0, stack.current)
        stack.write(rules=BAD_RULE.replace("scrape_samples_scraped == 7", f"scrape_samples_scraped == {number + 20}"))
        stack.run("reload", code=1)
        stack.run("reload", "--dry-run", code=1)
    assert kept(stack) == in_force[:5]


# -- behind stackctl's back -----------------------------------------------------------------------------------


def test_a_live_file_that_was_edited_by_hand_is_written_again_and_loaded(stack: Stack) -> None:
    """Whoever edits it also makes the servers load it: the record says nothing then."""
    rules, routes = (
        stack.live / "current" / path for path in ("prometheus/rules/rules.yml", "alertmanager/alertmanager.yml")
    )
    rules.write_text("groups: []\n")
    routes.write_text("route: {receiver: mine}\nreceivers: [{name: mine}]\n")
    stack.reload_prometheus()
    reload_alertmanager(stack)
    assert receivers(stack) == {"mine"}

    ran = stack.run("reload")
    assert ran.stderr == f"the files of generation {stack.current} had been changed by hand: rewritten\n"
    assert "oncall" in receivers(stack)
    assert "ShopDown" in stack.loaded_rules()
    assert stack.run("reload").stderr == ""


def test_a_server_that_loaded_another_file_loads_the_right_one(stack: Stack) -> None:
    """The file was put right again, so that only the server tells."""
    routes = stack.live / "current" / "alertmanager" / "alertmanager.yml"
    text = routes.read_text()
    with undone(lambda: routes.write_text(text)):
        routes.write_text("route: {receiver: mine}\nreceivers: [{name: mine}]\n")
        reload_alertmanager(stack)
    stack.run("reload")
    assert "oncall" in receivers(stack)


def reload_alertmanager(stack: Stack) -> None:
    url = f"http://127.0.0.1:{stack.ports['alertmanager']}/-/reload"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=PATIENCE_SECONDS) as answer:
        assert answer.status == 200


# -- two at once ----------------------------------------------------------------------------------------------

IMPATIENT = """\
import sys
from stackctl.cli.main import main
from stackctl.state import State

State.lock.__wrapped__.__defaults__ = (0.2,)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("second", ["reload", "up"])
def test_a_second_command_names_who_holds_the_lock(stack: Stack, second: str) -> None:
    holder = (
        "import sys; sys.argv = ['stackctl', 'reload']; from pathlib import Path; from stackctl.state import State\n"
    )
    holder += (
        f"with State(Path({str(stack.folder / '.stackctl')!r})).lock(): print('held', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", holder], stdin=pipe, stdout=pipe, text=True) as first:
        assert first.stdout
        assert first.stdin
        assert first.stdout.readline() == "held\n"
        command = [sys.executable, "-c", IMPATIENT, "-f", str(stack.folder / "stack.yml"), second]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        first.stdin.close()
    assert ran.returncode == 3
    assert f"unavailable: another stackctl is working on this stack: pid {first.pid} (stackctl reload)\n" in ran.stderr


def test_two_commands_at_once_both_complete(stack: Stack) -> None:
    stack.write(rules=GOOD_RULE)
    commands = [
        [sys.executable, "-m", "stackctl", "-f", str(stack.folder / "stack.yml"), name]
        for name in ("reload", "up", "reload")
    ]
    both = [subprocess.Popen(each, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for each in commands]
    said = [each.communicate(timeout=2 * PATIENCE_SECONDS) for each in both]
    assert [each.returncode for each in both] == [0, 0, 0], said
    assert "New" in stack.loaded_rules()
    found = json.loads(stack.run("status", "--output", "json").stdout)
    assert (found["unfinished"], found["generation"]) == (None, found["declared"])

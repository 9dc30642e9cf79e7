"""What an interrupted command, a moved, copied or lost state and missing files must not do: lose or stop anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.runtimes.native import process
from stackctl.runtimes.select import open_runtime
from stackctl.state import State
from tests.e2e.real_stack import BOTH, Stack, need, running_stack, stackctl
from tests.e2e.test_backup import COMMENT, measured, samples, silence, silences

pytestmark = [pytest.mark.e2e, pytest.mark.long]

# The command line, which kills itself when the function NUMBER of a class is called for the COUNTth time.
KILLED = """\
import os, signal, sys
from stackctl.cli.main import run
from stackctl.runtimes.docker.runtime import Docker
from stackctl.runtimes.native.runtime import Native
from stackctl.state.state import State

name, count, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def killing(real):
    def call(*arguments, **options):
        global count
        count -= 1
        result = real(*arguments, **options)
        if count == 0:
            os.kill(os.getpid(), number)
        return result
    return call

for place in (Docker, Native, State):
    if hasattr(place, name):
        setattr(place, name, killing(getattr(place, name)))
sys.argv = ["stackctl", *sys.argv[4:]]
run()
"""


def killed(stack: Stack, after: str, count: int, *arguments: str, number: int = signal.SIGKILL) -> int:
    command = [sys.executable, "-c", KILLED, after, str(count), str(int(number))]
    ran = subprocess.run(
        [*command, "-f", str(stack.folder / "stack.yml"), *arguments], capture_output=True, text=True, timeout=120
    )
    return ran.returncode


@pytest.fixture(params=BOTH)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    with running_stack(request.param, tmp_path / "shop") as made:
        yield made


def states(stack: Stack) -> dict[str, str]:
    runtime = open_runtime(stack.runtime, stack.name, stack.folder / c.STATE_DIR)
    return {one.name: one.state for one in runtime.observe()}


ALL_RUN = dict.fromkeys(("alertmanager", "blackbox", "node", "prometheus", "pushgateway"), "running")


def aside(stack: Stack) -> list[str]:
    """What is left of data that was set aside."""
    if stack.runtime == "native":
        return [path.name for path in (stack.folder / c.STATE_DIR / "data").iterdir() if path.name.startswith(".")]
    command = ["docker", "exec", f"{stack.name}-prometheus-1", "ls", "-A", "/prometheus"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in listed if name.startswith(".")]


# -- restore --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("up",), ("status",)])
def test_a_killed_restore_is_undone_by_the_next_command(stack: Stack, command: tuple[str, ...]) -> None:
    """The old data is there again, once; a later restore that fails brings back what was written since."""
    file, bad = stack.folder / "b.tar.gz", stack.folder / "bad.tar.gz"
    stack.run("backup", str(file))
    silence(stack)
    begin, end, before = measured(stack)
    assert killed(stack, "set_aside", 2, "restore", str(file), "--force") == -signal.SIGKILL
    said = stack.run(*command).stderr
    assert re.search("`restore` of 20.* was interrupted: the data is what it was before, alertmanager", said)
    assert states(stack) == ALL_RUN
    assert samples(stack, begin, end) == before
    assert silences(stack) == [COMMENT]
    assert aside(stack) == []

    silence(stack)
    bad.write_bytes(file.read_bytes())
    assert killed(stack, "write_data", 1, "restore", str(bad), "--force", number=signal.SIGTERM) == 128 + 15
    assert states(stack) == ALL_RUN
    assert silences(stack) == [COMMENT, COMMENT]
    assert aside(stack) == []


def test_a_killed_restore_whose_data_is_in_place_is_finished(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.run("backup", str(file))
    silence(stack)
    assert killed(stack, "drop_aside", 1, "restore", str(file), "--force") == -signal.SIGKILL
    said = stack.run("status").stderr
    assert re.search("`restore` of 20.* was interrupted: the restored data is in place, alertmanager", said)
    assert states(stack) == ALL_RUN
    assert silences(stack) == []
    assert aside(stack) == []


def test_down_puts_data_back_that_a_killed_restore_has_set_aside(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.run("backup", str(file))
    silence(stack)
    assert killed(stack, "write_data", 1, "restore", str(file), "--force") == -signal.SIGKILL
    stack.run("down")
    assert states(stack) == {}
    stack.run("up")
    assert states(stack) == ALL_RUN
    assert silences(stack) == [COMMENT]


@pytest.mark.docker
@pytest.mark.native
def test_a_restore_goes_to_the_backups_runtime_and_leaves_nothing_when_it_fails(tmp_path: Path) -> None:
    need("docker")
    with running_stack("native", tmp_path) as stack:
        file = stack.folder / "b.tar.gz"
        stack.run("backup", str(file))
        stack.run("down", "--volumes")
        assert killed(stack, "write_data", 2, "restore", str(file), number=signal.SIGTERM) == 128 + 15
        assert not (stack.folder / c.STATE_DIR / "data").exists()
        assert stack.run("restore", str(file)).returncode == 0
        stack.run("up")
        assert json.loads(stack.run("status", "--output", "json").stdout)["runtime"] == "native"
        stack.run("down", "--volumes")

        docker = ("restore", str(file), "--runtime", "docker")
        assert killed(stack, "write_data", 2, *docker, number=signal.SIGTERM) == 128 + 15
        assert in_docker(stack.name) == ([], [], [])


def in_docker(project: str) -> tuple[list[str], list[str], list[str]]:
    """The containers, volumes and networks of a project."""
    label = ["--filter", f"label=com.docker.compose.project={project}", "--quiet"]
    commands = (["ps", "--all"], ["volume", "ls"], ["network", "ls"])
    found = [
        subprocess.run(["docker", *one, *label], capture_output=True, text=True).stdout.split() for one in commands
    ]
    return found[0], found[1], found[2]


# -- backup ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "backup", "verify"])
def test_what_a_killed_backup_has_stopped_is_started_by_the_next_command(stack: Stack, command: str) -> None:
    file = stack.folder / "b.tar.gz"
    silence(stack)
    assert killed(stack, "execute", 1, "backup", str(file)) == -signal.SIGKILL
    assert states(stack) == {name: state for name, state in ALL_RUN.items() if name != c.ALERTMANAGER}
    said = stack.run(command, *((str(file),) if command == "backup" else ()))
    assert re.search("`backup` of 20.* was interrupted: alertmanager started again\n", said.stderr)
    assert states(stack) == ALL_RUN
    assert silences(stack) == [COMMENT]
    assert [path.name for path in stack.folder.iterdir() if path.name.startswith(".tmp")] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminated_backup_starts_again_what_it_has_stopped(stack: Stack, number: signal.Signals) -> None:
    assert killed(stack, "execute", 1, "backup", str(stack.folder / "b.tar.gz"), number=number) == 128 + number
    assert states(stack) == ALL_RUN
    assert State.beside(stack.folder / "stack.yml").intent() is None


def test_a_backup_refuses_when_a_declared_server_is_absent(stack: Stack) -> None:
    file = stack.folder / "b.tar.gz"
    stack.stop(c.PUSHGATEWAY)
    if stack.runtime == "docker":
        subprocess.run(["docker", "rm", "--force", f"{stack.name}-pushgateway-1"], check=True, capture_output=True)
    else:
        (stack.folder / c.STATE_DIR / "pids" / "pushgateway.pid").unlink()
    said = stack.run("backup", str(file), code=3).stderr
    assert said.startswith("unavailable: pushgateway is not running, so its data would be missing\n")
    assert not file.exists()


# -- the folder -----------------------------------------------------------------------------------------------


def test_a_moved_project_goes_on_from_its_new_folder(stack: Stack) -> None:
    begin, end, before = measured(stack)
    silence(stack)
    moved = stack.folder.with_name("moved")
    stack.folder.rename(moved)
    try:
        manifest = str(moved / "stack.yml")
        said = stackctl("-f", manifest, "status")
        assert "the stack was moved from" in said.stderr, said.stdout + said.stderr
        (moved / "rules.yml").write_text(
            (moved / "rules.yml").read_text() + "      - {alert: New, expr: scrape_samples_scraped == 7}\n"
        )
        ran = stackctl("-f", manifest, "reload")
        assert ran.returncode == 0, ran.stderr
        assert "New" in stack.loaded_rules()
        assert samples(stack, begin, end) == before
        assert silences(stack) == [COMMENT]
        ran = stackctl("-f", manifest, "up")
        assert "unchanged" in ran.stdout
        assert "replace" not in ran.stdout
    finally:
        moved.rename(stack.folder)


def test_a_copied_project_never_touches_the_original(stack: Stack) -> None:
    copy = stack.folder.with_name("copy")
    subprocess.run(["cp", "-a", stack.folder, copy], check=True)
    manifest = str(copy / "stack.yml")
    before = States.of(stack)
    assert stackctl("-f", manifest, "verify").returncode == 3
    ran = stackctl("-f", manifest, "down", "--volumes")
    assert ran.returncode == 0, ran.stderr
    assert "nothing was running" in ran.stdout
    assert (
        stackctl("-f", manifest, "up", "--runtime", stack.runtime).returncode == 3
    )  # the ports, or the name, are taken
    assert stackctl("-f", manifest, "down", "--volumes").returncode == 0
    assert States.of(stack) == before
    assert stack.failures() == {}

    silence(stack)
    stack.run("down")
    assert stackctl("-f", manifest, "down", "--volumes").returncode == 0
    if stack.runtime == "docker":
        refused = stackctl("-f", manifest, "up", "--runtime", stack.runtime)
        assert refused.returncode == 3
        assert f"has its data in Docker, that of {stack.folder}" in refused.stderr
        left = stackctl("-f", manifest, "down", "--volumes")
        assert f"! the stack of this name in {stack.folder} is left alone" in left.stdout
    stack.up()
    assert silences(stack) == [COMMENT]


class States:
    """Who runs, and since when."""

    @staticmethod
    def of(stack: Stack) -> list[tuple[str, str, float]]:
        runtime = open_runtime(stack.runtime, stack.name, stack.folder / c.STATE_DIR)
        return [(one.name, one.state, one.started_at) for one in runtime.observe()]


@pytest.mark.parametrize("lost", ["all of the state", "the generations", "the index", "the manifest too"])
def test_down_works_whatever_is_left(stack: Stack, lost: str) -> None:
    state = stack.folder / c.STATE_DIR
    if lost in ("all of the state", "the manifest too"):
        shutil.rmtree(state)
    if lost == "the generations":
        shutil.rmtree(state / "live")
    if lost == "the index":
        for path in (state / "live" / "generations").glob("*/*"):
            if path.name in (c.COMPOSE_FILE, c.UNITS_FILE):
                path.write_text("{]")
        (state / "running.json").write_text("[3]")
        (state / "journal.json").write_text("{")
        (state / "lock").unlink()
        (state / "lock").symlink_to(stack.folder / "rules.yml")
    rules = (stack.folder / "rules.yml").read_text()
    if lost == "the manifest too":
        (stack.folder / "stack.yml").unlink()
    if lost in ("all of the state", "the manifest too"):
        assert f"these still run from this folder: {', '.join(ALL_RUN)}" in stack.run("status", code=1).stdout
    marks = native_servers(stack)
    assert len(marks) == (len(ALL_RUN) if stack.runtime == "native" else 0)
    said = stack.run("down", "--volumes").stdout
    assert {line for line in said.splitlines() if line.startswith("stopped")} == {f"stopped {name}" for name in ALL_RUN}
    assert native_servers(stack) == []
    assert in_docker(stack.name) == ([], [], [])
    assert (stack.folder / "rules.yml").read_text() == rules
    stack.write()


def native_servers(stack: Stack) -> list[str]:
    return [mark.unit for mark in process.marked() if mark.state == str(stack.folder / c.STATE_DIR)]


def test_up_takes_over_what_runs_when_the_state_is_lost(stack: Stack) -> None:
    silence(stack)
    shutil.rmtree(stack.folder / c.STATE_DIR)
    ran = stack.run("up")
    assert "replace alertmanager: the state that it was started from was lost" in ran.stderr
    assert states(stack) == ALL_RUN
    assert silences(stack) == [COMMENT]
    assert "replace" not in stack.run("up").stdout


@pytest.mark.native
def test_a_pid_file_never_ends_other_processes(tmp_path: Path) -> None:
    need("native")
    with running_stack("native", tmp_path) as stack:
        pids = stack.folder / c.STATE_DIR / "pids"
        (pids / "pushgateway.pid").write_text("-1\n\nspec\n")
        (pids / "node.pid").write_text(f"{os.getpid()}\n\nspec\n")
        assert states(stack) == ALL_RUN
        stack.run("down")
        assert native_servers(stack) == []


# -- the runtime ----------------------------------------------------------------------------------------------


@pytest.mark.docker
@pytest.mark.native
def test_the_runtime_stays_what_it_was_after_down(tmp_path: Path) -> None:
    need("docker")
    with running_stack("native", tmp_path) as stack:
        silence(stack)
        stack.run("down")
        assert "the stack's data is there" in stack.run("up").stderr
        assert silences(stack) == [COMMENT]


@pytest.mark.docker
def test_a_failed_compose_run_leaves_down_working(tmp_path: Path) -> None:
    need("docker")
    with running_stack("docker", tmp_path) as stack:
        for path in (stack.live / "generations").glob(f"*/{c.COMPOSE_FILE}"):
            path.write_text(path.read_text().replace("command:", "comand:"))
        assert stack.run("logs", "--tail", "1").stdout != ""
        assert "stopped prometheus" in stack.run("down").stdout
        assert in_docker(stack.name)[0] == []
        stack.run("up")

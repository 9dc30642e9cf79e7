"""The docker command: its arguments, its time limits, and what is said when it cannot be run."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.runtimes.docker import command

# Unit tests run no checker: the function in the module is another one by the time they run.
from stackctl.runtimes.docker.command import Limit, check, last_line


def ended(code: int, err: str) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(["docker"], code, "", err)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Any]]:
    calls: list[tuple[list[str], Any]] = []

    def run(arguments: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        calls.append((arguments, options))
        return ended(3, "no such container")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


@pytest.mark.parametrize(("limit", "seconds"), [(Limit.HINT, 5), (Limit.ANSWER, 20), (Limit.WORK, None)])
def test_time_of_a_call_is_that_of_its_purpose(
    limit: Limit, seconds: float | None, ran: list[tuple[list[str], Any]]
) -> None:
    assert command.run(limit, "ps", "--all").returncode == 3
    ((arguments, options),) = ran
    assert arguments == ["docker", "ps", "--all"]
    assert options["timeout"] == seconds
    # It must not read what was typed for stackctl.
    assert options["stdin"] == subprocess.DEVNULL


@pytest.mark.parametrize("failure", [FileNotFoundError(2, "No such file"), subprocess.TimeoutExpired(["docker"], 20)])
def test_command_that_cannot_be_run_is_unavailable(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Unavailable, match="the docker command cannot be run") as refused:
        command.run(Limit.ANSWER, "ps", remedy="Leave out `--container`.")
    assert refused.value.problems[0].remedy == "Leave out `--container`."
    with pytest.raises(Unavailable) as refused:
        command.run(Limit.ANSWER, "ps")
    assert "--runtime native" in refused.value.problems[0].remedy


def test_checker_that_is_not_there_is_a_diagnostic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = check("promtool", "run", "promtool", env={"PATH": "/nowhere"})
    assert isinstance(found, Diagnostic)
    assert "promtool" in found.summary


@pytest.mark.parametrize(
    ("err", "line"), [("a warning\n\nthe reason\n", "the reason"), ("", "exit code 3"), (" \n", "exit code 3")]
)
def test_last_words_of_a_command(err: str, line: str) -> None:
    assert last_line(ended(3, err)) == line

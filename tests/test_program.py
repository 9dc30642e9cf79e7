"""A forked command is what a shell would start: the same outputs and exit code, in its own folder and environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.program import Program, stackctl

MANIFEST = "version: 1\nname: ${NAME}\nprometheus: {listen: 9090}\n"


@pytest.mark.parametrize(
    "arguments", [["--version"], ["check", "-o", "json"], ["-f", "missing.yml", "check"], ["nonsense"], ["render"]]
)
def test_answers_as_the_program_does(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    environment = {**os.environ, "NAME": "shop"}
    assert _said(stackctl(*arguments, cwd=tmp_path, env=environment)) == _started(tmp_path, environment, arguments)


def test_takes_the_environment_and_folder_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NAME", raising=False)
    assert "NAME" in stackctl("check").stderr
    monkeypatch.setenv("NAME", "shop")
    assert "NAME" not in stackctl("check").stderr


def test_commands_at_the_same_time_are_kept_apart(tmp_path: Path) -> None:
    def checked(number: int) -> str:
        return stackctl("-f", f"{number}.yml", "check", cwd=tmp_path).stderr

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(checked, range(12)))
    assert [f"{number}.yml" in text for number, text in enumerate(said)] == [True] * 12


def test_no_process_is_left_after_the_end(tmp_path: Path) -> None:
    program = Program("tests.program")
    assert program.run(["--version"], cwd=tmp_path).returncode == 0
    process = program._server
    program.close()
    assert process.returncode == 0


def _started(folder: Path, environment: Mapping[str, str], arguments: list[str]) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "stackctl", *arguments]
    return _said(subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True))


def _said(ran: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return ran.returncode, ran.stdout, ran.stderr

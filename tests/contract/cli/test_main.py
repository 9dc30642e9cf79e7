"""The program as a process of its own: what it loads, prints on a terminal, and does about signals."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stackctl.cli.main import COMMANDS

GOOD = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:8000']}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STACKCTL_DEBUG", raising=False)
    (tmp_path / "stack.yml").write_text(GOOD)
    return tmp_path


def stackctl(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ})


def test_debug_is_an_option_too(folder: Path) -> None:
    (folder / "stack.yml").write_text("[]")
    ran = stackctl("--debug", "check")
    assert ran.returncode == 2
    assert "Traceback" in ran.stderr
    assert "Traceback" not in stackctl("check").stderr


def test_help_lists_every_command_without_loading_one() -> None:
    script = "import sys; from stackctl.cli.main import main; main(['--help']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    listed, loaded = ran.stdout.rstrip().rsplit("\n", 1)
    assert not {f"stackctl.cli.{name}" for name in COMMANDS} & set(loaded.split())
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", listed, re.MULTILINE)


def test_command_after_global_options_runs(folder: Path) -> None:
    ran = stackctl("-q", "check")
    assert ran.returncode == 0, ran.stderr


def test_a_reader_that_leaves_is_not_an_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "stackctl", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0


def test_colors_follow_the_options_and_the_environment(folder: Path) -> None:
    (folder / "stack.yml").write_text("[]")
    assert "\x1b[" not in stackctl("check").stderr
    assert "\x1b[" in stackctl("check", FORCE_COLOR="1").stderr
    assert "\x1b[" not in stackctl("check", FORCE_COLOR="1", NO_COLOR="1").stderr
    assert "\x1b[" not in stackctl("--no-color", "check", FORCE_COLOR="1").stderr


def test_a_terminal_without_unicode_gets_the_report_all_the_same(folder: Path) -> None:
    ran = stackctl("check", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.returncode == 0
    assert "shop: 1 component, 1 service, 1 target" in ran.stdout


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal_after_the_work_changes_nothing(name: str) -> None:
    program = (
        "import os, signal, sys\n"
        "from stackctl.cli import main\n"
        "end = sys.exit\n"
        f"sys.exit = lambda code: (os.kill(os.getpid(), signal.{name}), end(code))\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "sys.argv = ['stackctl', '--version']\n"
        "main.run()\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")

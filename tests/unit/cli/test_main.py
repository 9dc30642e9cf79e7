"""The program as a whole: every way to end has its exit code and its words, and none is a traceback."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl import __version__
from stackctl.cli.main import COMMANDS, _needed, main
from stackctl.errors import CheckFailed, InputError, Unavailable

GOOD = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:8000']}}\n"
# Found wrong at three depths: the text, the schema, the files that are named.
BAD = {
    "text": "version: [1\n",
    "schema": "version: 1\nname: shop\nservices: {api: {tragets: []}}\n",
    "files": GOOD + "rules: [{file: missing.yml}]\n",
}
READS_THE_MANIFEST = ("check", "render", "up", "verify", "reload", "simulate")


def fails(failure: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise failure

    return fail


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STACKCTL_DEBUG", raising=False)
    (tmp_path / "stack.yml").write_text(GOOD)
    return tmp_path


def stackctl(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ})


# -- ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "code", "title"),
    [
        (CheckFailed.of("usage.option", "it is so", remedy="Fix it."), 1, "failed"),
        (InputError.of("usage.option", "it is so", remedy="Fix it."), 2, "error"),
        (Unavailable.of("usage.option", "it is so", remedy="Fix it."), 3, "unavailable"),
    ],
)
def test_an_expected_failure_ends_with_its_code_and_its_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    failure: Exception, code: int, title: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("stackctl.operations.verification.verify_stack", fails(failure))
    assert main(["verify"]) == code
    assert capsys.readouterr() == (
        "",
        f"{title}: it is so\nhelp: Fix it.\n\nTo read more: stackctl explain usage.option\n",
    )


def test_bug_exits_with_4_and_asks_for_a_report(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("stackctl.operations.verification.verify_stack", fails(ZeroDivisionError("by zero")))
    assert main(["verify"]) == 4
    shown = capsys.readouterr().err
    assert shown == (
        "internal error: ZeroDivisionError: by zero\n"
        f"This is a bug in stackctl {__version__}. Run the same command with --debug and report what it prints.\n"
    )


@pytest.mark.parametrize(
    ("failure", "code"), [(ZeroDivisionError("by zero"), 4), (Unavailable.of("usage.option", "away"), 3)]
)
def test_debug_shows_the_traceback_and_keeps_the_exit_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: Exception, code: int
) -> None:
    monkeypatch.setattr("stackctl.operations.verification.verify_stack", fails(failure))
    monkeypatch.setenv("STACKCTL_DEBUG", "1")
    assert main(["verify"]) == code
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_debug_is_an_option_too(folder: Path) -> None:
    (folder / "stack.yml").write_text("[]")
    ran = stackctl("--debug", "check")
    assert ran.returncode == 2
    assert "Traceback" in ran.stderr
    assert "Traceback" not in stackctl("check").stderr


def test_ctrl_c_exits_with_130(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("stackctl.operations.verification.verify_stack", fails(KeyboardInterrupt()))
    assert main(["verify"]) == 130
    assert capsys.readouterr().err.splitlines()[0] == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verfy"], "No such command 'verfy'"),
        (["verify", "--outptu", "json"], "No such option: --outptu"),
        (["verify", "--output", "xml"], "'xml' is not one of"),
        (["verify", "--timeout", "soon"], "--timeout: not a duration: `soon`"),
        (["reload", "now"], "unexpected extra argument"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert words in error
    assert "Traceback" not in error


def test_help_lists_every_command_without_loading_one() -> None:
    script = "import sys; from stackctl.cli.main import main; main(['--help']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    listed, loaded = ran.stdout.rstrip().rsplit("\n", 1)
    assert not {f"stackctl.cli.{name}" for name in COMMANDS} & set(loaded.split())
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", listed, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["check"], ["check"]),
        (["-f", "render", "check", "--help"], ["check"]),
        (["-q", "--no-color", "--manifest", "x.yml", "up"], ["up"]),
        (["--version"], []),
        (["--manifest=x.yml", "up"], list(COMMANDS)),
        (["-qv", "up"], list(COMMANDS)),
        (["no-command"], list(COMMANDS)),
        (["-f"], list(COMMANDS)),
    ],
)
def test_loads_only_the_command_of_the_line(arguments: list[str], loaded: list[str]) -> None:
    assert list(_needed(arguments)) == loaded


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


# -- the terminal -------------------------------------------------------------------------------------------


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


# -- nothing is written -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", READS_THE_MANIFEST)
@pytest.mark.parametrize("depth", BAD)
def test_a_bad_manifest_ends_with_2_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, depth: str
) -> None:
    (folder / "stack.yml").write_text(BAD[depth])
    assert main([command]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("error: stack.yml:")
    assert [path.name for path in folder.rglob("*")] == ["stack.yml"]


@pytest.mark.parametrize("command", READS_THE_MANIFEST)
def test_missing_manifest_suggests_init(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    (folder / "stack.yml").unlink()
    assert main([command]) == 2
    assert "`stackctl init`" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", ["verify", "reload"])
def test_a_stack_that_was_never_up_ends_with_3_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command]) == 3
    assert capsys.readouterr().err == (
        "unavailable: the stack `shop` is not running\nhelp: Run `stackctl up` first.\n\n"
        "To read more: stackctl explain unit.not-running\n"
    )
    assert [path.name for path in folder.iterdir()] == ["stack.yml"]


def test_a_full_disk_is_not_a_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/x/y")
    monkeypatch.setattr("stackctl.operations.verification.verify_stack", fails(full))
    assert main(["verify"]) == 3
    assert "no space left on a disk\nNo space left on device: /x/y\n" in capsys.readouterr().err


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

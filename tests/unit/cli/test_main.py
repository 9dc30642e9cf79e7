"""The program as a whole: every way to end has its exit code and its words, and none is a traceback."""

from __future__ import annotations

import errno
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

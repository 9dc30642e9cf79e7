from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.program import Ended, run
from stackctl.runtimes.checkers import Call, Texts, Verdict
from stackctl.runtimes.validation import validate


def test_returns_code_and_output() -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    ended = run("python", [sys.executable, "-uc", program])
    assert ended == Ended(3, "out\nerr\n")


def test_garbage_is_collected_as_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    program = [sys.executable, "-c", "import os; print(os.environ['GOGC'])"]
    monkeypatch.delenv("GOGC", raising=False)
    assert run("python", program) == Ended(0, "400\n")
    monkeypatch.setenv("GOGC", "50")
    assert run("python", program) == Ended(0, "50\n")


def test_kills_what_does_not_end_with_its_children() -> None:
    begun = time.monotonic()
    found = run("sleeper", ["sh", "-c", "sleep 1000 & sleep 1000"], seconds=0.2)
    assert isinstance(found, Diagnostic)
    assert "0.2 seconds" in found.cause
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_reports_what_cannot_be_run(tmp_path: Path, mode: int) -> None:
    program = tmp_path / "promtool"
    program.write_bytes(b"\x7fELF but not really")
    program.chmod(mode)
    found = run("promtool", [str(program)])
    assert isinstance(found, Diagnostic)
    assert found.summary == "promtool cannot be run"


def test_reports_an_unusable_checker_once(tmp_path: Path) -> None:
    for folder, name in (("prometheus", "prometheus.yml"), ("prometheus", "web.yml")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("{}")
    unusable = Diagnostic("checker.unusable", "promtool does not answer")

    def checker(call: Call) -> Verdict:
        return Verdict(1, "", unusable=unusable)

    assert validate(tmp_path, Texts(), checker) == [unusable]

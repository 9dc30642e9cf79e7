from __future__ import annotations

import pytest

from stackctl.report import console
from stackctl.runtimes.checkers import Call, Verdict
from stackctl.runtimes.native.local_checker import Local


@pytest.fixture(autouse=True)
def as_usual() -> None:
    """A command that runs in this process leaves its `--quiet` behind: forget it."""
    console.configure(quiet=False, verbose=False, color=None)


@pytest.fixture(autouse=True)
def checkers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the servers' own checkers accept everything, without running them: tests/contract asks the real ones."""
    monkeypatch.setattr(Local, "__call__", _accept)


def _accept(_: Local, call: Call) -> Verdict:
    return Verdict(0, f"{call.tool} is not run by unit tests")

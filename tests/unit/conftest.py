from __future__ import annotations

from collections.abc import Iterator

import pytest

from stackctl.program import Ended
from stackctl.report import console
from stackctl.runtimes.checkers import Call, Verdict
from stackctl.runtimes.docker import command
from stackctl.runtimes.native.local_checker import Local


def pytest_runtest_setup() -> None:
    """A command that runs in this process leaves its `--quiet` behind: forget it."""
    console.configure(quiet=False, verbose=False, color=None)


@pytest.fixture(autouse=True, scope="module")
def checkers() -> Iterator[None]:
    """Let the servers' own checkers, and Compose, accept everything, without running them: tests/contract asks the
    real ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Local, "__call__", _accept)
        patch.setattr(command, "check", lambda *_, **__: Ended(0, ""))
        yield


def _accept(_: Local, call: Call) -> Verdict:
    return Verdict(0, f"{call.tool} is not run by unit tests")

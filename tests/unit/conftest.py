from __future__ import annotations

import pytest

from stackctl.report import console


@pytest.fixture(autouse=True)
def as_usual() -> None:
    """A command that runs in this process leaves its `--quiet` behind: forget it."""
    console.configure(quiet=False, verbose=False, color=None)

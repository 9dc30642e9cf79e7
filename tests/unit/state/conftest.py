from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state of which nothing is on disk yet."""
    return State.beside(tmp_path / "stack.yml")

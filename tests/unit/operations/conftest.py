from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.state import State
from tests.unit.operations.pretended import Noted, Pretended


@pytest.fixture
def state(tmp_path: Path) -> State:
    """The state of a stack in a folder of its own, of which nothing is on disk yet."""
    folder = tmp_path / "shop"
    folder.mkdir()
    return State.beside(folder / "stack.yml")


@pytest.fixture
def manifest(state: State) -> Path:
    """The path of its manifest, which does not exist."""
    return state.root.parent / "stack.yml"


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    """The runtime that every operation gets, whichever it asks for."""
    pretended = Pretended()
    monkeypatch.setattr("stackctl.runtimes.select.reopen_runtime", lambda *_, **__: pretended)
    return pretended


@pytest.fixture
def progress() -> Noted:
    return Noted()

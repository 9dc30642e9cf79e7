"""The running stack, for the only stackctl that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import Unavailable
from stackctl.operations.locked import locked
from stackctl.state import State
from tests.unit.operations.pretended import Noted, live


def test_stack_is_opened_once_the_lock_is_held(
    manifest: Path, state: State, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    @contextmanager
    def exclusive(_: Path, command: str, __: object) -> Iterator[State]:
        steps.append(f"lock for {command}")
        yield state
        steps.append("unlock")

    def opened(path: Path) -> Any:
        steps.append(f"open {path.name}")
        return "the stack"

    monkeypatch.setattr("stackctl.operations.recovery.exclusive", exclusive)
    live(state)
    with locked(opened, manifest, "reload", progress) as found:
        assert found == "the stack"
        steps.append("work")
    assert steps == ["lock for reload", "open stack.yml", "work", "unlock"]


def test_refusal_without_a_state_leaves_no_trace(manifest: Path, state: State, progress: Noted) -> None:
    def opened(_: Path) -> Any:
        raise Unavailable.of("stack.never-started", "nothing runs")

    with pytest.raises(Unavailable), locked(opened, manifest, "reload", progress):
        pass
    assert not state.root.exists()

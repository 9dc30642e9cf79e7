"""The record of what runs."""

from __future__ import annotations

import pytest

from stackctl.state import Running, State


def test_a_record_comes_back_as_it_was(state: State) -> None:
    running = Running("docker", "abc", {"node": "no image"}, 12.5)
    with state.lock():
        state.record(running)
    assert state.running() == running
    state.record(None)
    assert state.running() is None


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '{"other": 1}'])
def test_a_damaged_record_counts_as_none(state: State, content: str) -> None:
    with state.lock():
        (state.root / "running.json").write_text(content)
    assert state.running() is None


@pytest.mark.parametrize(
    "content", [b'{"runtime": 3, "generation": "a"}', b'{"runtime": "native", "generation": ["a"]}',
                b'{"runtime": "native", "generation": "a", "units_skipped": ["x"]}']
)  # fmt: skip
def test_a_record_of_other_types_counts_as_none(state: State, content: bytes) -> None:
    with state.lock():
        (state.root / "running.json").write_bytes(content)
    assert state.running() is None

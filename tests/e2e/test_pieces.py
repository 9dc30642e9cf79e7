"""Benign variants stay green and faults are red alone: all in one stack, and some after others in one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stackctl.wait import wait_until
from tests.e2e.pieces import Piece
from tests.e2e.pieces.benign import BENIGN
from tests.e2e.pieces.faults import FAULTS
from tests.e2e.pieces.running import App, Stack, running

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

# What Prometheus cannot deliver at its start, it sends again after a minute.
PATIENCE_SECONDS = 150
CHANGES = 8


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, dict[str, Any]]]:
    """The rows that are red in a stack of all pieces, once the last fault could be seen."""
    pieces = (*BENIGN, *FAULTS)
    expected = {row for piece in FAULTS for row in piece.red}
    with running(tmp_path_factory.mktemp("pieces"), App(pieces), *pieces) as stack:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = stack.red()
            if found.keys() == expected or time.monotonic() > deadline:
                break
        yield found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)
def test_fault_is_red(
    red: Mapping[str, dict[str, Any]], fault: Piece, record_property: Callable[[str, object], None]
) -> None:
    record_property("mutant", "pieces")
    assert fault.red <= red.keys(), {row: each for row, each in red.items() if fault.name in row}


@pytest.mark.parametrize("variant", BENIGN, ids=lambda each: each.name)
def test_benign_variant_is_green(
    red: Mapping[str, dict[str, Any]], variant: Piece, record_property: Callable[[str, object], None]
) -> None:
    record_property("benign", "pieces")
    assert [f"{row}: {each['summary']}" for row, each in red.items() if _is_of(variant, row)] == []


def _is_of(piece: Piece, row: str) -> bool:
    """Return whether a row is about something of a piece."""
    subject = row.split(" ", 2)[2] if row.startswith("~ ") else row.partition(" ")[2]
    own = {*piece.services, f"{piece.name}-rules.yml", piece.board if piece.dashboard else piece.name}
    return subject.partition("/")[0] in own


def test_nothing_else_is_red(red: Mapping[str, dict[str, Any]]) -> None:
    expected = {row for piece in FAULTS for row in piece.red}
    assert {row: each["summary"] for row, each in red.items() if row not in expected} == {}


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that gets other pieces again and again."""
    with running(tmp_path_factory.mktemp("changing"), App((*BENIGN, *FAULTS))) as stack:
        yield stack


def some(pieces: Sequence[Piece], at_most: int) -> st.SearchStrategy[list[Piece]]:
    return st.lists(st.sampled_from(pieces), unique_by=lambda piece: piece.name, max_size=at_most)


@settings(
    max_examples=CHANGES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(variants=some(BENIGN, 20), faults=some(FAULTS, 6))
def test_changed_stack_is_red_for_the_faults_that_it_has_then(
    changing: Stack, variants: list[Piece], faults: list[Piece]
) -> None:
    """Whatever it had before: what is no longer declared leaves nothing that is judged."""
    changing.write(*variants, *faults)
    changing.run("up")
    red = {row for fault in faults for row in fault.red}
    wait_until(
        lambda: {*changing.red("--timeout", "6s")},
        lambda rows: rows == red,
        PATIENCE_SECONDS,
        what=f"{[each.name for each in faults]} among {[each.name for each in variants]} to be red, {sorted(red)}",
    )

"""Errors carry their problems, in the order of their places, and an exit code."""

from __future__ import annotations

import errno

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, InputError, Unavailable, cannot_write, raise_if_any
from stackctl.source import Position


def test_each_kind_has_its_exit_code() -> None:
    assert [kind.exit_code for kind in (CheckFailed, InputError, Unavailable)] == [1, 2, 3]


def test_text_has_every_problem() -> None:
    error = InputError(Diagnostic("a.b", "first"), Diagnostic("a.c", "second", remedy="Do it."))
    assert str(error) == "first\n\nsecond\nhelp: Do it."


def test_refuses_an_error_without_a_problem() -> None:
    with pytest.raises(ValueError, match="at least one"):
        InputError()


def test_raises_all_problems_in_the_order_of_their_places() -> None:
    raise_if_any([])
    later, earlier, nowhere = (Diagnostic("a.b", name, place) for name, place in PLACED.items())
    with pytest.raises(InputError) as raised:
        raise_if_any([later, earlier, nowhere])
    assert raised.value.problems == (nowhere, earlier, later)


PLACED = {"later": Position("stack.yml", 10, 1), "earlier": Position("stack.yml", 9, 5), "nowhere": None}


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, Unavailable, "disk.full"),
        (errno.EDQUOT, Unavailable, "disk.full"),
        (errno.EACCES, InputError, "file.cannot-write"),
    ],
)
def test_full_disk_is_not_a_mistake_of_the_user(number: int, kind: type, code: str) -> None:
    error = cannot_write(OSError(number, "no"), "cannot write out/")
    assert type(error) is kind
    assert [problem.code for problem in error.problems] == [code]

"""The line about what is waited for: on a terminal only, and gone before anything else is printed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from stackctl import redaction
from stackctl.report import console, live
from stackctl.wait import wait_until


@contextmanager
def terminal() -> Iterator[list[bytes]]:
    """A terminal as stderr, and what it was sent once the context has ended."""
    ours, its = os.openpty()
    sent: list[bytes] = []
    before = sys.stderr
    try:
        with os.fdopen(its, "w") as sys.stderr:
            console.configure(quiet=False, verbose=False, color=None)
            yield sent
    finally:
        sys.stderr = before
        console.configure(quiet=False, verbose=False, color=None)
        sent.append(_all_of(ours))
        os.close(ours)


def _all_of(terminal: int) -> bytes:
    """Return what a terminal was sent, once its other end is closed."""
    sent = b""
    with suppress(OSError):  # how a terminal says that nobody writes any more
        while piece := os.read(terminal, 65536):
            sent += piece
    return sent


def wait(looks: int) -> None:
    seen = iter(range(looks))
    wait_until(lambda: next(seen), lambda number: number == looks - 1, 42, what="rain", describe=lambda n: f"{n} drops")


def test_says_what_is_waited_for_and_how_long_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_SHOWN_AFTER_SECONDS", 0.0)
    with terminal() as sent:
        wait(3)
        console.note("done")
    assert re.search(rb"waiting for rain: [01] drops, at most \d\d s more", sent[0])
    assert sent[0].endswith(b"\x1b[2Kdone\r\n")


def test_a_short_wait_is_not_shown() -> None:
    with terminal() as sent:
        wait(2)
        console.note("done")
    assert sent[0] == b"done\r\n"


def test_nothing_is_shown_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_SHOWN_AFTER_SECONDS", 0.0)
    console.configure(quiet=False, verbose=False, color=None)
    wait(2)
    assert capsys.readouterr().err == ""


def test_the_line_holds_no_secret_and_steers_no_terminal() -> None:
    redaction.hide(["s3cret-word"])
    assert live.line("x", "s3cret-word\x1b[2J", 0.2, 2) == "waiting for x: ***\\u001b[2J, and 2 more, at most 1 s more"

"""What is printed on a terminal that is not there any more must not stop what a command is undoing."""

from __future__ import annotations

import os
import sys

import pytest

from stackctl.report import console


def test_lines_for_a_closed_terminal_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, os.fdopen(os.dup(slave), "w"))
    os.close(slave)
    os.close(master)
    assert console.out("a report") is False
    console.note("progress")
    assert console.out("more") is True


def test_a_report_that_finds_no_room_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(OSError, match="No space left"):
            console.out("a report")
        monkeypatch.undo()
        monkeypatch.setattr(sys, "stderr", full)
        console.note("progress")

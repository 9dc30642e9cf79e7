"""What is printed on a terminal that is not there any more must not stop what a command is undoing."""

from __future__ import annotations

import os
import sys

import pytest

from stackctl import redaction
from stackctl.report import console
from stackctl.report.outline import Outline


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


OUTLINE = Outline("a \x1b[2Jb", (Outline(console.bold("c"), (Outline("hunter2-of-shop"),)), Outline("d")))


def test_outline_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    redaction.hide(["hunter2-of-shop"])
    monkeypatch.setenv("NO_COLOR", "1")
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        console.outline(OUTLINE)
        terminal.flush()
        shown = os.read(master, 10_000).decode()
    os.close(master)
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[1:] == ["├── c", "│   └── ***", "└── d"]
    assert "\x1b" not in lines[0]


def test_outline_is_indented_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.outline(Outline("a", (Outline(console.bold("c"), (Outline("e"),)), Outline("d"))))
    assert capsys.readouterr().out == "a\n  c\n    e\n  d\n"

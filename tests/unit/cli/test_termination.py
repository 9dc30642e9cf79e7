"""Signals as interruptions: never amid an import, which could leave Python's import lock taken for ever."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """\
import os, time
os.kill(os.getpid(), {number})
end = time.monotonic() + 0.1
while time.monotonic() < end:
    pass
whole = True
"""
PROGRAM = """\
import signal, sys, time
from stackctl.cli.termination import interrupt_on_termination
# A test run in the background of a shell ignores SIGINT, and one under nohup SIGHUP; both are inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
interrupt_on_termination()
try:
    import slow
    time.sleep(120)
except KeyboardInterrupt as error:
    print("whole", sys.modules["slow"].whole)
    print(type(error).__name__)
"""


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGTERM, "Terminated"), (signal.SIGHUP, "Terminated"), (signal.SIGINT, "KeyboardInterrupt")],
)
def test_a_signal_waits_for_the_end_of_an_import(tmp_path: Path, number: signal.Signals, raised: str) -> None:
    (tmp_path / "slow.py").write_text(MODULE.format(number=int(number)))
    (tmp_path / "program.py").write_text(PROGRAM)
    ran = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout == f"whole True\n{raised}\n", ran.stderr


LOST = """\
import signal
install, lost = signal.signal, []
def losing(number, handler):
    def once(*arguments):
        return handler(*arguments) if lost else lost.append(number)
    return install(number, once if number == signal.SIGALRM else handler)
signal.signal = losing
"""


def test_an_alarm_that_is_lost_is_followed_by_another(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(MODULE.format(number=int(signal.SIGTERM)))
    (tmp_path / "program.py").write_text(LOST + PROGRAM)
    ran = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False
    )
    assert ran.stdout == "whole True\nTerminated\n", ran.stderr


DEFERRED = """\
import os, signal
from stackctl.cli.termination import deferred, interrupt_on_termination
signal.signal(signal.SIGINT, signal.default_int_handler)
interrupt_on_termination()
try:
    with deferred() as stop:
        os.kill(os.getpid(), {number})
        print("went on", stop.wait(10))
        os.kill(os.getpid(), {number})
        signal.pause()
except KeyboardInterrupt as error:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_has_begun_ends_before_the_first_signal_and_not_before_the_second(number: signal.Signals) -> None:
    program = DEFERRED.format(number=int(number))
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "went on True\ninterrupted\n"

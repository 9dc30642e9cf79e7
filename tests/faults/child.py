"""Command lines, with a fault at one of their steps when there is a plan.

A step is everything that changes the world outside of the process: files of FOLDER, processes, signals, requests other
than GET. Python's audit hooks report all of them, before they happen, so no step can be forgotten and the product needs
no hooks. PLAN is `record:FILE`, which writes their names, or `ACTION:NAME`, which does ACTION before the step NAME.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackctl.cli import main as cli
from stackctl.cli.termination import ignore_signals, interrupt_on_termination
from tests.program import serve

END = "end"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_NAMES = [
    (re.compile(r"\.tmp-[^/]*"), ".tmp"),
    (re.compile(r"\.aside-[0-9a-f]+-"), ".aside-"),
    (re.compile(r"\.call-[^/]*"), ".call"),
    (re.compile(r"generations/[0-9a-f]{12}"), "generations/ID"),
    # Of the many files in one folder that is not in use yet, the first stands for all.
    (re.compile(r"(generations/\.tmp|\.call|data/[a-z]+|generations/ID)/.*"), r"\1/*"),
]
_TEXT = re.compile(rb"^(POST|PUT|PATCH|DELETE) (\S+)")
_FULL = {"write", "mkdir", "symlink"}


class Faults:
    """What the audit hook does."""

    def __init__(self, folder: Path, plan: str) -> None:
        self._folder = str(folder)
        self._action, _, self._name = plan.partition(":")
        self._seen: Counter[str] = Counter()
        self._last = ""
        self._is_busy = self._is_full = False
        self._names: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._is_busy:
            return
        self._is_busy = True
        try:
            step = self._step(event, arguments)
            if step and not (step == self._last and step.endswith("*")):
                self._reach(step)
                if event == "os.kill":  # who gets the signal takes time to end, and is not waited for any more
                    self._reach(f"after {step}", lambda: os.kill(*arguments))
            self._last = step or self._last
        finally:
            self._is_busy = False
        if step and self._is_full and step.partition(" ")[0] in _FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._folder)

    def end(self) -> None:
        """The last of all points: the process has done its work."""
        self._reach(END)
        if self._action == "record":
            Path(self._name).write_text("".join(f"{name}\n" for name in self._names))

    def _reach(self, step: str, before: Callable[[], None] = lambda: None) -> None:
        """Note a step, and do the action there, after what has to come `before` it."""
        self._seen[step] += 1
        name = f"{step} #{self._seen[step]}"
        self._names.append(name)
        if name == self._name:
            before()
            if self._action == "ENOSPC":
                self._is_full = True
            else:
                os.kill(os.getpid(), getattr(signal, self._action))

    def _step(self, event: str, arguments: tuple[Any, ...]) -> str:
        """The name of a step, "" for what changes nothing of interest."""
        if event == "open":
            path, mode, flags = arguments
            is_writing = bool(flags & _WRITING) if mode is None else bool(set(str(mode)) & set("wax+"))
            return self._at("write", path) if is_writing else ""
        if event in ("os.rename", "os.symlink"):
            return self._at(event[3:], arguments[1])
        if event == "os.mkdir":
            return "" if Path(arguments[0]).is_dir() else self._at("mkdir", arguments[0])
        if event in ("os.rmdir", "os.remove"):
            is_inside = not Path(str(arguments[0])).is_absolute()
            return "remove inside a folder *" if is_inside else self._at(event[3:], arguments[0])
        if event == "subprocess.Popen":
            words = [Path(str(word)).name for word in arguments[1][:3]]
            return f"run {words[0]}" + (f" {' '.join(words[1:])}" if words[0] == "docker" else "")
        if event == "os.kill" and arguments[1]:
            return f"signal {signal.Signals(arguments[1]).name}"
        if event == "http.client.send":
            found = _TEXT.match(bytes(arguments[1])) if isinstance(arguments[1], bytes) else None
            path = re.sub(rb"[0-9a-f]{12,}", b"ID", found[2].partition(b"?")[0]) if found else b""
            return f"{found[1].decode()} {path.decode()}" if found else ""
        return ""

    def _at(self, kind: str, place: Any) -> str:
        path = os.fsdecode(place) if isinstance(place, str | bytes | os.PathLike) else ""
        if not path.startswith(f"{self._folder}/") or path.endswith(".stackctl/lock"):
            return ""
        name = path.removeprefix(f"{self._folder}/")
        for pattern, short in _NAMES:
            name = pattern.sub(short, name)
        return f"write {name}" if kind == "mkdir" and name.endswith("*") else f"{kind} {name}"


def _run(more: list[str]) -> None:
    """Run the command line of `sys.argv` with the faults of a plan, which are about a folder."""
    folder, plan = more
    interrupt_on_termination()
    faults = Faults(Path(folder), plan)
    if plan:
        sys.addaudithook(faults)
    code = cli.main(sys.argv[1:])
    ignore_signals()
    if plan:
        faults.end()
    sys.exit(code)


if __name__ == "__main__":
    serve(_run)

"""Memory of the answers of checkers, for a process that asks them the same again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from stackctl import conventions as c
from stackctl.bounds import files
from stackctl.runtimes.checkers import TREE, Call, Run, Verdict
from stackctl.tree import load_units

T = TypeVar("T")

# Each has the output of a checker.
_MOST = 32


@dataclass
class _Memory:
    answers: dict[str, Any] | None = None


_memory = _Memory()


@contextmanager
def recalled() -> Iterator[None]:
    """Remember answers from here on: a checker of whose input all is the same as before is not asked again."""
    _memory.answers = {}
    try:
        yield
    finally:
        _memory.answers = None


def recall(key: Callable[[], str], ask: Callable[[], T], is_kept: Callable[[T], bool]) -> T:
    """Return the answer of `ask`, or what it has answered before for the same `key`, where answers are remembered.

    An answer that is not to be kept, and one with the key "", is asked for each time.
    """
    answers = _memory.answers
    if answers is None or not (wanted := key()):
        return ask()
    if wanted not in answers:
        answer = ask()
        if not is_kept(answer):
            return answer
        answers[wanted] = answer
        for oldest in list(answers)[:-_MOST]:
            answers.pop(oldest, None)
        return answer
    found: T = answers[wanted]
    return found


def recalling(run: Run, tree: Path) -> Run:
    """Return `run` for the checkers of the tree at `tree`, which recalls verdicts where they are remembered."""

    def is_kept(verdict: Verdict) -> bool:
        return not verdict.missing and verdict.unusable is None

    return lambda call: recall(lambda: _key(call, tree), lambda: run(call), is_kept)


def _key(call: Call, tree: Path) -> str:
    """Return a digest of all that a verdict depends on, "" where that is not known.

    amtool reads Alertmanager's folder of the tree; what promtool reads of it changes with nearly every edit.
    """
    if any(TREE in argument for argument in call.arguments) and call.unit != c.ALERTMANAGER:
        return ""
    read = (tree / PurePosixPath(c.ALERTMANAGER_FILE).parent).rglob("*") if call.unit == c.ALERTMANAGER else ()
    content = {path.relative_to(tree): files.read_bytes(path) for path in sorted(read) if path.is_file()}
    asked = call.unit, call.tool, call.arguments, sorted(call.files.items())
    return hashlib.sha256(repr((asked, content, _images(tree))).encode()).hexdigest()


def _images(tree: Path) -> list[str]:
    """Return the images of a tree, of which the checkers are."""
    path = tree / c.UNITS_FILE
    return [unit.image for unit in load_units(files.read_bytes(path))[2]] if path.is_file() else []

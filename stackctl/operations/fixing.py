"""Corrections of expressions in the files they are written in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import unified_diff
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.bounds import files
from stackctl.diagnostic import Fix
from stackctl.operations.user_files import write
from stackctl.promql.change import change
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.manifest import Files
    from stackctl.model import Stack

# Corrections of one expression follow each other, as each is about the whole of it.
_ROUNDS = 10


@dataclass(frozen=True)
class Corrected:
    """A file, its text, and its text with corrections."""

    path: Path
    shown: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        lines = unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.shown, self.shown
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


@dataclass(frozen=True)
class _Edit:
    """`new` in the place of all characters from `first` to `last`, or before `first` where `last` is None."""

    first: Position
    last: Position | None
    new: str


def fix(manifest: Path | None, read_stack: Callable[[], Stack], named: Files | None = None) -> list[Corrected]:
    """Write corrections until nothing is left that is certain, and return the files with their texts before and after.

    `read_stack` reads the stack again. With `named`, no other files are changed. Raises InputError for a stack that
    cannot be read, Unavailable when a file cannot be written.
    """
    done: dict[Path, Corrected] = {}
    for _ in range(_ROUNDS):
        found = corrections(manifest, read_stack(), named)
        if not found:
            break
        write({each.path: each.after for each in found})
        for each in found:
            first = done.get(each.path, each)
            done[each.path] = Corrected(each.path, each.shown, first.before, each.after)
    return list(done.values())


def corrections(manifest: Path | None, stack: Stack, named: Files | None = None) -> list[Corrected]:
    """Return the files in which expressions can be corrected, each of them once. Nothing is written."""
    from stackctl.manifest.queries import review_queries
    from stackctl.operations.checker_errors import accept

    review = review_queries(stack)
    problems = [each for each in accept((*review.errors, *review.warnings), stack.waivers) if each.status != "skip"]
    edits: dict[str, dict[tuple[int, int], _Edit]] = {}
    for problem in problems:
        edit = _edit(problem.fix) if problem.fix else None
        if edit and (named is None or named.has(edit.first.file)):
            edits.setdefault(edit.first.file, {}).setdefault(_start(problem.fix), edit)
    found, dashboards = [], {each.path for each in stack.dashboards}
    for file, of_file in edits.items():
        path = manifest if manifest and file == str(manifest) else stack.root / file
        before = files.read_bytes(path).decode("utf-8-sig")
        is_json = file in dashboards and path.suffix not in (".yml", ".yaml")
        after = _applied(before, list(of_file.values()), is_json=is_json)
        found.append(Corrected(path, file, before, after))
    return [each for each in found if each.after != each.before]


def _start(fix: Fix | None) -> tuple[int, int]:
    """Return the line and the column at which the expression begins: each is corrected once in a round."""
    assert fix  # noqa: S101 - the caller has looked
    place = fix.passage.place(0)
    return place.line, place.column


def _edit(fix: Fix) -> _Edit | None:
    """Return the change of the file; None where the expression is not written there as it is read."""
    passage = fix.passage
    try:
        wanted = change(passage.text, fix.text)
    except ValueError:
        return None
    first = passage.index(wanted.start) if wanted.start < len(passage.text) else None
    last = passage.index(wanted.end - 1) if wanted.end > wanted.start else first
    if first is None or last is None:
        return None
    new = _quoted(wanted.new, passage.written())
    return _Edit(passage.place(first), passage.place(last) if wanted.end > wanted.start else None, new)


def _quoted(text: str, written: str) -> str:
    """Return a text as it is written in the quotes of a value."""
    if written.startswith('"'):
        return json.dumps(text, ensure_ascii=False)[1:-1]
    return text.replace("'", "''") if written.startswith("'") else text


def _applied(text: str, edits: list[_Edit], *, is_json: bool) -> str:
    # YAML knows more line breaks than JSON: U+2028, which a title may hold, is one of them.
    lines = re.findall(r"[^\n]*\n|[^\n]+", text) if is_json else text.splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=0))

    def offset(place: Position) -> int:
        return starts[place.line - 1] + place.column - 1

    for edit in sorted(edits, key=lambda each: offset(each.first), reverse=True):
        begin = offset(edit.first)
        end = offset(edit.last) + 1 if edit.last else begin
        text = f"{text[:begin]}{edit.new}{text[end:]}"
    return text

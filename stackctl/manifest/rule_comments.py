"""Comments in rule files that accept what is found about one rule: `# stackctl: ignore CODE (reason)`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.parse import Span, scalar_spans
from stackctl.model import Waiver
from stackctl.source import Position

_COMMENT = re.compile(r"(?:^|(?<=\s))#+\s*stackctl:\s*ignore\b(.*)$")
_CODES_AND_REASON = re.compile(r"\s+([\w.-]+(?:\s*,\s*[\w.-]+)*)\s*\(\s*(\S.*?)\s*\)\s*")


@dataclass(frozen=True)
class Comments:
    """The comments of a rule file: the exceptions that they make, what is wrong with them, and those at no rule."""

    waivers: tuple[Waiver, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class _Lines:
    """The 0-based lines of a rule at which a comment is about it: its first one, and those of its expression.

    `origin` is the place of what is found about the rule.
    """

    first: int
    expression: range
    origin: Position

    def has(self, line: int) -> bool:
        return line == self.first or line in self.expression

    def begins_at(self, line: int) -> bool:
        return line in (self.first, self.expression.start)


def read_comments(text: str, document: Document, rules: Sequence[tuple[Place, Position]]) -> Comments:
    """Return the comments of the rule file `text`. `rules` are the places of its rules in `document`, and what findings
    about each have as their position."""
    lines = text.splitlines()
    found = [(number, match) for number, line in enumerate(lines) if (match := _COMMENT.search(line))]
    if not found:
        return Comments()
    scalars = scalar_spans(text)
    places = [_lines(document, place, origin, scalars) for place, origin in rules]
    waivers: list[Waiver] = []
    problems, notes = [], []
    for number, match in found:
        rule = _rule_at(number, lines, places)
        if _is_in_text(number, match.start(), scalars) and not (rule and number in rule.expression):
            continue
        at = document.at(number, match.start())
        written = _CODES_AND_REASON.fullmatch(match[1])
        if written is None:
            problems.append(_malformed(at))
        elif rule is None:
            notes.append(_at_no_rule(at))
        else:
            codes = (code.strip() for code in written[1].split(","))
            waivers += [Waiver(code, "*", written[2], None, at, rule.origin) for code in codes]
    return Comments(tuple(waivers), tuple(problems), tuple(notes))


def _lines(document: Document, place: Place, origin: Position, scalars: Sequence[Span]) -> _Lines:
    key = document.position((*place, "expr"), key=True)
    starts = [start for start, _ in scalars]
    at = (key.line - 1, key.column - 1)
    (line, column) = scalars[starts.index(at) + 1][1] if at in starts[:-1] else (at[0], 1)
    # A block ends where the next line begins.
    end = line if column == 0 else line + 1
    return _Lines(document.position(place).line - 1, range(at[0], max(end, at[0] + 1)), origin)


def _rule_at(number: int, lines: Sequence[str], places: Sequence[_Lines]) -> _Lines | None:
    """The rule that a comment in a line is about: that of the line, or the one that begins below the comment."""
    below = next(_after_comments(number, lines), number)
    on_it = (each for each in places if each.has(number))
    above = (each for each in places if each.begins_at(below))
    return next(on_it, next(above, None))


def _after_comments(number: int, lines: Sequence[str]) -> Iterator[int]:
    """Yield the line after a comment that has lines of its own; nothing for one at the end of a line."""
    if lines[number].lstrip().startswith("#"):
        following = enumerate(lines[number:], number)
        yield from (at for at, line in following if not line.lstrip().startswith("#"))


def _is_in_text(line: int, column: int, scalars: Sequence[Span]) -> bool:
    return any(start <= (line, column) < end for start, end in scalars)


def _malformed(at: Position) -> Diagnostic:
    return Diagnostic(
        "ignore.comment",
        "this comment accepts nothing: it has no code, or no reason",
        at,
        remedy="Write it like `# stackctl: ignore promql.unknown-metric (served by a gateway)`.",
    )


def _at_no_rule(at: Position) -> Diagnostic:
    return Diagnostic(
        "ignore.unused",
        "this comment is not at a rule",
        at,
        remedy="Write it on the line of the rule or of its expression, or directly above one of them.",
    )

"""The smallest change that turns an expression, as somebody wrote it, into another one."""

from __future__ import annotations

from dataclasses import dataclass

from stackctl.promql.nodes import STRING_OR_COMMENT, parse, text


@dataclass(frozen=True)
class Change:
    """`new` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    new: str

    def applied(self, expr: str) -> str:
        return f"{expr[: self.start]}{self.new}{expr[self.end :]}"


def change(expr: str, meant: str) -> Change:
    """Return how to turn `expr` into `meant`. What both have in common stays as it is written, line breaks too.

    Raises ValueError when one of them is not PromQL, or comments would be lost.
    """
    comments = [match for match in STRING_OR_COMMENT.finditer(expr) if match[0][0] == "#"]
    smallest = _smallest(expr, text(parse(expr)), meant)
    if smallest and parse(smallest.applied(expr)).prettify() == parse(meant).prettify():
        if any(smallest.start <= each.start() < smallest.end for each in comments):
            raise ValueError("there is a comment in what changes")
        return smallest
    if comments:
        raise ValueError("the expression has comments")
    start = len(expr) - len(expr.lstrip())
    return Change(start, len(expr.rstrip()), meant)


def _smallest(expr: str, normal: str, meant: str) -> Change | None:
    """The difference between the normal forms, at its place in `expr`; None where `expr` is written otherwise."""
    places, normal_places, meant_places = _solid(expr), _solid(normal), _solid(meant)
    before = [normal[at] for at in normal_places]
    after = [meant[at] for at in meant_places]
    if [expr[at] for at in places] != before:
        return None
    begin = 0
    while begin < min(len(before), len(after)) and before[begin] == after[begin]:
        begin += 1
    while begin and (_in_word(before, begin) or _in_word(after, begin)):
        begin -= 1
    end = 0
    while end < min(len(before), len(after)) - begin and before[-1 - end] == after[-1 - end]:
        end += 1
    while end and (_in_word(before, len(before) - end) or _in_word(after, len(after) - end)):
        end -= 1
    start = places[begin] if begin < len(places) else len(expr)
    stop = places[len(places) - end - 1] + 1 if begin < len(places) - end else start
    new_start = meant_places[begin] if begin < len(meant_places) else len(meant)
    new_stop = meant_places[len(meant_places) - end] if end else len(meant)
    new = meant[new_start:new_stop]
    return Change(start, stop, new.rstrip() if expr[stop : stop + 1].isspace() else new)


def _solid(expr: str) -> list[int]:
    """The offsets of the characters that are neither spaces nor in comments."""
    bare = STRING_OR_COMMENT.sub(lambda match: match[0] if match[0][0] != "#" else " " * len(match[0]), expr)
    return [at for at, character in enumerate(bare) if not character.isspace()]


def _in_word(characters: list[str], at: int) -> bool:
    """Return whether a word goes over the place before the character `at`."""
    return 0 < at < len(characters) and all(each.isalnum() or each in "_:" for each in characters[at - 1 : at + 1])

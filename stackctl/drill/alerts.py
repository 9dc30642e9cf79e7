"""Alerts of a drill, as they look when they fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import raise_if_any
from stackctl.model import Stack
from stackctl.source import Position


@dataclass(frozen=True)
class Drilled:
    """One alert under drill. `number` is unique in a drill.

    `labels` are the rule's own, those given by hand, and the one that tells it from a real alert.
    """

    number: int
    name: str
    file: str
    group: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    origin: Position

    @property
    def subject(self) -> str:
        return f"{self.file}/{self.group}/{self.name}"


def choose(stack: Stack, names: Sequence[str], labels: Mapping[str, str], *, live: bool = False) -> tuple[Drilled, ...]:
    """The alerts of `stack`, or those called `names`, with `labels` added to what their rules say.

    `labels` stand for what the series would bring along. `live` alerts are for the real receivers. Raises InputError
    for a name that no alert has, and when there is nothing to drill.
    """
    mark = c.DRILL_LIVE if live else c.DRILL_ASIDE
    every = tuple(_alerts(stack, {**labels, c.DRILL: mark}))
    known = sorted({alert.name for alert in every})
    raise_if_any(_unknown(name, known) for name in names if name not in known)
    if not every:
        raise_if_any(
            [
                Diagnostic(
                    "drill.no-alert", "there is no alert to drill", remedy="Declare one under `rules` in the manifest."
                )
            ]
        )
    return tuple(alert for alert in every if not names or alert.name in names)


def _alerts(stack: Stack, more: Mapping[str, str]) -> Iterator[Drilled]:
    rules = [(file, rule) for file in stack.rules for rule in file.rules if rule.kind == "alert"]
    for number, (file, rule) in enumerate(rules):
        labels = {**rule.labels, **more}
        yield Drilled(number, rule.name, file.path, rule.group, labels, rule.annotations, rule.origin)


def _unknown(name: str, known: Sequence[str]) -> Diagnostic:
    import difflib

    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean `{close[0]}`?" if close else f"The alerts are {', '.join(known) or 'none'}."
    return Diagnostic("usage.unknown-name", f"there is no alert `{name}`", remedy=hint)

"""Rules and their files, and what the manifest accepts of what is found about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from stackctl.diagnostic import Diagnostic
from stackctl.model.block import Block
from stackctl.source import Passage, Position


@dataclass(frozen=True)
class Rule:
    """One alerting or recording rule: `kind` is "alert" or "record". `labels` are those it adds, its group's too.

    `places` are those of its texts, by ("label" or "annotation", key). `passage` is where its expression is written,
    None where that is in no file of the user's, as in a pack. `for_seconds` is the `for` of an alert, and
    `interval_seconds` the time between two evaluations where its group says it, else 0.0.
    """

    kind: str
    name: str
    expr: str
    group: str
    origin: Position
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], Position] = field(default_factory=dict, repr=False)
    passage: Passage | None = field(default=None, compare=False, repr=False)
    for_seconds: float = 0.0
    interval_seconds: float = 0.0

    def place(self, part: str, key: str) -> Position:
        """Return the position of the label or annotation `key`, or else of the rule."""
        return self.places.get((part, key), self.origin)


@dataclass(frozen=True)
class Waiver:
    """Findings that the user accepts: those of a check or a family about subjects like `subject`, up to `until`.

    `origin` is None for one of the command line. With a `place`, it is about findings of that position only: those of
    the rule at which a comment accepts them.
    """

    check: str
    subject: str
    reason: str
    until: date | None
    origin: Position | None
    place: Position | None = None


@dataclass(frozen=True)
class RuleFile:
    """A Prometheus rule file. `path` is unique and relative, for the tree; `source` is the user's file, if any.

    `content` is the file as the user wrote it, or Prometheus' block where the manifest changes or holds the rules.
    `rules` are those that Prometheus gets; `notes` are what is hardly meant, though Prometheus accepts it.
    `waivers` are what its comments accept.
    """

    path: str
    content: bytes | Block = field(repr=False)
    rules: tuple[Rule, ...]
    origin: Position
    source: str = ""
    notes: tuple[Diagnostic, ...] = ()
    waivers: tuple[Waiver, ...] = ()

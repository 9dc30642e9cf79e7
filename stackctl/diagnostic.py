"""Diagnostics: everything that stackctl reports about a manifest, a stack or its own work has this one form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from stackctl.source import Passage, Position

# "info" is a suggestion: it is not counted, and fails nothing.
Status = Literal["pass", "fail", "warn", "skip", "info"]
# How far a declared item has come; each stage includes those before it.
Stage = Literal["declared", "rendered", "loaded", "working"]


@dataclass(frozen=True)
class Fix:
    """The text that belongs in the place of a passage."""

    passage: Passage
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One result: a problem of a manifest, the outcome of a check, the reason why a command failed.

    code              what kind it is, `family.name`, listed in `codes.py` and stable across versions: `target.up`
    summary           one line without a full stop
    position          the place in the user's files; of a check, the line that declares its subject
    rule              the place of the rule that it is about, where `position` is inside of its expression
    cause             the likely reason: sentences, or ""
    remedy            what to do about it: sentences, or ""
    evidence          what servers or programs said, where it is worth seeing
    status            "fail" unless something else is said
    subject           of a check, what it is about: `api/localhost:8000`
    stage             of a check, the last stage that its subject is known to have reached
    depends_on        of a skipped check, the code and the subject of the failure that explains it, else ""
    duration_seconds  of a check, how long its family took
    fix               the expression that was probably meant, and where the one to correct is written
    """

    code: str
    summary: str
    position: Position | None = None
    cause: str = ""
    remedy: str = ""
    evidence: str = ""
    status: Status = "fail"
    subject: str = ""
    stage: Stage = "declared"
    depends_on: str = ""
    duration_seconds: float = 0.0
    rule: Position | None = None
    fix: Fix | None = None

    @property
    def family(self) -> str:
        """The part of the code before the dot: `target`."""
        return self.code.partition(".")[0]

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position else ""
        snippet = self.position.snippet() if self.position else ""
        parts = [place + self.summary, snippet, self.cause, f"help: {self.remedy}" if self.remedy else ""]
        return "\n".join(part for part in parts if part)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics in the order of their places, those without one first."""
    return sorted(
        diagnostics, key=lambda d: (d.position.file, d.position.line, d.position.column) if d.position else ("", 0, 0)
    )


def listed(names: Sequence[str], most: int) -> str:
    """Return the first `most` of some names, as a message shows them, and how many there are more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")

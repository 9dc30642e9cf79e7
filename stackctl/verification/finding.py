"""One thing verified about one subject, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stackctl.clients.http import NoAnswer
from stackctl.source import Position

Status = Literal["pass", "fail", "warn", "skip"]
# How far a declared item has come; each stage includes those before it.
Stage = Literal["declared", "rendered", "loaded", "working"]


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    id        what was checked, stable across versions: `target.up`
    subject   of what: `api/localhost:8000`
    summary   what was found, in one line
    evidence  what the servers said, when it is worth seeing
    remedy    what to do about it; "" for a pass
    source    the line that declares the subject
    stage     the last stage that the subject is known to have reached; what is only asked, as a health path is, has
              none between the first and the last
    cause     of a skip: the check whose failure it depends on, "" where that is none
    """

    id: str
    subject: str
    status: Status
    summary: str
    evidence: str = ""
    remedy: str = ""
    source: Position | None = None
    duration_seconds: float = 0.0
    stage: Stage = "working"
    cause: str = ""

    @property
    def family(self) -> str:
        """What the check belongs to: `target`."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Subject:
    """What a check is about: the id of the check, the subject's name and the line that declares it."""

    id: str
    name: str
    source: Position | None

    def passed(self, summary: str) -> Finding:
        return Finding(self.id, self.name, "pass", summary, source=self.source)

    def failed(self, summary: str, remedy: str, evidence: str = "", *, stage: Stage = "rendered") -> Finding:
        """`stage` is "rendered" where the servers do not have the subject, or nothing is known of them."""
        return Finding(self.id, self.name, "fail", summary, evidence, remedy, self.source, stage=stage)

    def warned(self, summary: str, remedy: str, evidence: str = "") -> Finding:
        """Of something that is loaded, though it should not be, and breaks nothing that is declared."""
        return Finding(self.id, self.name, "warn", summary, evidence, remedy, self.source, stage="loaded")

    def skipped(self, reason: str, remedy: str = "", *, cause: str = "") -> Finding:
        """`cause` is the check that reports why, where one does."""
        status: Status = "skip"
        return Finding(
            self.id, self.name, status, reason, remedy=remedy, source=self.source, stage="rendered", cause=cause
        )

    def unanswered(self, error: NoAnswer, remedy: str = "Run `stackctl up`.") -> Finding:
        """A failure, or a skip where the server's own check reports the cause: one cause is one failure."""
        return self.depends(error.summary, error.reported) if error.reported else self.failed(error.summary, remedy)

    def depends(self, reason: str, cause: str) -> Finding:
        """A skip because of the failure that the check `cause` reports."""
        return self.skipped(f"not checked: {reason}", f"See `{cause}`.", cause=cause)

"""The subject of a check, and its results."""

from __future__ import annotations

from dataclasses import dataclass

from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic, Stage
from stackctl.source import Position


@dataclass(frozen=True)
class Subject:
    """The subject of one check: the code of the check, the subject's name, and the line that declares it."""

    code: str
    name: str
    position: Position | None

    def passed(self, summary: str) -> Diagnostic:
        return Diagnostic(self.code, summary, self.position, status="pass", subject=self.name, stage="working")

    def failed(self, summary: str, remedy: str, evidence: str = "", *, stage: Stage = "rendered") -> Diagnostic:
        """`stage` is "rendered" where the servers do not have the subject, or nothing is known of them."""
        return Diagnostic(
            self.code, summary, self.position, remedy=remedy, evidence=evidence, subject=self.name, stage=stage
        )

    def warned(self, summary: str, remedy: str, evidence: str = "") -> Diagnostic:
        """Return a warning about something that is loaded, though it should not be, and breaks nothing declared."""
        return Diagnostic(
            self.code, summary, self.position, "", remedy, evidence, status="warn", subject=self.name, stage="loaded"
        )

    def skipped(self, reason: str, remedy: str = "", *, depends_on: str = "") -> Diagnostic:
        """`depends_on` is the check that reports why, where one does."""
        return Diagnostic(
            self.code,
            reason,
            self.position,
            remedy=remedy,
            status="skip",
            subject=self.name,
            stage="rendered",
            depends_on=depends_on,
        )

    def unanswered(self, error: NoAnswer, remedy: str = "Run `stackctl up`.") -> Diagnostic:
        """A failure, or a skip where the server's own check reports the cause: one cause is one failure.

        A server that serves a part of the API only is not expected to have the rest: that is a skip too.
        """
        if error.unserved:
            return self.skipped(f"not checked: {error.summary}")
        return self.depends(error.summary, error.reported) if error.reported else self.failed(error.summary, remedy)

    def depends(self, reason: str, check: str) -> Diagnostic:
        """A skip because of the failure that `check` reports."""
        return self.skipped(f"not checked: {reason}", f"See `{check}`.", depends_on=check)

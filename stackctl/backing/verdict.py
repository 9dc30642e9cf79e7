"""Verdicts on an expression, from the best to the worst, with the text for reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.promql.selectors import Selector
from stackctl.verification.subject import Subject

# From the best to the worst. "early" may become better by waiting, and is a failure when it does not.
Outcome = Literal["data", "empty", "skip", "early", "fail"]
ORDER: tuple[Outcome, ...] = ("data", "empty", "skip", "early", "fail")


@dataclass(frozen=True)
class Verdict:
    """Verdict on an expression, or on one selector. `empty` is an empty result that can be normal.

    `optional` is the component that could serve what is asked for, if one of its collectors were turned on. `may_come`
    says of a failure that somebody may serve it at times.
    """

    outcome: Outcome
    summary: str = ""
    remedy: str = ""
    cause: str = ""
    optional: str = ""
    may_come: bool = False

    def finding(self, subject: Subject, evidence: str = "") -> Diagnostic:
        if self.outcome in ("data", "empty"):
            return subject.passed(self.summary)
        if self.outcome == "skip":
            return subject.skipped(self.summary, self.remedy, depends_on=self.cause)
        return subject.failed(self.summary, self.remedy, evidence, stage="loaded")


DATA = Verdict("data")
EARLY = Verdict("early")


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The first of the worst; that there is data when there are none."""
    return max(verdicts, key=lambda verdict: ORDER.index(verdict.outcome), default=DATA)


def unanswered(error: NoAnswer) -> Verdict:
    """The verdict where the server gives no answer: a skip where its own check reports why."""
    if error.reported:
        return Verdict("skip", f"not checked: {error.summary}", f"See `{error.reported}`.", error.reported)
    if error.unserved:
        return Verdict("skip", f"not checked: {error.summary}")
    return Verdict("fail", error.summary, "Run `stackctl up`.")


def was_there_lately(selector: Selector) -> Verdict:
    """Return the verdict on a selector without series, of which there were some from a process that still runs."""
    return Verdict("empty", f"`{selector.text}` was there lately, from a process that still runs")

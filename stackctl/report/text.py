"""A verification for people: what failed in full, what passed in a line each, and a last line that sums up."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.checks.finding import Finding
from stackctl.report.console import bold, dim, mark
from stackctl.report.verification import Verification


def render(verification: Verification) -> str:
    """The report as lines, failures last, where they are still on the screen."""
    findings = sorted(verification.findings, key=lambda finding: finding.status == "fail")
    width = max((len(finding.id) for finding in findings), default=0)
    lines = [line for finding in findings for line in _finding(finding, width)]
    return "\n".join([*lines, "", _summary(verification)]) + "\n"


def _finding(finding: Finding, width: int) -> Iterator[str]:
    yield f"{mark(finding.status)} {finding.id:<{width}}  {bold(finding.subject)}  {finding.summary}"
    if finding.status in ("pass", "skip"):
        return
    indent = " " * 4
    if finding.source:
        yield f"{indent}{dim('at')} {finding.source}"
        yield from (f"{indent}{dim(line)}" for line in finding.source.snippet().splitlines())
    yield from (f"{indent}{dim(line)}" for line in finding.evidence.splitlines()[:8])
    if finding.remedy:
        yield f"{indent}help: {finding.remedy}"


def _summary(verification: Verification) -> str:
    counts = verification.counts
    words = {"pass": "passed", "fail": "failed", "warn": "warnings", "skip": "skipped"}
    shown = ", ".join(
        f"{counts[status]} {word}" for status, word in words.items() if counts[status] or status == "pass"
    )
    where = f"{verification.stack} on {verification.runtime}, generation {verification.generation}"
    verdict = f"{mark('pass')} {bold('verified')}" if verification.ok else f"{mark('fail')} {bold('not verified')}"
    return f"{verdict}: {shown} in {verification.seconds:.1f} s ({where})"

"""Findings that the manifest accepts under `ignore`: shown as skipped, with the reason, and not as failures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import PurePath

from stackctl.diagnostic import Diagnostic
from stackctl.model import Waiver


def waive(findings: Iterable[Diagnostic], waivers: Sequence[Waiver], today: date) -> list[Diagnostic]:
    """Return `findings`, each failure and warning that a waiver fits as a skip with its reason.

    A waiver that has ended changes nothing but the remedy, which says so.
    """
    return [_waived(finding, waivers, today) for finding in findings]


def unused(waivers: Iterable[Waiver], findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Return a warning for each of the waivers that fits none of `findings`."""
    return [
        Diagnostic(
            "ignore.unused",
            f"nothing to ignore: `{each.check}` is not found here",
            each.origin,
            remedy="Remove the comment, or correct its code.",
            status="warn",
        )
        for each in dict.fromkeys(waivers)
        if not any(_fits(each, finding) for finding in findings)
    ]


def _waived(finding: Diagnostic, waivers: Sequence[Waiver], today: date) -> Diagnostic:
    if finding.status not in ("fail", "warn", "info"):
        return finding
    fitting = [each for each in waivers if _fits(each, finding)]
    for each in fitting:
        if each.until is None or today <= each.until:
            until = f" until {each.until}" if each.until else ""
            return replace(finding, status="skip", summary=f"ignored{until} ({each.reason}): {finding.summary}")
    if fitting:
        ended = f"The exception at {fitting[0].origin} ended on {fitting[0].until}."
        return replace(finding, remedy=f"{finding.remedy} {ended}".strip())
    return finding


def _fits(waiver: Waiver, finding: Diagnostic) -> bool:
    if waiver.place is not None and waiver.place not in (finding.position, finding.rule):
        return False
    named = finding.code == waiver.check or finding.family == waiver.check
    return named and any(fnmatchcase(subject, waiver.subject) for subject in _subjects(waiver, finding))


def _subjects(waiver: Waiver, finding: Diagnostic) -> tuple[str, ...]:
    """Return what `subject` of a waiver may name: of what `check` finds, which has no subject, the file.

    The manifest has its own name as well, wherever the command line names it from.
    """
    if finding.subject or finding.position is None:
        return (finding.subject,)
    file = finding.position.file
    return (file, PurePath(file).name) if waiver.origin and file == waiver.origin.file else (file,)

"""A verification for people: what failed in full, what passed in a line each or folded, and a last line that sums up.

One cause may fail many checks: a server that is down is reported once, with the number of those that it fails.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from stackctl.diagnostic import Diagnostic
from stackctl.report.console import bold, dim, mark, more
from stackctl.report.report import TEST, Report

# From how many on findings of one cause are reported together, and how many of them are named.
_MANY = 4
_NAMED = 3
_SILENT = " does not answer: "


def render(report: Report, *, folds: bool = False) -> str:
    """The report as lines, failures last, where they are still on the screen.

    When it `folds`, what passed is one line for each family of checks.
    """
    findings = sorted(report.diagnostics, key=lambda finding: finding.status == "fail")
    folded, shown = _folded(findings) if folds else ({}, findings)
    width = max((len(name) for name in (*folded, *(finding.code for finding in shown))), default=0)
    lines = [f"{mark('pass')} {family:<{width}}  {count} passed" for family, count in folded.items()]
    lines += [dim(f"  `stackctl -v {report.command}` lists them")] if folded else []
    lines += [line for group in _groups(shown) for line in _group(group, width)]
    failures = [finding for finding in findings if finding.status == "fail"]
    return "\n".join([*lines, "", *([more(failures)] if failures else []), _summary(report)]) + "\n"


def changed(report: Report, failures: Sequence[Diagnostic]) -> str:
    """Those `failures` of a report as lines, and the last line that sums up the whole report."""
    width = max((len(finding.code) for finding in failures), default=0)
    lines = [line for group in _groups(failures) for line in _group(group, width)]
    return "\n".join([*lines, _summary(report)])


def _folded(findings: Sequence[Diagnostic]) -> tuple[Mapping[str, int], list[Diagnostic]]:
    """The number of findings that passed by family, in the order of the report, and all other findings."""
    passed = Counter(finding.code.partition(".")[0] for finding in findings if finding.status == "pass")
    return passed, [finding for finding in findings if finding.status != "pass"]


def _groups(findings: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """Findings of one cause together, where the first of them is; all others alone."""
    groups: dict[object, list[Diagnostic]] = {}
    for number, finding in enumerate(findings):
        told_alone = finding.status not in ("fail", "warn")
        groups.setdefault(number if told_alone else (finding.status, _cause(finding)), []).append(finding)
    found = list(groups.values())
    return [part for group in found for part in ([group] if len(group) >= _MANY else [[each] for each in group])]


def _cause(finding: Diagnostic) -> str:
    """The summary; of a server that does not answer, whatever it was asked, the server."""
    return re.sub(rf"^(https?://[^/\s]+)\S*(?={_SILENT})", r"\1", finding.summary)


def _group(group: Sequence[Diagnostic], width: int) -> Iterator[str]:
    first = group[0]
    if len(group) == 1:
        yield from _finding(first, width)
        return
    yield f"{mark(first.status)} {f'{len(group)} checks':<{width}}  {_cause(first)}{_stage(first)}"
    named = ", ".join(f"{finding.code} {finding.subject}" for finding in group[:_NAMED])
    yield f"    {dim('of')} {named} {dim(f'and {len(group) - _NAMED} more')}"
    if first.remedy:
        yield f"    help: {first.remedy}"


def _stage(finding: Diagnostic) -> str:
    """Return the stage of a failure, where the summary does not say it."""
    return dim(" (loaded, does not work)") if (finding.status, finding.stage) == ("fail", "loaded") else ""


def _finding(finding: Diagnostic, width: int) -> Iterator[str]:
    yield f"{mark(finding.status)} {finding.code:<{width}}  {bold(finding.subject)}  {finding.summary}{_stage(finding)}"
    if finding.status in ("pass", "skip"):
        return
    indent = " " * 4
    if finding.position and finding.status != "info":
        yield f"{indent}{dim('at')} {finding.position}"
        yield from (f"{indent}{dim(line)}" for line in finding.position.snippet().splitlines())
    yield from (f"{indent}{dim(line)}" for line in finding.evidence.splitlines()[:8])
    if finding.remedy:
        yield f"{indent}help: {finding.remedy}"


def _summary(report: Report) -> str:
    counts = report.counts
    words = {"pass": "passed", "fail": "failed", "warn": "warnings", "skip": "skipped"}
    shown = ", ".join(
        f"{counts[status]} {word}" for status, word in words.items() if counts[status] or status == "pass"
    )
    where = f"{report.stack} on {report.runtime}, generation {report.generation}" if report.generation else report.stack
    good, bad = ("tests passed", "tests failed") if report.command == TEST else ("verified", "not verified")
    verdict = f"{mark('pass')} {bold(good)}" if report.ok else f"{mark('fail')} {bold(bad)}"
    return f"{verdict}: {shown} in {report.seconds:.1f} s ({where})"

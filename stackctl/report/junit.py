"""A report in the JUnit XML that CI systems show: a suite for each family of checks, a case for each subject."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import groupby
from xml.etree import ElementTree as ET

from stackctl.diagnostic import Diagnostic
from stackctl.report.report import Report

# XML 1.0 has no way to write these, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The report as an XML document."""
    root = ET.Element("testsuites", name=f"stackctl {report.command} {report.stack}".strip())
    root.attrib |= {**_counts(report.diagnostics), "time": f"{report.seconds:.3f}"}
    # Readers of this attribute know no time zones: it is UTC.
    began = datetime.fromtimestamp(report.begun, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    for family, group in groupby(sorted(report.diagnostics, key=lambda finding: finding.family), lambda f: f.family):
        suite = ET.SubElement(root, "testsuite", name=family, timestamp=began, hostname=platform.node() or "localhost")
        _suite(suite, list(group))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(suite: ET.Element, findings: Sequence[Diagnostic]) -> None:
    """Fill a suite. Its subjects are looked at together, so each has its share of the time: readers add it up."""
    seconds = max(finding.duration_seconds for finding in findings)
    suite.attrib |= {**_counts(findings), "time": f"{seconds:.3f}"}
    for finding in findings:
        _case(suite, finding, seconds / len(findings))


def _counts(findings: Sequence[Diagnostic]) -> dict[str, str]:
    """Return the counts. An error is a test that could not be made; a check always comes to a result."""
    failures, skipped = (sum(finding.status == status for finding in findings) for status in ("fail", "skip"))
    return {"tests": str(len(findings)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _case(suite: ET.Element, finding: Diagnostic, seconds: float) -> None:
    name = _text(finding.subject or str(finding.position or finding.summary))
    case = ET.SubElement(suite, "testcase", classname=finding.code, name=name, time=f"{seconds:.3f}")
    if finding.position:
        case.set("file", _text(finding.position.file))
        if finding.position.line:
            case.set("line", str(finding.position.line))
    if finding.status == "fail":
        failure = ET.SubElement(case, "failure", message=_text(finding.summary), type=finding.code)
        failure.text = _body(finding)
    elif finding.status == "skip":
        ET.SubElement(case, "skipped", message=_text(finding.summary))
    else:
        ET.SubElement(case, "system-out").text = _body(finding)


def _body(finding: Diagnostic) -> str:
    """All that there is to say, in lines."""
    advice = f"help: {finding.remedy}" if finding.remedy else ""
    place = f"at {finding.position}" if finding.position and finding.status != "pass" else ""
    warning = "warning: " if finding.status == "warn" else ""
    parts = (warning + finding.summary, finding.cause, finding.evidence, advice, place)
    return _text("\n".join(filter(None, parts)))


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

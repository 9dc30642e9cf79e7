"""A verification in the JUnit XML that CI systems show: a suite for each family of checks, a case for each subject."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import groupby
from xml.etree import ElementTree as ET

from stackctl.diagnostic import Diagnostic
from stackctl.report.verification import Verification

# XML 1.0 has no way to write these, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(verification: Verification) -> str:
    """The report as an XML document."""
    root = ET.Element("testsuites", name=f"stackctl verify {verification.stack}")
    root.attrib |= {**_counts(verification.findings), "time": f"{verification.seconds:.3f}"}
    # Readers of this attribute know no time zones: it is UTC.
    began = datetime.fromtimestamp(verification.begun, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    for family, group in groupby(sorted(verification.findings, key=lambda finding: finding.family), lambda f: f.family):
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
    """How many there are. An error is a test that could not be made; a check always comes to a result."""
    failures, skipped = (sum(finding.status == status for finding in findings) for status in ("fail", "skip"))
    return {"tests": str(len(findings)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}


def _case(suite: ET.Element, finding: Diagnostic, seconds: float) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=finding.code, name=_text(finding.subject), time=f"{seconds:.3f}"
    )  # fmt: skip
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
    return _text("\n".join(part for part in (warning + finding.summary, finding.evidence, advice, place) if part))


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

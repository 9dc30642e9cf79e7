"""A verification in the JUnit XML that CI systems show: a suite for each check id, a case for each subject."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from stackctl.checks.finding import Finding
from stackctl.report.verification import Verification

# XML 1.0 has no way to write these, not even escaped.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(verification: Verification) -> str:
    """The report as an XML document."""
    counts = verification.counts
    root = ET.Element(
        "testsuites",
        name=f"stackctl verify {verification.stack}",
        tests=str(len(verification.findings)),
        failures=str(counts["fail"]),
        skipped=str(counts["skip"]),
        time=f"{verification.seconds:.3f}",
    )
    for id, group in groupby(sorted(verification.findings, key=lambda finding: finding.id), lambda f: f.id):
        _suite(root, id, list(group))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, id: str, findings: list[Finding]) -> None:
    suite = ET.SubElement(
        root,
        "testsuite",
        name=id,
        tests=str(len(findings)),
        failures=str(sum(finding.status == "fail" for finding in findings)),
        skipped=str(sum(finding.status == "skip" for finding in findings)),
        time=f"{max(finding.duration_seconds for finding in findings):.3f}",
    )
    for finding in findings:
        _case(suite, finding)


def _case(suite: ET.Element, finding: Finding) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=finding.id, name=_text(finding.subject), time=f"{finding.duration_seconds:.3f}"
    )
    if finding.source:
        case.set("file", finding.source.file)
        case.set("line", str(finding.source.line))
    if finding.status == "fail":
        parts = (finding.summary, finding.evidence, f"help: {finding.remedy}", f"at {finding.source}")
        failure = ET.SubElement(case, "failure", message=_text(finding.summary), type=finding.id)
        failure.text = _text("\n".join(part for part in parts if part))
    elif finding.status == "skip":
        ET.SubElement(case, "skipped", message=_text(finding.summary))
    else:
        ET.SubElement(case, "system-out").text = _text(finding.summary)


def _text(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)

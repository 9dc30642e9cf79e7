"""JUnit as the schema of its readers has it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from stackctl.report import junit
from tests.unit.report.reports import CI_REPORT, REPORT

# The schema that Jenkins' xUnit plugin publishes (junit-10.xsd), as far as it goes: element -> its attributes, those
# that it must have, and the elements in it. `line` is what pytest and others add, and GitLab and GitHub reporters read.
COUNTS = {"tests", "failures", "errors", "skipped", "time"}
SCHEMA = {
    "testsuites": ({"name", *COUNTS}, {"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "timestamp", "hostname", *COUNTS},
        {"name", "timestamp", "hostname", *COUNTS},
        {"testcase"},
    ),
    "testcase": (
        {"name", "classname", "time", "file", "line"},
        {"name", "classname", "time"},
        {"failure", "skipped", "system-out"},
    ),
    "failure": ({"message", "type"}, {"message", "type"}, set[str]()),
    "skipped": ({"message"}, {"message"}, set[str]()),
    "system-out": (set[str](), set[str](), set[str]()),
}
FORMS = {
    "time": r"\d+\.\d+",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "hostname": r"\S+",
    **dict.fromkeys(("tests", "failures", "errors", "skipped", "line"), r"\d+"),
}


def document() -> ET.Element:
    return ET.fromstring(junit.render(CI_REPORT))


def test_junit_follows_the_schema_of_its_readers() -> None:
    for element in document().iter():
        may, must, children = SCHEMA[element.tag]
        assert must <= set(element.attrib) <= may, element.tag
        assert {child.tag for child in element} <= children
        for name, value in element.attrib.items():
            assert re.fullmatch(FORMS.get(name, r"[^\x00]+"), value), (element.tag, name, value)
        if element.tag == "testcase":
            assert len(element) <= 1


def test_each_family_is_a_suite_that_counts_its_cases() -> None:
    suites = {suite.get("name"): suite for suite in document()}
    assert list(suites) == ["grafana", "stack", "target"]
    assert [suites["target"].get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "2", "0", "0"]
    assert suites["grafana"].get("skipped") == "1"
    assert suites["target"].get("timestamp") == "2023-11-14T22:13:20"


def test_cases_share_the_time_of_their_check() -> None:
    for suite in document():
        total = sum(float(case.get("time", "")) for case in suite)
        assert total == pytest.approx(float(suite.get("time", "")), abs=0.01)


def test_failure_has_its_details_and_nothing_else() -> None:
    failures = [failure.text for failure in document().iter("failure")]
    assert failures == ["down\nrefused\ufffd\nhelp: Start it.\nat stack.yml:5:15", "gone"]


def test_warning_is_output_and_skip_has_its_reason() -> None:
    root = document()
    assert root.findtext(".//testcase[@name='shop']/system-out") == "warning: older\nhelp: Reload.\nat stack.yml"
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "is not running: no binary"


def test_junit_is_well_formed_and_counts_right() -> None:
    root = ET.fromstring(junit.render(REPORT))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("skipped")) == ("testsuites", "3", "1", "1")
    assert [suite.get("name") for suite in root] == ["component", "grafana", "target"]
    assert [case.get("classname") for case in root.iter("testcase")] == [
        "component.ready",
        "grafana.health",
        "target.up",
    ]
    case = root.find(".//testcase[@classname='target.up']")
    assert case is not None
    assert (case.get("name"), case.get("file"), case.get("line")) == ("api/localhost:8000", "stack.yml", "5")
    failure = case.find("failure")
    assert failure is not None
    assert failure.text
    assert "connection <refused>\ufffd" in failure.text
    assert "help: Start it." in failure.text
    assert root.find(".//skipped") is not None

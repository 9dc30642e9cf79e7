"""What CI systems read: JUnit as its schema has it, and places from the root of the repository."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.report import github, junit
from stackctl.report.checkout import Checkout
from stackctl.report.report import Report
from stackctl.source import Position

PLACE = Position("stack.yml", 5, 15)
FINDINGS = (
    Diagnostic("target.up", "up", PLACE, subject="api/a", status="pass", duration_seconds=3.0, stage="working"),
    Diagnostic(
        "target.up",
        "down",
        PLACE,
        subject="api/b",
        status="fail",
        evidence="refused\x00",
        remedy="Start it.",
        duration_seconds=3.0,
        stage="loaded",
    ),
    Diagnostic("target.up", "gone", None, subject="api/c", duration_seconds=3.0, stage="working"),
    Diagnostic(
        "stack.generation",
        "older",
        Position("stack.yml"),
        subject="shop",
        status="warn",
        remedy="Reload.",
        stage="working",
    ),
    Diagnostic("grafana.health", "is not running: no binary", subject="grafana", status="skip", stage="working"),
)
VERIFICATION = Report("shop", "docker", "abc", FINDINGS, 4.0, begun=1_700_000_000.5)

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
    return ET.fromstring(junit.render(VERIFICATION))


def test_junit_must_be_as_the_schema_of_its_readers_has_it() -> None:
    for element in document().iter():
        may, must, children = SCHEMA[element.tag]
        assert must <= set(element.attrib) <= may, element.tag
        assert {child.tag for child in element} <= children
        for name, value in element.attrib.items():
            assert re.fullmatch(FORMS.get(name, r"[^\x00]+"), value), (element.tag, name, value)
        if element.tag == "testcase":
            assert len(element) <= 1


def test_junit_must_have_a_suite_for_each_family_that_counts_its_cases() -> None:
    suites = {suite.get("name"): suite for suite in document()}
    assert list(suites) == ["grafana", "stack", "target"]
    assert [suites["target"].get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "2", "0", "0"]
    assert suites["grafana"].get("skipped") == "1"
    assert suites["target"].get("timestamp") == "2023-11-14T22:13:20"


def test_junit_must_share_the_time_of_one_look_among_its_cases() -> None:
    for suite in document():
        total = sum(float(case.get("time", "")) for case in suite)
        assert total == pytest.approx(float(suite.get("time", "")), abs=0.01)


def test_junit_must_say_of_a_failure_what_there_is_and_nothing_else() -> None:
    failures = [failure.text for failure in document().iter("failure")]
    assert failures == ["down\nrefused\ufffd\nhelp: Start it.\nat stack.yml:5:15", "gone"]


def test_junit_must_show_a_warning_as_output_and_a_skip_with_its_reason() -> None:
    root = document()
    assert root.findtext(".//testcase[@name='shop']/system-out") == "warning: older\nhelp: Reload.\nat stack.yml"
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "is not running: no binary"


def test_github_must_escape_a_property_so_that_it_stays_one() -> None:
    line = github.command("warning", Position("a,b:c%.yml", 2, 3), "x:1, y%\r\n", "100%: a,b\r\nc")
    assert line == ("::warning file=a%2Cb%3Ac%25.yml,line=2,col=3,title=x%3A1%2C y%25%0D%0A::100%25: a,b%0D%0Ac")


def test_a_warning_is_annotated_as_one() -> None:
    (line,) = (line for line in github.render(VERIFICATION).splitlines() if line.startswith("::warning"))
    assert line == "::warning file=stack.yml,line=1,col=1,title=stack.generation shop::older%0AReload."


def test_places_must_start_at_the_root_of_the_repository() -> None:
    checkout = Checkout(Path("/repo"), Path("/repo/ops"), Path("shop/stack.yml"))
    assert checkout.path("shop/stack.yml") == "ops/shop/stack.yml"
    assert checkout.path("rules/shop.yml") == "ops/shop/rules/shop.yml"
    assert checkout.path("../common.yml") == "ops/common.yml"
    assert checkout.path("../../../elsewhere.yml") == "../../../elsewhere.yml"
    assert checkout.placed(Diagnostic("usage.option", "wrong", PLACE)).position == Position(
        "ops/shop/stack.yml",
        5,
        15,
    )
    assert checkout.placed(FINDINGS[2]) == FINDINGS[2]


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"])
def test_the_root_must_be_what_the_ci_system_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path / "ops")
    assert Checkout.of(Path("stack.yml"), {name: str(tmp_path)}).path("stack.yml") == "ops/stack.yml"
    assert Checkout.of(Path("stack.yml"), {}).path("stack.yml") == "stack.yml"
    assert Checkout.of(tmp_path / "stack.yml", {name: str(tmp_path)}).path(str(tmp_path / "stack.yml")) == "stack.yml"

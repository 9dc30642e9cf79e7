"""The SARIF report: its form by the standard, and what it leaves out."""

from __future__ import annotations

import json

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.report import sarif
from stackctl.report.explanation import page
from stackctl.report.report import Report
from stackctl.source import Position

UNKNOWN = Diagnostic("manifest.unknown-key", "unknown key `tragets`", Position("a b.yml", 4, 7), remedy="Did you mean?")
WARNING = Diagnostic("secret.short", "a short secret", status="warn")
PASSED = Diagnostic("target.up", "up", subject="api", status="pass")


def run_of(*diagnostics: Diagnostic) -> dict[str, object]:
    log = json.loads(sarif.render(Report("shop", "", "", diagnostics, command="check")))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return dict(run)


def test_each_failure_and_warning_is_a_result_with_its_rule() -> None:
    run = run_of(WARNING, PASSED, UNKNOWN)
    driver = run["tool"]["driver"]  # type: ignore[index]
    results = run["results"]
    assert [rule["id"] for rule in driver["rules"]] == ["manifest.unknown-key", "secret.short"]
    assert [(each["ruleId"], each["ruleIndex"], each["level"]) for each in results] == [  # type: ignore[attr-defined]
        ("secret.short", 1, "warning"),
        ("manifest.unknown-key", 0, "error"),
    ]


def test_a_place_is_a_uri_with_line_and_column() -> None:
    (result,) = run_of(UNKNOWN)["results"]  # type: ignore[misc,attr-defined]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b.yml"},
                "region": {"startLine": 4, "startColumn": 7},
            }
        }
    ]
    assert result["message"]["text"] == "unknown key `tragets`\nDid you mean?"


def test_a_good_manifest_has_no_results() -> None:
    assert run_of(PASSED)["results"] == []


def test_a_rule_has_the_page_of_its_code() -> None:
    (rule,) = run_of(UNKNOWN)["tool"]["driver"]["rules"]  # type: ignore[index]
    assert rule["help"]["markdown"] == page("manifest.unknown-key")
    assert rule["properties"]["documentation"] == "docs/codes/manifest.unknown-key.md"
    assert "helpUri" not in rule  # a relative one is against the standard


def test_a_rule_links_to_the_published_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackctl.report.explanation.PUBLISHED_AT", "https://docs.example.org/")
    (rule,) = run_of(UNKNOWN)["tool"]["driver"]["rules"]  # type: ignore[index]
    assert rule["helpUri"] == "https://docs.example.org/docs/codes/manifest.unknown-key.md"

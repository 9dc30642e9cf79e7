"""Selectors of expressions, and what keeps them from finding anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.lineage.selection import Reading, Selection, read
from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue, Known, Record
from stackctl.promql.selectors import Condition

KNOWN = Catalogue(
    series={"requests_total": Known("counter", {"job": (), "instance": (), "status": ("200", "500")})},
    records={"job:rate": (Record("sum by (job) (rate(requests_total[5m]))"),)},
    complete=True,
)


def test_each_selector_has_its_name_and_conditions() -> None:
    reading = read('rate(requests_total{status="500"}[5m]) / on (job) job:rate > 1', KNOWN)
    assert reading.selections == (
        Selection("requests_total", (Condition("status", "=", "500"),)),
        Selection("job:rate"),
    )


@pytest.mark.parametrize(
    ("expr", "faults"),
    [
        ("rate(request_total[5m]) > 1", ["nothing serves `request_total`. Did you mean `requests_total`?"]),
        ('job:rate{status="500"} > 1', ["`job:rate` has no label `status`, so this selects nothing. It has: job"]),
        ('rate(requests_total{status="501"}[5m]) > 1', ["`status` of `requests_total` is never `501`. "]),
    ],
)
def test_selector_that_finds_nothing_has_a_fault(expr: str, faults: list[str]) -> None:
    found = [each.fault for each in read(expr, KNOWN).selections]
    assert len(found) == len(faults)
    assert all(fault.startswith(start) for fault, start in zip(found, faults, strict=True)), found


def test_fault_that_is_only_a_warning_of_check_is_probable() -> None:
    (selection,) = read("requests_totl > 1", replace(KNOWN, complete=False)).selections
    assert selection.fault == "probably, nothing serves `requests_totl`. Did you mean `requests_total`?"


def test_sides_that_never_match_are_a_fault_of_the_expression() -> None:
    reading = read("sum by (job) (rate(requests_total[5m])) > on (instance) rate(requests_total[5m])", KNOWN)
    assert "nothing matches" in reading.fault
    assert [each.fault for each in reading.selections] == ["", ""]


def test_what_only_warns_of_style_is_no_fault() -> None:
    reading = read("irate(requests_total[30m]) > 1", KNOWN, is_alert=True)
    assert (reading.fault, [each.fault for each in reading.selections]) == ("", [""])


def test_text_that_is_not_promql_reads_nothing() -> None:
    assert read("sum by (", KNOWN) == Reading()


def test_names_with_variables_are_left_out() -> None:
    assert read(f"a_{UNKNOWN_PART}_total", KNOWN).selections == ()


def test_name_may_be_a_regular_expression() -> None:
    (selection,) = read('{__name__=~"re.*"}', KNOWN).selections
    assert selection.names(["requests_total", "job:rate"]) == ["requests_total"]
    assert Selection("", (Condition("job", "=", "api"),)).names(["requests_total"]) == []


def test_labels_that_a_rule_gives_are_compared() -> None:
    selection = Selection("x", (Condition("slo", "=", "latency"),))
    assert selection.may_have({"slo": "latency", "service": "api"})
    assert not selection.may_have({"slo": "availability"})
    assert selection.may_have({"slo": "{{ $labels.slo }}"})
    assert selection.wants("slo")
    assert not selection.wants("job")

"""Two sides that cannot match label by label."""

from __future__ import annotations

import promql_parser
import pytest

from stackctl.promql.catalogue import Catalogue, Known, Record
from stackctl.promql.review import review
from tests.unit.promql.review.known import assert_meant, only

PER_STATUS = "sum without (status)"
SERIES = {
    "hits_total": Known("counter", {"path": ()}),
    "errors_total": Known("counter", {"path": (), "code": ("500", "503")}),
    "open": Known("gauge", None),
}
CATALOGUE = Catalogue(SERIES)


def remedies(expr: str) -> list[str]:
    remarks = review(expr, CATALOGUE)
    return [remark.remedy for remark in remarks if remark.code in ("promql.no-match", "promql.many-to-many")]


def test_suggests_a_sum_by_the_common_labels() -> None:
    assert remedies("errors_total / hits_total") == [
        "Write `sum by (path) (errors_total) / sum by (path) (hits_total)`."
    ]


def test_suggests_a_sum_without_the_label_that_differs() -> None:
    assert remedies('errors_total{code="500"} / errors_total{code="503"}') == [
        'Write `sum without (code) (errors_total{code="500"}) / sum without (code) (errors_total{code="503"})`.'
    ]


@pytest.mark.parametrize(
    "expr",
    [
        "errors_total / on (path) group_left hits_total",
        'errors_total{code="500"} / ignoring (code) hits_total',
        "sum(errors_total) / sum(hits_total)",
        "open / hits_total",
        "errors_total / errors_total offset 1d",
        "errors_total or hits_total",
        'errors_total{code="500"} and errors_total',
    ],
)
def test_says_nothing_where_sides_may_match(expr: str) -> None:
    assert remedies(expr) == []


def test_sum_over_all_labels_matches_no_other_labels() -> None:
    assert remedies("sum(errors_total) / hits_total") == ["Write `sum (errors_total) / sum (hits_total)`."]


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
        (
            'rate(requests_total{status="500"}[5m]) / rate(requests_total[5m])',
            f'{PER_STATUS} (rate(requests_total{{status="500"}}[5m])) / {PER_STATUS} (rate(requests_total[5m]))',
        ),
        (
            "rate(errors_total[5m]) / rate(requests_total[5m])",
            "sum by (instance, job) (rate(errors_total[5m])) / sum by (instance, job) (rate(requests_total[5m]))",
        ),
        (
            "sum by (job) (rate(errors_total[5m])) / sum(rate(requests_total[5m]))",
            "sum (rate(errors_total[5m])) / sum (rate(requests_total[5m]))",
        ),
        ("rate(errors_total[5m]) > 0 and hour() >= 7", "rate(errors_total[5m]) > 0 and on () hour() >= 7"),
        ("vector(1) and rate(errors_total[5m]) > 0", "vector(1) and on () rate(errors_total[5m]) > 0"),
    ],
)
def test_suggests_the_expression_that_was_meant(expr: str, meant: str) -> None:
    assert_meant(expr, meant)


def test_a_ratio_of_one_metric_says_whom_its_series_meet() -> None:
    itself = only('rate(requests_total{status="500"}[5m]) / rate(requests_total[5m])')
    nobody = only('rate(requests_total{status="500"}[5m]) / rate(requests_total{status="200"}[5m])')
    assert itself.summary.endswith("including `status`: each series matches only itself")
    assert nobody.summary.endswith("including `status`: no series on one side matches the other")


def test_a_ratio_of_one_metric_is_seen_without_any_contract() -> None:
    assert only('rate(x_total{a="1"}[5m]) / rate(x_total[5m])', Catalogue()).certain


def test_quotes_names_of_labels_in_what_it_suggests() -> None:
    expr = 'rate(x{"service.name"="a"}[5m]) / rate(x[5m])'
    fixed = only(expr, Catalogue()).remedy.removeprefix("Write `").removesuffix("`.")
    assert fixed.startswith('sum without ("service.name") (rate(x{"service.name"="a"}[5m]))')
    promql_parser.parse(fixed)


CLOSED = Catalogue({**SERIES, "depth": Known("gauge", {"queue": ()})}, complete=True)


@pytest.mark.parametrize(
    ("expr", "certain"),
    [
        ("hits_total > 5 unless on (zone) depth", {"zone": True}),
        ("hits_total * on (cluster, zone) depth", {"cluster": True, "zone": True}),
        ("hits_total and on (cluster) depth", {"cluster": False}),
        ("hits_total and on (path, zone) errors_total", {"zone": False}),
        ("hits_total and on (zone) sum(depth)", {"zone": False}),
        ("hits_total and on (path) errors_total", {}),
        ("hits_total and on (zone) open", {}),
    ],
)
def test_labels_that_neither_side_has_are_certain_where_no_other_is_matched(
    expr: str, certain: dict[str, bool]
) -> None:
    found = [each for each in review(expr, CLOSED) if each.code == "promql.lost-label"]
    assert {each.part.label if each.part else "": each.certain for each in found} == certain


WINDOWS = Catalogue(
    SERIES,
    {f"hits:{window}": (Record("sum by (path) (x)", {"window": window}),) for window in ("5m", "1h")},
    complete=True,
)


@pytest.mark.parametrize(
    ("expr", "certain"),
    [
        ("hits:5m > 1 and hits:1h > 1", [True]),
        ("hits:5m unless hits:1h", [False]),
        ("hits:5m > 1 and ignoring (window) hits:1h > 1", []),
        ('open{zone="a"} and open{zone="b"}', [True]),
        ('open{zone="a"} unless open{zone="b"}', [False]),
        ('open unless open{zone="b"}', []),
        ('open{zone="a"} and on (job) other{zone="b"}', []),
        ('open{zone=~"a|b"} and other{zone="b"}', []),
    ],
)
def test_labels_with_other_values_on_each_side_never_match(expr: str, certain: list[bool]) -> None:
    assert [each.certain for each in review(expr, WINDOWS) if each.code == "promql.no-match"] == certain


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("hits_total > 5 unless on () vector(0)", 1),
        ("hits_total > 5 unless on () (hour() < 8)", 0),
        ("vector(0) unless on () vector(0)", 0),
        ("hits_total > 5 unless on () open", 0),
    ],
)
def test_exclusion_of_everything_is_never_true(expr: str, found: int) -> None:
    assert len([each for each in review(expr, CATALOGUE) if each.code == "promql.never-true"]) == found

"""Two sides that cannot match label by label."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue, Known
from stackctl.promql.review import review

SERIES = {
    "hits_total": Known("counter", {"path": ()}),
    "errors_total": Known("counter", {"path": (), "code": ("500", "503")}),
    "open": Known("gauge", None),
}
CATALOGUE = Catalogue(SERIES)


def remedies(expr: str) -> list[str]:
    return [remark.remedy for remark in review(expr, CATALOGUE)]


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

"""An expression with what is known of its parts, as all subjects of a review see it."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue, Record
from stackctl.promql.nodes import text
from stackctl.promql.review.reviewed import Reviewed, selected, window


def reviewed(expr: str, catalogue: Catalogue | None = None) -> Reviewed:
    return Reviewed.of(expr, catalogue or Catalogue())


@pytest.mark.parametrize(
    ("expr", "limits"),
    [
        ("x > 3", [("x", ">", 3.0)]),
        ("3 > x", [("x", "<", 3.0)]),
        ("3 <= x", [("x", ">=", 3.0)]),
        ("3 == x", [("x", "==", 3.0)]),
        ("x > -3", [("x", ">", -3.0)]),
        ("x > y", []),
        ("x + 3", []),
        ("2 > 1 + x", [("1 + x", "<", 2.0)]),
        ("x > 1 and y < 2", [("x", ">", 1.0), ("y", "<", 2.0)]),
    ],
)
def test_limits_are_seen_from_the_side_that_is_limited(expr: str, limits: list[tuple[str, str, float]]) -> None:
    found = [(text(side.node), operator, number) for _, side, operator, number in reviewed(expr).limits]
    assert sorted(found) == sorted(limits)


@pytest.mark.parametrize(
    ("expr", "inner"),
    [
        ("rate(x[5m])", "x"),
        ("sum(rate(x[5m]))", "x"),
        ("sum by (a) (sum by (a, b) (increase(x[5m])))", "x"),
        ("max(rate(x[5m]))", None),
        ("rate(sum(x)[5m:1m])", None),
        ("deriv(x[5m])", None),
        ("x", None),
    ],
)
def test_selector_of_a_rate_is_found_through_sums(expr: str, inner: str | None) -> None:
    found = selected(reviewed(expr).typed)
    assert (text(found.node) if found else None) == inner
    assert (window(reviewed(expr).typed) is None) == (inner is None)


def test_labels_of_a_record_are_certain_only_in_a_complete_catalogue() -> None:
    records = {"job:x": (Record("sum by (job) (x)"),)}
    for complete in (True, False):
        found = reviewed("sum(job:x)", Catalogue(records=records, complete=complete))
        assert found.is_certain_of(found.typed) is complete
    plain = reviewed("sum(x)", Catalogue(records=records))
    assert plain.is_certain_of(plain.typed)


def test_what_is_not_promql_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"."):
        reviewed("sum(")

"""Which labels the result of an expression can have."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue, Known
from stackctl.promql.types.infer import value_of

KNOWN = Catalogue({"x": Known("counter", {"job": (), "instance": (), "code": ()}), "open": Known("gauge", None)})


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("sum(anything)", ""),
        ("sum by (job, pod) (rate(anything[5m])) > 3", "job pod"),
        ("sum by (job, pod) (rate(x[5m]))", "job"),
        ("sum without (code) (x)", "job instance"),
        ("rate(x[5m])", "job instance code"),
        ("-x * 100", "job instance code"),
        ("100 * sum by (a) (y) / sum by (a) (z)", "a"),
        ("sum by (a, b) (y) / on (a) sum by (a) (z)", "a"),
        ("sum by (a, b) (y) / on (a) group_left sum by (a) (z)", "a b"),
        ("sum by (a) (y) * on (a) group_left (c) z", "a c"),
        ("y * on (a) group_right (c) sum by (a, d) (z)", "a c d"),
        ("sum by (a, b) (y) / ignoring (b) sum by (a) (z)", "a"),
        ("sum by (a) (y) and z", "a"),
        ("sum by (a) (y) unless z", "a"),
        ("sum by (a) (y) or sum by (b) (z)", "a b"),
        ('absent(up{job="a", zone=~"b"})', "job"),
        ('absent_over_time(up{job="a"}[5m])', "job"),
        ("absent(sum(up))", ""),
        ("topk(3, sum by (a) (y))", "a"),
        ('count_values("version", build_info)', "version"),
        ('count_values by (a) ("version", build_info)', "a version"),
        ('label_replace(sum by (a) (y), "b", "$1", "a", "(.*)")', "a b"),
        ("histogram_quantile(0.9, sum by (le, a) (rate(y_bucket[5m])))", "a"),
        ("vector(1)", ""),
        ("time() - sum by (a) (y) > 3", "a"),
        ("max_over_time(sum by (a) (y)[1h:])", "a"),
        ("(sum by (a) (y))", "a"),
        ("scalar(y) > bool 1", ""),
    ],
)
def test_knows_all_labels_of_a_result(expr: str, labels: str) -> None:
    assert value_of(expr, KNOWN).labels.possible == set(labels.split())


OPEN = (
    "y",
    "open",
    "rate(y[5m])",
    "sum without (a) (y)",
    "y or sum by (a) (z)",
    "y * on (a) group_left sum by (a) (z)",
    'label_replace(y, "b", "$1", "a", "(.*)")',
    "topk(3, y)",
    "y > 3",
    "y(",
    'count_values without (a) ("v", y)',
)


@pytest.mark.parametrize("expr", OPEN)
def test_claims_nothing_where_labels_are_open(expr: str) -> None:
    assert value_of(expr, KNOWN).labels.possible is None

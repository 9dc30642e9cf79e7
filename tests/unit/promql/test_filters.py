"""Matchers that Grafana adds to the selectors of a query."""

from __future__ import annotations

import pytest

from stackctl.promql.filters import narrowed
from stackctl.promql.selectors import read


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("up", 'up{job="a"}'),
        ("up{}", 'up{job="a"}'),
        ('up { x="1" }', 'up {job="a", x="1" }'),
        ('{__name__="up"}', '{job="a",__name__="up"}'),
        (
            "rate(a[5m]) / on (job) sum by (job) (b offset 5m)",
            'rate(a{job="a"}[5m]) / on (job) sum by (job) (b{job="a"} offset 5m)',
        ),
        ("sum(up) # up{}", 'sum(up{job="a"}) # up{}'),
        ('label_replace(up, "a", "up", "b", "")', 'label_replace(up{job="a"}, "a", "up", "b", "")'),
        ("vector(1)", "vector(1)"),
        ("max_over_time(a[1h:5m])", 'max_over_time(a{job="a"}[1h:5m])'),
    ],
)
def test_matcher_is_in_every_selector(expr: str, expected: str) -> None:
    assert narrowed(expr, ['job="a"']) == expected
    assert all('job="a"' in each.text for each in read(expected).selectors)


def test_query_without_filters_stays_as_it_is() -> None:
    assert narrowed("up {}", []) == "up {}"


def test_several_matchers_are_added() -> None:
    assert narrowed("up", ['job="a"', 'x!="b"']) == 'up{job="a",x!="b"}'

from __future__ import annotations

import pytest

from stackctl.promql.nodes import parse
from stackctl.rule_tests.steady import Series, Unsupported, values

GOOD = Series("http_total", (("job", "api"), ("status", "200")), slope=True)
BAD = Series("http_total", (("job", "api"), ("status", "500")), slope=True)
QUEUE = Series("queue", (("job", "api"),))
TIMES = Series("seconds_bucket", (("job", "api"),), slope=True, bounds=(0.1, 0.5, 1.0))
LEVELS = {GOOD: 90.0, BAD: 10.0, QUEUE: 4.0, TIMES: 1.0}


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("queue", [4]),
        ("queue > 4", []),
        ("queue >= 4", [4]),
        ("5 > queue", [4]),
        ("-queue * 2 + 1", [-7]),
        ("sum(rate(http_total[5m]))", [100]),
        ('sum(rate(http_total{status=~"5.."}[5m])) / sum(rate(http_total[5m]))', [0.1]),
        ('increase(http_total{status="500"}[1m])', [600]),
        ("max(http_total)", [90]),
        ("count(http_total)", [2]),
        ("absent(queue)", []),
        ("absent(nothing)", [1]),
        ("queue > 1 and absent(nothing)", [4]),
        ("queue unless http_total", []),
        ("nothing or queue", [4]),
        ("clamp_max(queue, 3)", [3]),
        ("histogram_quantile(0.5, sum by (le) (rate(seconds_bucket[5m])))", [0.75]),
    ],
)
def test_value_of_an_expression(expr: str, found: list[float]) -> None:
    assert values(parse(expr), LEVELS) == pytest.approx(found)


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("time() - queue > 5", "depends on the time"),
        ("queue offset 5m > 1", "into the past"),
        ("max_over_time(queue[5m:1m])", "a subquery"),
        ("changes(queue[5m]) > 1", "uses `changes`"),
        ("stddev(queue) > 1", "uses `stddev`"),
    ],
)
def test_expression_that_is_not_understood_has_a_reason(expr: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        values(parse(expr), LEVELS)

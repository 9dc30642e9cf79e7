from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from stackctl.rule_tests.first import Alert, first_test
from stackctl.rule_tests.steady import Unsupported


def labels(name: str) -> Mapping[str, Sequence[str]]:
    return {"job": ["api"], **({"le": ["0.1", "0.5", "1"]} if name.endswith("_bucket") else {})}


def series(expr: str, hold: float = 0.0) -> dict[str, str]:
    return dict(first_test(Alert("A", expr, hold), labels).series)


def test_gauge_is_brought_close_to_its_threshold() -> None:
    assert series("queue > 50") == {'queue{job="api"}': "49x2 51x2 49x2"}


def test_series_of_0_and_1_keeps_to_these() -> None:
    assert series("up == 0") == {'up{job="api"}': "1x2 0x2 1x2"}


def test_counter_grows_without_a_reset() -> None:
    (values,) = series("rate(errors_total[5m]) > 1").values()
    assert values == "58.8+58.8x7 531.6+61.2x7 1018.8+58.8x7"


def test_share_of_failures_has_series_of_both_kinds() -> None:
    expr = 'sum(rate(http_total{status=~"5.."}[5m])) / sum(rate(http_total[5m])) > 0.05'
    assert series(expr) == {
        'http_total{job="api", status="500"}': "312+312x7 2820+324x7 5400+312x7",
        'http_total{job="api"}': "6000+6000x23",
    }


def test_absent_series_ends_and_begins_again() -> None:
    assert series('absent(up{job="api"})') == {'up{job="api"}': "1x7 _x8 1x7"}


def test_quantile_moves_from_one_bucket_to_the_next() -> None:
    found = series("histogram_quantile(0.9, sum by (le) (rate(seconds_bucket[5m]))) > 0.5")
    assert found['seconds_bucket{job="api", le="0.5"}'] == "60+60x7 480+0x7 540+60x7"
    assert found['seconds_bucket{job="api", le="1"}'] == "60+60x7 540+60x7 1020+60x7"


def test_each_phase_is_as_long_as_the_alert_waits() -> None:
    draft = first_test(Alert("A", "queue > 50", hold=600, keep=120), labels)
    assert (draft.silent, draft.fires, draft.resolved) == (840, 1740, 2640)


def test_short_windows_hold_several_samples() -> None:
    assert first_test(Alert("A", "rate(errors_total[1m]) > 1"), labels).interval == 15


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("vector(1)", "selects no series by name"),
        ('{__name__=~"a|b"} > 1', "without naming them"),
        ("queue > 5 and queue < 3", "no level"),
        ("rate(x[5m]) > 1 and x > 5", "both as it is and by its growth"),
        ("histogram_quantile(0.9, rate(seconds[5m])) > 1", "whose buckets are not known"),
        ('x{a=~"[0-9]{7}"} > 1', "no value is known for the label `a`"),
    ],
)
def test_alert_without_a_first_test_has_a_reason(expr: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        first_test(Alert("A", expr), labels)

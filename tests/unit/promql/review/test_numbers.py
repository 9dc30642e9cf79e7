"""Numbers that are meant in another unit: what is said, and what to write."""

from __future__ import annotations

import pytest

from stackctl.promql.review import review
from tests.unit.promql.shop import SHOP


@pytest.mark.parametrize(
    ("expr", "summary", "remedy"),
    [
        ("hit_ratio < 80", "`hit_ratio` is a share, which is 1 at most, compared with 80", "Write `0.8`."),
        ("hit_ratio > 1", "`hit_ratio` is a share, which is 1 at most, compared with 1", "between 0 and 1"),
        ("memory_bytes / limit_bytes > 90", "this quotient is a share", "Write `0.9`."),
        ("rate(busy_cpu_seconds_total[5m]) > 80", "is 1 for a whole core, compared with 80", "Write `0.8`."),
        (
            "rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]) > 500",
            "the largest bucket of `latency_seconds` is 5, and its average is compared with 500",
            "Correct the number, or convert the value to its unit.",
        ),
        (
            "time() - last_success_timestamp_seconds * 1000 > 3600",
            "are both in seconds, and one of them is converted here",
            "Write `time() - last_success_timestamp_seconds > 3600`.",
        ),
        (
            "predict_linear(memory_bytes[1h], 4) > 1000",
            "`predict_linear()` takes seconds, and 4 s ahead of a window of 3600 s is now",
            "For 4 hours, write `4 * 3600`.",
        ),
    ],
)
def test_says_what_the_number_means(expr: str, summary: str, remedy: str) -> None:
    (remark,) = review(expr, SHOP, is_alert=True)
    assert (remark.code, remark.certain) == ("promql.units", False)
    assert summary in remark.summary
    assert remedy in remark.remedy


def test_knows_the_horizon_of_alerts_only() -> None:
    assert review("predict_linear(memory_bytes[1h], 4) > 1000", SHOP) == []

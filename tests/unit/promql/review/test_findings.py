"""Expressions that are wrong in one way each: what is said of it, and of which part."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.offsets import offset
from stackctl.promql.remark import Remark
from stackctl.promql.review import review
from tests.unit.promql.shop import SHOP

# The code -> expressions; the part that the remark is about stands between arrows.
WRONG = {
    "promql.unknown-metric": [
        "rate(→request_total←[5m])",
        "histogram_quantile(0.9, rate(→native_seconds_bucket←[5m]))",
    ],
    "promql.unknown-label": [
        'rate(requests_total{→statu←="500"}[5m])',
        'job:requests:rate5m{→status←="500"}',
        'team:depth:max{→queue←="orders"}',
    ],
    "promql.unknown-value": [
        'rate(requests_total{→status←="501"}[5m])',
        'requests_total{→method←!="get"}',
        'requests_total{path="/", →method←=~"get|post"}',
    ],
    "promql.regex-as-text": [
        'requests_total{→status←="5.."}',
        'requests_total{→path←="/api/.*"}',
        'requests_total{→status←="500|404"}',
        'requests_total{→path←!="^/health"}',
    ],
    "promql.no-value": [
        'requests_total{→status←!~"[0-9]+"}',
        'requests_total{→status←="200", status="500"}',
        'requests_total{→path←!~".*"}',
    ],
    "promql.bound": ['latency_seconds_bucket{→le←="1"}', 'size_bytes_bucket{→le←="1000000"}'],
    "promql.raw-counter": [
        "→requests_total← > 1000",
        "1000 < →requests_total←",
        "→sum←(requests_total) > 1000",
        "→max← by (job) (requests_total) > 100",
        "→job:requests:sum← > 100",
        '→latency_seconds_bucket←{le="0.5"} > 100',
        "→max_over_time←(requests_total[1h]) > 100",
        "→requests_total← * 60 > 100",
        "→sent_bytes_total← / 1024 / 1024 > 500",
        "sum(errors_total) →/← sum(requests_total) > 0.1",
        "100 * sum(errors_total) →/← sum(requests_total) > 5",
        'sum by (job) (requests_total{status="500"}) →/← sum by (job) (requests_total) > 0.1',
        "sum(errors_total) →/← (sum(requests_total) + sum(errors_total)) > 0.1",
    ],
    "promql.counter-function": [
        "→delta←(requests_total[5m])",
        "→deriv←(requests_total[5m]) > 3",
        "→avg_over_time←(requests_total[5m])",
        "→quantile_over_time←(0.9, requests_total[5m])",
        "→predict_linear←(requests_total[1h], 3600)",
    ],
    "promql.rate-of-gauge": [
        "→rate←(depth[5m])",
        "→increase←(memory_bytes[1h])",
        "→rate←(build_info[5m])",
        '→rate←(pause_seconds{quantile="0.99"}[5m])',
        "→rate←(up[5m])",
        "→rate←(rate(requests_total[5m])[5m:1m])",
        "→increase←(sum(rate(requests_total[5m]))[1h:1m])",
    ],
    "promql.rate-of-sum": ["→rate←(sum(requests_total)[5m:1m])", "→rate←(job:requests:sum[5m])"],
    "promql.short-window": ["→rate←(requests_total[10s])", "→increase←(requests_total[20s])", "→deriv←(depth[5m:5m])"],
    "promql.irate-in-alert": ["→irate←(requests_total[1h]) > 5"],
    "promql.histogram-name": ["histogram_quantile(0.9, rate(→latency_seconds←[5m]))", "→latency_seconds← > 1"],
    "promql.raw-buckets": ["histogram_quantile(0.9, →latency_seconds_bucket←)"],
    "promql.le-lost": [
        "histogram_quantile(0.9, →sum←(rate(latency_seconds_bucket[5m])))",
        "histogram_quantile(0.9, →sum← by (method) (rate(latency_seconds_bucket[5m])))",
    ],
    "promql.no-buckets": [
        "→histogram_quantile←(0.9, rate(latency_seconds_sum[5m]))",
        "→histogram_quantile←(0.9, depth)",
        "→histogram_count←(rate(latency_seconds_bucket[5m]))",
    ],
    "promql.bucket-sum": [
        "→sum←(rate(latency_seconds_bucket[5m]))",
        "histogram_quantile(0.9, →avg← by (le) (rate(latency_seconds_bucket[5m])))",
    ],
    "promql.quantile-average": [
        "→avg←(histogram_quantile(0.9, rate(latency_seconds_bucket[5m])))",
        '→sum←(pause_seconds{quantile="0.99"})',
        "→avg←(job:latency:p99)",
    ],
    "promql.quantile-range": [
        "→histogram_quantile←(95, sum by (le) (rate(latency_seconds_bucket[5m])))",
        "→quantile←(99, depth)",
        "→quantile_over_time←(1.5, depth[5m])",
    ],
    "promql.no-match": [
        "rate(errors_total[5m]) →/← rate(requests_total[5m])",
        "sum by (method) (rate(requests_total[5m])) →/← sum by (status) (rate(requests_total[5m]))",
        "sum by (job) (depth) / on (→queue←) sum by (job, queue) (depth)",
        "sum(depth) > vector(5) and on (→job←) up",
        'rate(requests_total{status="500"}[5m]) →/← rate(requests_total[5m])',
        "sum by (job) (depth) →unless← sum by (queue) (depth)",
    ],
    "promql.many-to-many": ["depth →/← on (instance) memory_bytes", "depth →*← on (instance) group_left workers"],
    "promql.lost-label": [
        "sum by (→status←) (sum by (method) (rate(requests_total[5m])))",
        "sum by (→statsu←) (rate(requests_total[5m]))",
        "sum by (→status←) (job:requests:rate5m)",
        "depth * on (instance) group_left (→region←) build_info",
        'label_replace(depth, "q", "$1", "→que←", "(.*)")',
        "memory_bytes / on (instance, →region←) limit_bytes",
        "count by (→version←) (up)",
        "sum by (queue) (depth) and on (→region←) up == 1",
    ],
    "promql.never-true": [
        'sum(rate(requests_total{status="500"}[5m])) / sum(rate(requests_total[5m])) →>← 5',
        "up →>← 1",
        "avg by (job) (up) →==← 2",
        "count(up == 0) →==← 0",
        "absent(requests_total) →==← 0",
        "→absent←(sum(depth) or vector(0))",
        "rate(requests_total[5m]) →<← 0",
        "memory_bytes →<← 0",
        "0 →>← memory_bytes",
        "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m]))) →>← 10",
        "build_info →==← 0",
        "day_of_week() →==← 7",
        "clamp_max(depth, 10) →>← 20",
        "(requests_total == 0) →>← 5",
        '100 * sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) →>← 101',
        "depth →<← 0",
        "last_success_timestamp_seconds - time() →>← 3600",
        "depth > 100 →and← depth < 50",
        "depth < 5 →and← depth >= 5",
        "depth == 1 →and← depth > 1",
        "depth == 1 →and← depth != 1",
        "depth != 1 →and← depth == 1",
        "depth > 5 and depth != 7 →and← depth < 3",
        "(depth > 5 unless depth == 9) →and← depth < 3",
        "sum by (job) (depth) > 5 →and← on (job) sum by (job) (depth) < 3",
        "depth > 5 →and← ignoring (region) depth < 3",
        "build_info →!=← 1",
        "absent(requests_total) →!=← 1",
        "depth == 1 →!=← 1",
    ],
    "promql.always-true": ["rate(requests_total[5m]) →>=← 0", "up →<=← 1"],
    "promql.units": [
        "wait_seconds →>← timeout_milliseconds",
        "memory_bytes →>← hit_ratio",
        "hit_ratio →>← used_percent",
        "hit_ratio →>← 80",
        "last_success_timestamp_seconds →>← 3600",
        "rate(sent_bytes_total[5m]) →>← memory_bytes",
        "rate(rpc_milliseconds_sum[5m]) / rate(rpc_milliseconds_count[5m]) →>← wait_seconds",
        "wait_seconds →+← memory_bytes",
        "hit_ratio →<← 80",
        "hit_ratio →>← 1",
        "rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]) →>← 500",
        "50 →<← sum(rate(latency_seconds_sum[5m])) / sum(rate(latency_seconds_count[5m]))",
        "rate(busy_cpu_seconds_total[5m]) →>← 80",
        "time() - last_success_timestamp_seconds →*← 1000 > 3600",
        "last_success_timestamp_seconds →/← 60 < time()",
        "hit_ratio →>← 1.5",
        "memory_bytes / limit_bytes →>← 90",
        "90 →<← sum(memory_bytes) / sum(limit_bytes)",
        "→predict_linear←(memory_bytes[1h], 4) > 1000",
    ],
    "promql.windows": [
        "rate(latency_seconds_sum[5m]) →/← rate(latency_seconds_count[1m])",
        "sum by (method) (increase(latency_seconds_sum[5m])) →/← sum by (method) (increase(latency_seconds_count[1m]))",
    ],
    "promql.zero-division": [
        'sum(rate(requests_total{status="200"}[5m])) / sum(rate(requests_total{status=~"5.."}[5m])) →>← 3',
        "sum(rate(requests_total[5m])) / sum(rate(errors_total[5m])) →>=← 100",
    ],
}
# What is only suggested, as it rests on what names mean, or may well be meant: where no metric is known.
SUGGESTED = {
    "promql.raw-counter": [
        "→x_requests_total← > 100",
        "→x_restarts_total← >= 5",
        "→sum← by (job) (x_errors_total) > 10",
        "→x_cpu_seconds_total← / 60 > 5",
        "sum(x_errors_total) →/← sum(x_requests_total)",
        "x_hits_total →/← (x_hits_total + x_misses_total) < 0.8",
        "100 * x_errors_total →/← x_requests_total > 5",
    ],
    "promql.counter-function": [
        "→delta←(x_failures_total[1h]) > 100",
        "→avg_over_time←(x_requests_total[5m])",
        "→predict_linear←(x_errors_total[1h], 3600) > 5",
    ],
    "promql.rate-of-gauge": ['→rate←(x_seconds{quantile="0.9"}[5m])'],
    "promql.rate-of-sum": ["→rate←(sum(x_errors_total)[5m:1m])"],
    "promql.never-true": ["x_build_info →!=← 1", "x_info →==← 0", "0 →==← x_info", "x_info →>← 1"],
    "promql.quantile-average": [
        '→avg←(x_seconds{quantile="0.99"})',
        '→sum← by (job) (x_seconds{quantile="0.5"})',
        '→avg_over_time←(x_seconds{quantile="0.99"}[1h])',
        "→avg_over_time←(histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))[1h:1m])",
    ],
    "promql.units": [
        "disk_used_percent →>← 100",
        "disk_used_percent →>=← 101",
        "min(disk_free_percent) →<← 0",
        "x_hit_ratio * 100 →>← 100",
        "x_hit_ratio * 100 →<← 0.8",
        "100 * (1 - x_avail_bytes / x_size_bytes) →>← 0.85",
        "x_free_bytes / x_limit_bytes * 100 →<← 0.1",
        'sum(rate(x_requests_total{result="ok"}[5m])) / sum(rate(x_requests_total[5m])) * 100 →<← 0.99',
    ],
}
SUGGESTIONS = [(code, marked) for code, exprs in SUGGESTED.items() for marked in exprs]
CASES = [(code, marked) for code, exprs in WRONG.items() for marked in exprs]


def _only(marked: str) -> tuple[str, Remark]:
    expr = marked.replace("→", "").replace("←", "")
    (remark,) = review(expr, SHOP, is_alert=True)
    assert not remark.suggestion
    return expr, remark


@pytest.mark.parametrize(("code", "marked"), CASES, ids=[marked for _, marked in CASES])
def test_finds_the_mistake_and_its_place(code: str, marked: str) -> None:
    expr, remark = _only(marked)
    assert remark.code == code
    assert remark.part is not None
    assert offset(expr, remark.part) == marked.index("→")


@pytest.mark.parametrize(("code", "marked"), SUGGESTIONS, ids=[marked for _, marked in SUGGESTIONS])
def test_suggests_what_names_and_habits_make_likely(code: str, marked: str) -> None:
    expr = marked.replace("→", "").replace("←", "")
    (remark,) = review(expr, Catalogue(), is_alert=True)
    assert (remark.code, remark.suggestion) == (code, True)
    assert remark.part is not None
    assert offset(expr, remark.part) == marked.index("→")


@pytest.mark.parametrize(("expr", "code"), [("used_percent > 100", "units"), ("hit_ratio * 100 < 0.8", "units")])
def test_units_of_a_contract_are_still_a_suggestion(expr: str, code: str) -> None:
    (remark,) = review(expr, SHOP, is_alert=True)
    assert (remark.code, remark.suggestion) == (f"promql.{code}", True)


@pytest.mark.parametrize("marked", [marked for _, marked in CASES])
def test_a_fix_has_no_mistake(marked: str) -> None:
    _, remark = _only(marked)
    if remark.fix:
        assert review(remark.fix, SHOP, is_alert=True) == []


@pytest.mark.parametrize(
    ("marked", "remedy"),
    [
        ("delta(requests_total[5m])", "Write `increase(requests_total[5m])`."),
        ("quantile(99, depth)", "Write `0.99`."),
        ('requests_total{path!="^/health"}', 'Write `path!~"^/health"`.'),
        ("sum by (statsu) (rate(requests_total[5m]))", "Did you mean `status`?"),
        ("sum by (status) (job:requests:rate5m)", "There are: job."),
        ("histogram_quantile(0.9, rate(latency_seconds_sum[5m]))", "Use `latency_seconds_bucket`."),
        ("hit_ratio > 80", "Write `0.8`."),
        ("rate(requests_total[10s])", "Use a window of at least `[1m]`."),
    ],
)
def test_says_what_to_write_instead(marked: str, remedy: str) -> None:
    assert _only(marked)[1].remedy == remedy


@pytest.mark.parametrize(
    ("expr", "certain"),
    [
        ("rate(requests_total[10s])", True),
        ("rate(requests_total[20s])", False),
        ("memory_bytes < 0", False),
        ("up == 2", False),
        ("sum by (job) (depth) / sum by (queue) (depth)", True),
        ("sum by (job) (depth) unless sum by (queue) (depth)", False),
    ],
)
def test_is_certain_only_of_what_cannot_be_meant(expr: str, certain: bool) -> None:
    assert _only(expr)[1].certain is certain


@pytest.mark.parametrize("expr", ['job:requests:rate5m{status="500"}', "job:requests:rate5m / sum by (queue) (depth)"])
def test_is_certain_of_records_only_where_all_services_are_known(expr: str) -> None:
    partial = Catalogue(SHOP.series, SHOP.records)
    assert [remark.certain for remark in review(expr, SHOP)] == [True]
    assert [remark.certain for remark in review(expr, partial)] == [False]


def test_is_not_certain_of_labels_that_only_an_aggregation_names() -> None:
    (remark,) = review("sum by (a) (x) / sum by (b) (y)", Catalogue())
    assert (remark.code, remark.certain) == ("promql.no-match", False)


@pytest.mark.parametrize(("job", "codes"), [("shopp", ["promql.unknown-value"]), ("shop", []), ("kubelet", [])])
def test_finds_a_job_that_was_mistyped(job: str, codes: list[str]) -> None:
    catalogue = Catalogue(jobs=frozenset({"shop", "prometheus"}))
    assert [remark.code for remark in review(f'up{{job="{job}"}} == 0', catalogue)] == codes


def test_conditions_that_hold_always_are_reported_of_alerts_only() -> None:
    assert review("rate(requests_total[5m]) >= 0", SHOP) == []
    assert review("irate(requests_total[1h])", SHOP) == []


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (job) (rate(x{code="500"}[5m])) / sum by (job) (rate(x[5m])) > 5',
        'sum(increase(x_total{code=~"5.."}[1h])) / sum(increase(x_total[1h])) * 100 > 100',
    ],
)
def test_share_of_a_rate_is_one_at_most_whatever_the_metric_is(expr: str) -> None:
    (remark,) = review(expr, Catalogue(), is_alert=True)
    assert (remark.code, remark.suggestion) == ("promql.never-true", False)
    assert review(expr.replace("rate(", "avg_over_time(").replace("increase(", "avg_over_time("), Catalogue()) == []


@pytest.mark.parametrize(
    ("jobs", "codes"),
    [
        ("prometheus|shopp", ["promql.unknown-value"]),
        ("prometeus", ["promql.unknown-value"]),
        ("prometheus|shop", []),
        ("shop|shops", []),
        ("prometheus|kubelet", []),
        ("shop.*|prometheus", []),
        ("(shopp|prometheus)-.+", []),
    ],
)
def test_finds_a_job_that_was_mistyped_in_a_choice(jobs: str, codes: list[str]) -> None:
    """What is left of the choice hides it: the expression still finds series."""
    catalogue = Catalogue(jobs=frozenset({"shop", "prometheus"}))
    assert [remark.code for remark in review(f'up{{job=~"{jobs}"}} == 0', catalogue)] == codes

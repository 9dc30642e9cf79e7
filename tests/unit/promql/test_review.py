"""Each mistake that can be read off an expression, with the expression that was meant."""

from __future__ import annotations

import time

import promql_parser
import pytest

from stackctl.promql.catalogue import NATIVE, Catalogue, Known, Record, merged, promised
from stackctl.promql.nearest import Names
from stackctl.promql.remark import Remark
from stackctl.promql.review import review

SCRAPE = {"job": (), "instance": ()}
METRICS = {
    "requests_total": ("counter", {"method": (), "status": ("200", "404", "500")}),
    "errors_total": ("counter", {"error_type": ()}),
    "latency_seconds": ("histogram", {"method": ()}),
    "size_bytes": ("summary", {}),
    "depth": ("gauge", {}),
    "limit": ("gauge", {}),
}
SERIES = dict(each for name, (kind, labels) in METRICS.items() for each in promised(name, kind, {**labels, **SCRAPE}))
PER_STATUS = "sum without (status)"
RECORDS = {"job:requests:rate5m": (Record("sum by (job) (rate(requests_total[5m]))"),)}
WHOLE = Catalogue(SERIES, RECORDS, frozenset({"up"}), ("prometheus_",), complete=True)


def only(expr: str, catalogue: Catalogue = WHOLE) -> Remark:
    (remark,) = review(expr, catalogue)
    return remark


@pytest.mark.parametrize(
    "expr",
    [
        "sum by (status) (rate(requests_total[5m]))",
        'sum without (status) (rate(requests_total{status="500"}[5m])) > 0',
        'sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.05',
        "histogram_quantile(0.95, sum by (le, method) (rate(latency_seconds_bucket[5m])))",
        "histogram_quantile(0.95, rate(latency_seconds_bucket[5m]))",
        "rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m])",
        "rate(size_bytes_sum[5m]) / rate(size_bytes_count[5m])",
        "depth / limit * 100 > 80",
        "deriv(depth[5m])",
        "up == 0",
        "job:requests:rate5m / 60",
        "rate(prometheus_http_requests_total[5m])",
        'requests_total{status!="418"}',
        'requests_total{zone=""}',
        'requests_total{zone=~".*"}',
        "depth / on (instance) group_left sum by (instance) (limit)",
        "this does not parse",
        "vector(1) / 2",
        '{job="api"}',
        'latency_seconds_bucket{le="1.0"} / ignoring (le) latency_seconds_bucket{le="+Inf"}',
        'latency_seconds_bucket{le=~"1(.0)?"}',
        'latency_seconds_bucket{le!="1"}',
        'latency_seconds_bucket{le="1e+06"}',
    ],
)
def test_says_nothing_of_a_good_expression(expr: str) -> None:
    assert review(expr, WHOLE) == []


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
        ("rate(depth[5m]) > 3", "deriv(depth[5m]) > 3"),
        ("increase(depth[1h])", "delta(depth[1h])"),
        (
            "histogram_quantile(0.95, latency_seconds) > 5",
            "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[5m]))) > 5",
        ),
        (
            'histogram_quantile(0.9, rate(latency_seconds{method="GET"}[10m]))',
            'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket{method="GET"}[10m])))',
        ),
        (
            "histogram_quantile(0.9, sum by (method) (rate(latency_seconds_bucket[5m])))",
            "histogram_quantile(0.9, sum by (method, le) (rate(latency_seconds_bucket[5m])))",
        ),
        (
            "histogram_quantile(0.9, sum(rate(latency_seconds_bucket[5m])))",
            "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))",
        ),
        (
            "histogram_quantile(0.9, sum without (le, job) (rate(latency_seconds_bucket[5m])))",
            "histogram_quantile(0.9, sum without (job) (rate(latency_seconds_bucket[5m])))",
        ),
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
    ],
)
def test_a_mistake_is_reported_with_the_expression_that_was_meant(expr: str, meant: str) -> None:
    remark = only(expr)
    assert remark.remedy == f"Write `{meant}`."
    assert remark.certain
    promql_parser.parse(meant)
    assert review(meant, WHOLE) == []


def test_a_ratio_of_one_metric_says_whom_its_series_meet() -> None:
    itself = only('rate(requests_total{status="500"}[5m]) / rate(requests_total[5m])')
    nobody = only('rate(requests_total{status="500"}[5m]) / rate(requests_total{status="200"}[5m])')
    assert itself.summary.endswith("including `status`: each series matches only itself")
    assert nobody.summary.endswith("including `status`: no series on one side matches the other")


def test_a_ratio_of_one_metric_is_seen_without_any_contract() -> None:
    assert only('rate(x_total{a="1"}[5m]) / rate(x_total[5m])', Catalogue()).certain


def test_buckets_without_a_rate_are_a_warning() -> None:
    remark = only("histogram_quantile(0.9, latency_seconds_bucket)")
    assert not remark.certain
    assert remark.remedy == "Write `histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))`."


def test_reports_the_bare_name_of_a_histogram_anywhere() -> None:
    assert only("latency_seconds > 1").summary == "the histogram `latency_seconds` has no series of that name"


def test_unserved_metric_is_an_error_only_when_certain() -> None:
    assert only("node_load1 > 4").certain
    assert only("node_load1 > 4").summary.startswith("nothing serves `node_load1`: no contract")
    partial = Catalogue(SERIES, complete=False)
    assert review("node_load1 > 4", partial) == []
    likely = only("rate(request_total[5m])", partial)
    assert (likely.certain, likely.remedy) == (False, "Did you mean `requests_total`?")


@pytest.mark.parametrize(
    ("expr", "summary", "remedy"),
    [
        (
            'requests_total{stauts="500"}',
            "`requests_total` has no label `stauts`, so this selects nothing",
            "Did you mean `status`?",
        ),
        (
            'depth{zone="a"}',
            "`depth` has no label `zone`, so this selects nothing",
            "It has: instance, job.",
        ),
        (
            'requests_total{status="501"}',
            "`status` of `requests_total` is never `501`",
            'Did you mean `status="500"`?',
        ),
        (
            'requests_total{status=~"success|ok"}',
            "`status` of `requests_total` is never `success|ok`",
            "It may be: 200, 404, 500.",
        ),
    ],
)
def test_a_matcher_that_selects_nothing_is_reported(expr: str, summary: str, remedy: str) -> None:
    assert (only(expr).summary, only(expr).remedy, only(expr).certain) == (summary, remedy, True)


def test_does_not_judge_labels_where_others_may_be_added() -> None:
    assert review('open_total{zone="a"}', Catalogue({"open_total": Known("counter", None)}, complete=True)) == []


def test_a_metric_of_two_services_has_what_either_promises() -> None:
    one, other = Known("counter", {"a": ("x",), "b": ()}), Known("counter", {"a": ("y",), "b": ("z",), "c": ("w",)})
    assert merged(one, other) == Known("counter", {"a": ("x", "y"), "b": (), "c": ("w",)})
    assert merged(one, Known("gauge", {})).labels is None


@pytest.mark.parametrize(
    "expr",
    [
        'x{fstype!="tmpfs"} / x{mountpoint!="/boot"}',
        'x{a=~"one|two"} / x{a=~"two|three"}',
        'x{a=~".+"} / x{b="1"}',
        'x{a!="1"} - x{a!="2"}',
        'x{a="1"} and x',
        'x{a="1"} / x offset 1d',
        'x{a="1"} > x @ 0',
        'rate(x{a="1"}[5m]) / rate(x[1h])',
        'increase(x{a="1"}[5m]) / rate(x[5m])',
        'x{a="1"} / ignoring (a) x{a="2"}',
        "histogram_quantile(0.99, sum by (job) (rate(rpc_seconds[5m])))",
        "histogram_quantile(0.99, sum(rate(rpc_seconds[5m])))",
        "histogram_quantile(0.9, sum by (job) (job:rpc:rate5m))",
        "histogram_quantile(0.9, topk(3, rate(rpc_seconds_bucket[5m])))",
    ],
)
def test_says_nothing_of_what_may_well_be_meant(expr: str) -> None:
    assert review(expr, Catalogue()) == []


@pytest.mark.parametrize(
    "expr",
    [
        'x{a="1"} / x{a="2"}',
        'x{a="1"} / x{a=~"2|3"}',
        'x{a=~"1|2"} / x{a=~"3|4"}',
        'x{a=~"5.."} / x{a!~"5.."}',
        'x{a="1"} / x{a!="1"} offset 1d',
        'x{a="500"} and x{a!~"5.."}',
        '{__name__="x", a="1"} / {__name__="x", a="2"}',
    ],
)
def test_reports_conditions_that_exclude_each_other(expr: str) -> None:
    assert only(expr, Catalogue()).summary.endswith(": no series on one side matches the other")


def test_uses_closed_values_to_find_contradictions() -> None:
    expr = 'requests_total{status=~"2.*"} / requests_total{status=~"5.*"}'
    assert only(expr).summary.endswith("no series on one side matches the other")
    assert review(expr, Catalogue()) == []


def test_accepts_native_histograms_of_contracts() -> None:
    native = Catalogue(dict(promised("rpc_seconds", NATIVE, {**SCRAPE})), complete=True)
    assert review("histogram_quantile(0.99, sum by (job) (rate(rpc_seconds[5m])))", native) == []
    assert review("histogram_count(rate(rpc_seconds[5m]))", native) == []
    assert "nothing serves `rpc_seconds_bucket`" in only("rate(rpc_seconds_bucket[5m])", native).summary


@pytest.mark.parametrize("complete", [True, False])
def test_never_suggests_a_record_that_reads_the_name(complete: bool) -> None:
    records = {
        ":disk_free:sum": (Record("disk_free"),),
        "middle:link": (Record(":disk_free:su"),),
        ":disk_free:suma": (Record("middle:link"),),
    }
    catalogue = Catalogue(records=records, complete=complete)
    assert all("Did you mean" not in each.remedy for each in review("sum(disk_free)", catalogue))
    assert all("suma" not in each.remedy for each in review(":disk_free:su", catalogue))


@pytest.mark.parametrize(
    "name", ["job:requests:rate1m", "job:replies:rate5m", "requests_seconds", "http_requests_total", "requests_total5"]
)
def test_says_nothing_of_names_that_the_stack_cannot_know(name: str) -> None:
    assert review(name, Catalogue(SERIES, RECORDS)) == []


def test_suggests_a_record_for_a_slip() -> None:
    remark = only("job:request:rate5m", Catalogue(records=RECORDS))
    assert (remark.remedy, remark.certain) == ("Did you mean `job:requests:rate5m`?", False)


def test_finds_the_nearest_of_many_names_quickly() -> None:
    names = Names([f"team{number}_requests_of_kind_{number % 97}_total" for number in range(20_000)])
    begin = time.process_time()
    assert names.nearest("team77_request_of_kind_77_total") == "team77_requests_of_kind_77_total"
    assert all(names.nearest(f"other_{number}_bytes") == "" for number in range(30))
    assert time.process_time() - begin < 5


def test_quotes_names_of_labels_in_what_it_suggests() -> None:
    expr = 'rate(x{"service.name"="a"}[5m]) / rate(x[5m])'
    fixed = only(expr, Catalogue()).remedy.removeprefix("Write `").removesuffix("`.")
    assert fixed.startswith('sum without ("service.name") (rate(x{"service.name"="a"}[5m]))')
    promql_parser.parse(fixed)


def test_reports_a_bucket_selected_by_a_whole_number() -> None:
    remark = only('sum(rate(latency_seconds_bucket{le="1"}[5m]))')
    assert remark.summary == "`le` of `latency_seconds_bucket` is never `1`: Prometheus writes this bound as `1.0`"
    assert (remark.remedy, remark.certain) == ('Write `le="1.0"`.', True)
    assert not only('prometheus_http_request_duration_seconds_bucket{le="3"}').certain


BOUNDED = Catalogue(
    dict(
        [
            *promised("wait_seconds", "histogram", {}, (0.5, 1, 1e6, float("inf"))),
            *promised("size_bytes", "summary", {}, (0.5, 0.99)),
        ]
    )
)


@pytest.mark.parametrize(
    "selector",
    [
        'wait_seconds_bucket{le="0.5"}',
        'wait_seconds_bucket{le=~"1(.0)?"}',
        'wait_seconds_bucket{le="1e+06"}',
        'wait_seconds_bucket{le="1000000.0"}',
        'wait_seconds_bucket{le="+Inf"}',
        'wait_seconds_bucket{le=~"0.7|1.0"}',
        'size_bytes{quantile="0.99"}',
        'size_bytes{quantile=~"0.9.?"}',
    ],
)
def test_accepts_bounds_of_the_contract(selector: str) -> None:
    assert review(selector, BOUNDED) == []


@pytest.mark.parametrize(
    ("selector", "summary", "remedy"),
    [
        (
            'wait_seconds_bucket{le="0.7"}',
            "`le` of `wait_seconds_bucket` is never `0.7`",
            "It may be: 0.5, 1.0, 1e+06, +Inf.",
        ),
        (
            'wait_seconds_bucket{le="3"}',
            "`le` of `wait_seconds_bucket` is never `3`",
            "It may be: 0.5, 1.0, 1e+06, +Inf.",
        ),
        ('size_bytes{quantile="0.9"}', "`quantile` of `size_bytes` is never `0.9`", "It may be: 0.5, 0.99."),
    ],
)
def test_reports_a_bound_outside_of_the_contract(selector: str, summary: str, remedy: str) -> None:
    assert [(each.summary, each.remedy) for each in review(selector, BOUNDED)] == [(summary, remedy)]

"""Expressions that are right, about which nothing is said: each uses what a finding is near to."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.review import review
from tests.unit.promql.review.known import WHOLE
from tests.unit.promql.shop import SHOP

RIGHT = """\
sum by (status) (rate(requests_total[5m]))
sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.05
100 * sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 5
sum by (job) (rate(requests_total{status="500"}[5m])) / sum by (job) (rate(requests_total[5m])) > 0.05
sum(rate(requests_total[5m])) by (method) / ignoring (method) group_left sum(rate(requests_total[5m]))
rate(requests_total[5m]) > 2 * rate(requests_total[5m] offset 1d)
rate(requests_total{path=~"/api/.*"}[5m])
rate(requests_total[30s])
requests_total == 0
requests_total > 0
requests_total - requests_total offset 5m > 10
requests_total unless requests_total offset 1h
requests_total{method!="GET"}
requests_total{status!~"2.."}
increase(requests_total[1h]) == 0
changes(requests_total[1h]) == 0
resets(requests_total[1h]) > 3
max_over_time(requests_total[5m]) - min_over_time(requests_total[5m]) > 0
count(requests_total)
count(count by (path) (requests_total)) > 1000
topk(5, sum by (path) (rate(requests_total[5m])))
(sum(rate(requests_total[5m])) or vector(0)) == 0
sum by (job) (rate(errors_total[5m])) > 0.1 * sum by (job) (rate(requests_total[5m]))
irate(requests_total[5m]) > 5
histogram_quantile(0.95, sum by (le, method) (rate(latency_seconds_bucket[5m]))) > 1
histogram_quantile(0.95, rate(latency_seconds_bucket[5m])) >= 5
histogram_quantile(0.9, rate(native_seconds[5m])) > 5
histogram_count(rate(native_seconds[5m]))
histogram_fraction(0, 0.5, rate(native_seconds[5m])) < 0.9
rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]) > 0.5
rate(latency_seconds_bucket{le="0.5"}[5m])
sum(rate(latency_seconds_bucket{le="0.5"}[5m])) / sum(rate(latency_seconds_count[5m])) < 0.9
sum by (le) (rate(latency_seconds_bucket[5m]))
pause_seconds{quantile="0.99"} > 0.1
max(pause_seconds{quantile="0.99"})
rate(pause_seconds_sum[5m]) / rate(pause_seconds_count[5m])
max_over_time(job:latency:p99[1h]) > 1
min(job:latency:p99) > 1
job:requests:rate5m > 10
job:requests:rate5m / on (job) group_left sum by (job) (up)
team:depth:max{team="shop"} > 3
loop:a > 3
depth > 100
deriv(depth[15m]) > 0
avg_over_time(depth[1h]) > 10
quantile(0.9, depth)
abs(depth - avg_over_time(depth[1d])) > 3 * stddev_over_time(depth[1d])
depth * on (instance) group_left (version) build_info
depth * on (job, instance) group_left (version) build_info > 10
sum by (q) (label_replace(depth, "q", "$1", "queue", "(.*)"))
sum by (job, queue) (depth) > on (job) group_left sum by (job) (workers)
sum by (instance) (depth) / on (instance) sum by (instance) (workers)
workers{state="busy"} / ignoring (state) sum without (state) (workers) > 0.9
sum without (queue) (depth) / sum without (state) (workers)
memory_bytes / limit_bytes > 0.9
memory_bytes / limit_bytes * 100 > 90
memory_bytes > 0.9 * limit_bytes
memory_bytes / 1024 / 1024 > 500
predict_linear(memory_bytes[1h], 4 * 3600) > limit_bytes
process_resident_memory_bytes / limit_bytes > 0.8
rate(sent_bytes_total[5m]) * 8 > 1e9
hit_ratio < 0.8
hit_ratio * 100 > 80
used_percent > 90
used_percent / 100 > 0.9
temperature_celsius < -5
wait_seconds * 1000 > timeout_milliseconds
rpc_milliseconds_sum / rpc_milliseconds_count / 1000 > wait_seconds
time() - last_success_timestamp_seconds > 3600
last_success_timestamp_seconds == 0
up == 0
up == 1
avg by (job) (up) < 0.5
sum(up) by (job) < 2
count(up == 0) > 0
count by (job) (up == 0) >= 1
(count(up == 0) or vector(0)) == 0
absent(requests_total)
absent(sum(depth) or sum(workers))
absent(up{job="x"}) == 1
ALERTS{alertstate="firing"} == 1
count by (version) (build_info) > 1
mode{mode="on"} == 1
hour() >= 9 and hour() < 17
day_of_week() == 6
sgn(deriv(memory_bytes[1h])) == 1
requests_total{status!~"5..|4.."}
mode{mode!~"on"} == 1
latency_seconds_bucket{le="1.0"}
size_bytes_bucket{le="1e+06"}
rate(size_bytes_bucket{le="1000000.0"}[5m])
sum(rate(latency_seconds_bucket{le=~"1|1.0"}[5m])) / sum(rate(latency_seconds_count[5m])) < 0.9
max_over_time(requests_total[1h]) - min_over_time(requests_total[1h]) > 100
max_over_time(sum(rate(requests_total[5m]))[1h:1m]) > 10
deriv(sum(rate(requests_total[5m]))[1h:1m]) > 0
sum_over_time(rate(requests_total[5m])[1h:5m])
deriv(depth[10m:5m])
100 * sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 99
depth == 0
depth > 5 and depth < 50
depth > 100 or depth < 50
depth > 100 and depth offset 1h < 50
depth >= 5 and depth <= 5
depth{queue="orders"} > 100 and on (instance) depth{queue="mails"} < 50
time() - last_success_timestamp_seconds > 3600
certificate_expiry_timestamp_seconds - time() < 86400
last_success_timestamp_seconds - time() < 0
hit_ratio < 0.9
hit_ratio >= 1
hit_ratio == 1
rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]) > 10
rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m]) * 1000 > 500
rate(pause_seconds_sum[5m]) / rate(pause_seconds_count[5m]) > 500
rate(busy_cpu_seconds_total[5m]) > 0.8
sum(rate(busy_cpu_seconds_total[5m])) > 80
rate(busy_cpu_seconds_total[5m]) * 100 > 80
(time() - last_success_timestamp_seconds) * 1000 > 3600
(time() - last_success_timestamp_seconds) / 3600 > 24
hit_ratio > 0.99
sum(memory_bytes) / sum(limit_bytes) > 0.9
memory_bytes / wait_seconds > 90
predict_linear(memory_bytes[10m], 3600) > 1000
predict_linear(memory_bytes[1h], 4 * 3600) < 0
rate(latency_seconds_sum[1m]) / rate(latency_seconds_count[1m])
rate(latency_seconds_sum[5m]) / rate(latency_seconds_sum[1h]) > 2
rate(requests_total[5m]) / rate(requests_total[1h]) > 2
sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.1
sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(errors_total[5m])) > 2
sum(rate(requests_total[5m])) / (sum(rate(errors_total[5m])) > 0) > 100
sum by (job, queue) (depth) and on (job) up == 1
requests_total offset 1d
requests_total / requests_total offset 1w
(requests_total - requests_total offset 1h) / (requests_total - requests_total offset 1d) > 2
sum(requests_total) - sum(errors_total) > 5
latency_seconds_sum / latency_seconds_count > 0.5
time() - last_success_timestamp_seconds > 3600 and memory_bytes > 0
(depth > 5) and on (queue) (depth < 3)
depth > bool 5 and depth < bool 3
depth > 5 unless depth < 3
depth > 5 or depth < 3
depth != 1 and depth != 2
depth > 5 and depth{queue="orders"} < 3
depth * 0 != 0
depth != depth
sum(build_info) != 1
count(build_info) != 1
build_info > 0
sum(hit_ratio) > 1
sum(used_percent) > 100
used_percent >= 100
used_percent == 100
used_percent > 0
used_percent == 0
hit_ratio * 100 < 80
100 * sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.5
100 * sum(rate(requests_total{status="200"}[5m])) / sum(rate(requests_total[5m])) < 99.9
sum by (instance, job, quantile) (pause_seconds)
max_over_time(job:latency:p99[1d]) > 1
count by (cluster, namespace, job) (up == 0) > 0
"""


@pytest.mark.parametrize("expr", RIGHT.splitlines())
def test_says_nothing_of_a_right_expression(expr: str) -> None:
    assert review(expr, SHOP, is_alert=True) == []


@pytest.mark.parametrize("expr", RIGHT.splitlines())
def test_says_nothing_where_no_metric_is_known(expr: str) -> None:
    assert review(expr, Catalogue(), is_alert=True) == []


@pytest.mark.parametrize(
    "expr",
    [
        # Labels that some set-ups have and others have not.
        "sum by (cluster, namespace) (a_total) / sum by (cluster, namespace) (b_total)",
        "sum by (namespace) (a) * on (namespace, cluster) group_left b",
        "count by (cluster, node) (sum by (cluster, node, cpu) (a))",
        # VictoriaMetrics' own histograms.
        "histogram_quantile(0.99, sum by (job, vmrange) (rate(a_bucket[5m])))",
        # A quantile has lost `le`, and matches.
        "histogram_quantile(0.99, sum by (job, le) (rate(a_bucket[5m]))) > 4 and sum by (job) (rate(a_count[5m])) > 0",
        "a:count * quantile_over_time(0.99, a:rate[1d])",
        "compression_ratio > 3",
        "a_percent > 80",
        "a_total > 100",
        "minio_cluster_nodes_offline_total > 3",
        "s3_requests_inflight_total > 100",
        "s3_requests_waiting_total > 100",
        "cluster_disk_total < 5",
        "node_memory_total / 1024 > 5",
        "memory_bytes_total > 5",
        "ip_availabilities_used / ip_availabilities_total > 0.9",
        "azurerm_requests_total > 100",
        "uptime_seconds_total < 300",
        "job:requests_total > 100",
        "x_requests_total > 0",
        "x_requests_total == 0",
        "count(x_requests_total) > 5",
        "absent(x_requests_total)",
        "x_requests_total - x_requests_total offset 10m >= 1",
        "x_created_total - x_deleted_total > 5",
        "increase(x_requests_total[1h]) > 5",
        "x_errors_total / on (instance) group_left x_limit > 0.5",
        "delta(cluster_disk_total[1h]) < 0",
        "avg_over_time(s3_requests_waiting_total[5m]) > 5",
        "max_over_time(x_requests_total[1h]) - min_over_time(x_requests_total[1h]) > 5",
        "last_over_time(x_requests_total[1h]) - x_requests_total offset 1h > 5",
        "changes(x_restarts_total[1h]) > 3",
        "x_info == 1",
        "x_info > 0",
        "count(x_info) > 1",
        "changes(x_info[5m]) > 1",
        "a * on (instance) group_left (version) x_info > 5",
        'x_seconds{quantile="0.99"} > 5',
        'max(x_seconds{quantile="0.99"})',
        'max_over_time(x_seconds{quantile="0.99"}[1h]) > 1',
        'sum by (instance, quantile) (x_seconds{quantile="0.5"})',
        'avg without (job) (x_seconds{quantile="0.5"})',
        "process_cpu_percent > 100",
        "container_cpu_used_percent > 150",
        "growth_percent > 100",
        "shards_active_percent < 100",
        "sum by (cluster) (os_used_percent) > 300",
        "packets_loss_percent > 0.5",
        "100 * sum(rate(x_failed_total[5m])) / sum(rate(x_done_total[5m])) > 0.8",
        'sum(rate(x_requests_total{code="504"}[5m])) / sum(rate(x_requests_total[5m])) * 100 > 0.5',
        "sum by ($label) (a)",
    ],
)
def test_says_nothing_of_what_others_write(expr: str) -> None:
    assert review(expr, Catalogue(), is_alert=True) == []


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

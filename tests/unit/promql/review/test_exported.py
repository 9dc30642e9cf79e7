"""Expressions over the metrics of components, of which no contract says anything: their catalogues do."""

from __future__ import annotations

import pytest

from stackctl.metrics import catalogue
from stackctl.promql.offsets import offset
from stackctl.promql.remark import Remark
from stackctl.promql.review import review
from tests.unit.promql.exported import MANIFEST, exported, stack_of

# The code -> expressions; the part that the remark is about stands between arrows.
WRONG = {
    "promql.unknown-metric": [
        "rate(→node_cpu_secnds_total←[5m])",
        "→node_memory_MemAvailible_bytes← / node_memory_MemTotal_bytes < 0.1",
        "→node_filesystem_avail_byte←",
        "→redis_connected_client← > 100",
        "sum(rate(→alertmanager_notification_total←[5m]))",
        "→probe_sucess← == 0",
        "→prometheus_tsdb_head_serie← > 1e6",
        "→pg_stat_database_xact_comit← > 0",
        "→namedprocess_namegroup_num_proc← < 1",
        "rate(→nginx_connection_accepted←[5m])",
    ],
    "promql.unknown-label": [
        'node_filesystem_avail_bytes{→mount←="/"}',
        'rate(node_network_receive_bytes_total{→interface←="eth0"}[5m])',
        'pg_stat_database_blk_read_time{→dbname←="shop"}',
        'rate(nginx_http_requests_total{→status←=~"5.."}[5m])',
        'namedprocess_namegroup_num_procs{→group←="nginx"}',
    ],
    "promql.unknown-value": [
        'rate(node_cpu_seconds_total{→mode←="iowaits"}[5m])',
        'node_systemd_unit_state{→state←="fail"} == 1',
        'namedprocess_namegroup_memory_bytes{→memtype←="rss"}',
        'alertmanager_alerts{→state←="firing"}',
        'node_load1{→job←="nodes"} > 4',
    ],
    "promql.rate-of-gauge": [
        "→rate←(node_filesystem_avail_bytes[5m])",
        "→increase←(redis_connected_clients[5m]) > 100",
        "→rate←(pg_stat_activity_count[5m])",
        "→rate←(node_uname_info[5m])",
        '→rate←(prometheus_target_interval_length_seconds{quantile="0.99"}[5m])',
    ],
    "promql.counter-function": [
        "→delta←(node_network_receive_bytes_total[5m])",
        "→deriv←(prometheus_tsdb_head_samples_appended_total[5m])",
        "→avg_over_time←(node_cpu_seconds_total[5m])",
    ],
    "promql.raw-counter": ["→node_context_switches_total← > 1e6", "→pg_stat_database_deadlocks← > 5"],
    "promql.lost-label": ["sum by (→mountpont←) (node_filesystem_avail_bytes)"],
    "promql.le-lost": [
        "histogram_quantile(0.9, →sum← by (job) (rate(prometheus_http_request_duration_seconds_bucket[5m])))"
    ],
    "promql.no-buckets": ["→histogram_quantile←(0.9, rate(redis_connected_clients[5m]))"],
    "promql.short-window": ["→rate←(node_cpu_seconds_total[10s])"],
    "promql.no-match": [
        "rate(alertmanager_notifications_failed_total[5m]) →/← rate(alertmanager_notifications_total[5m])",
        "node_filesystem_avail_bytes →/← node_memory_MemTotal_bytes",
        "pg_stat_database_numbackends →/← pg_settings_max_connections > 0.8",
        "sum by (instance) (pg_stat_database_numbackends) →/← pg_settings_max_connections > 0.8",
    ],
    "promql.units": ["redis_memory_used_bytes →>← redis_uptime_in_seconds"],
    "promql.many-to-many": ["rate(node_cpu_seconds_total[5m]) →/← on (instance, cpu) node_cpu_seconds_total"],
}
RIGHT = """\
sum(pg_stat_database_numbackends) / sum(pg_settings_max_connections) > 0.8
sum by (instance) (pg_stat_database_numbackends) / on (instance) pg_settings_max_connections > 0.8
sum by (server) (pg_stat_activity_count) > on (server) pg_settings_max_connections * 0.8
pg_settings_of_a_later_version == 0
sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))
node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"} < 0.1
(node_load1 / node_load15 > 2) * on (instance) group_left (nodename) node_uname_info
predict_linear(node_filesystem_avail_bytes{fstype!~"tmpfs"}[1h], 4 * 3600) < 0
rate(node_disk_read_time_seconds_total[5m]) / rate(node_disk_reads_completed_total[5m]) > 0.1
node_load1 / count without (cpu, mode) (node_cpu_seconds_total{mode="idle"}) > 1
increase(node_vmstat_oom_kill[5m]) > 0
rate(node_netstat_Tcp_RetransSegs[5m]) / rate(node_netstat_Tcp_OutSegs[5m])
rate(node_md_blocks_synced[5m])
increase(node_nf_conntrack_stat_drop[5m])
time() - node_boot_time_seconds < 600
node_time_seconds - time() > 1
node_edac_uncorrectable_errors_total > 0
node_memory_Hugetlb_bytes + node_memory_SomethingNew_bytes
node_future_collector_things_total > 5
node_namespace_pod:cpu_usage:rate5m
node_load1{zone="a"}
delta(redis_connected_slaves[1m]) < 0
rate(redis_master_repl_offset[5m])
increase(redis_slowlog_last_id[5m])
rate(redis_defrag_hits[5m])
redis_memory_used_bytes / redis_memory_max_bytes * 100 > 90
redis_stream_length{stream="orders"} > 1000
sum by (job, server) (pg_stat_activity_count) > min by (job, server) (pg_settings_max_connections * 0.8)
rate(pg_stat_database_xact_commit[5m]) + rate(pg_stat_database_xact_rollback[5m])
time() - pg_stat_user_tables_last_autovacuum > 864000
pg_stat_statements_mean_time_seconds > 1
pg_locks_count{mode="accessexclusivelock"} > 0
pg_statio_user_tables_heap_blks_read
probe_success{job="probe-site"} == 0
(probe_ssl_earliest_cert_expiry - time()) / 86400 < 20
sum by (phase) (probe_http_duration_seconds{phase!="resolve"}) > 1
probe_success{probe="site"} == 0
histogram_quantile(0.9, sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[5m]))) > 1
prometheus_notifications_queue_length > prometheus_notifications_queue_capacity
prometheus_target_interval_length_seconds{quantile="0.9"} > 20
time() - push_time_seconds{job="nightly"} > 86400
count(count_values("hash", alertmanager_config_hash)) > 1
rate(namedprocess_namegroup_cpu_seconds_total{mode="user"}[5m]) > 1
sum by (namespace) (node_load1) > 100
rate(nginx_connections_accepted[5m]) - rate(nginx_connections_handled[5m]) > 0
""".splitlines()


def found(expr: str) -> list[Remark]:
    return [each for each in review(expr, exported(), is_alert=True) if not each.suggestion]


@pytest.mark.parametrize(("code", "marked"), [(code, each) for code, some in WRONG.items() for each in some])
def test_finds_what_is_wrong_where_it_is(code: str, marked: str) -> None:
    before, part, after = marked.replace("←", "→").split("→")
    expr = before + part + after
    remarks = {remark.code: remark for remark in found(expr)}
    assert code in remarks, remarks
    part_of = remarks[code].part
    assert part_of is not None
    assert offset(expr, part_of) == len(before)


@pytest.mark.parametrize("expr", [each for some in WRONG.values() for each in some])
def test_what_a_catalogue_says_is_a_warning_only(expr: str) -> None:
    """Another version of the component may serve something else."""
    plain = expr.replace("→", "").replace("←", "")
    without = {(each.code, each.part) for each in review(plain, exported().promised_only) if each.certain}
    assert [each for each in review(plain, exported()) if each.certain and (each.code, each.part) not in without] == []


@pytest.mark.parametrize("expr", RIGHT)
def test_says_nothing_of_right_expressions(expr: str) -> None:
    assert found(expr) == []


def test_the_suggestion_keeps_labels_that_both_sides_have_alike() -> None:
    (remark,) = found("pg_stat_database_numbackends / pg_settings_max_connections")
    sums = (
        "sum by (instance, job) (pg_stat_database_numbackends) / sum by (instance, job) (pg_settings_max_connections)"
    )
    assert f"Write `{sums}`." in remark.remedy


def test_an_error_that_a_contract_proves_stays_one() -> None:
    known = catalogue(
        stack_of(f"{MANIFEST}services: {{api: {{targets: ['a:1'], metrics: {{hits_total: counter}}}}}}\n")
    )
    (remark,) = review('rate(hits_total{stattus="500"}[5m]) > on (instance) group_left node_load1', known)
    assert (remark.code, remark.certain) == ("promql.unknown-label", True)


def test_labels_are_open_where_another_job_may_scrape_the_exporter_elsewhere() -> None:
    known = catalogue(stack_of(f"{MANIFEST}services: {{others: {{targets: ['b:9100']}}}}\n"))
    assert review('node_load1{job="others", rack="7"} > 4', known) == []
    assert [each.code for each in review("rate(node_load1[5m])", known)] == ["promql.rate-of-gauge"]


def test_an_unknown_label_is_reported_once() -> None:
    remarks = found('rate(node_disk_read_bytes_total{env="x"}[5m]) + rate(node_disk_written_bytes_total{env="x"}[5m])')
    assert {each.code for each in remarks} == {"promql.unknown-label"}


SEVERAL = """\
version: 1
name: shop
exporters:
  carts: {kind: redis, address: "localhost:6379", labels: {team: web}}
  logins: {kind: redis, address: "localhost:6380", listen: 9122}
"""


@pytest.mark.parametrize(
    ("expression", "codes"),
    [
        ('redis_connected_clients{job="carts"} > 1', []),
        ('redis_connected_clients{job="logins"} > 1', []),
        ('redis_connected_clients{job=~"carts|logins", team="web"} > 1', []),
        ("sum by (team, job) (redis_connected_clients) > 1", []),
        ('redis_connected_clients{job="cart"} > 1', ["promql.unknown-value"]),
        ("redis_connected_client > 1", ["promql.unknown-metric"]),
    ],
)
def test_series_of_several_exporters_of_a_kind_are_those_of_each(expression: str, codes: list[str]) -> None:
    assert [each.code for each in review(expression, catalogue(stack_of(SEVERAL)))] == codes

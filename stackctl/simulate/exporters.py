"""What exporters serve, as far as dashboards and alerts usually ask: contracts for those that cannot run here.

Names, types and labels are those of cAdvisor 0.5x, kafka_exporter 1.9, postgres_exporter 0.18, redis_exporter 1.77,
nginx-prometheus-exporter 1.5, memcached_exporter 0.15 and ClickHouse's own endpoint. What would differ from one
container or table to the next by more labels has one value here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from stackctl import conventions as c
from stackctl.model import Contract, Exporter, Health, Label, Metric, Service, Stack, Target
from stackctl.scrape import component_address
from stackctl.source import Position

Range = tuple[float, float]
_NOWHERE = Position("")
_SIMULATED = "simulated"
_GIB = 1024.0**3


def simulated_exporters(stack: Stack, runtime: str = c.NATIVE) -> list[Service]:
    """The exporters of the stack as services, each with its contract and the address that Prometheus asks."""
    declared = [_as_service(exporter, runtime) for exporter in stack.exporters]
    clickhouse = [service for service in stack.services if service.name == c.CLICKHOUSE and service.contract is None]
    known = [service for service in (*declared, *clickhouse) if service.name in _CONTRACTS]
    return [_with_contract(service, stack) for service in known]


def _as_service(exporter: Exporter, runtime: str) -> Service:
    target = Target(component_address(exporter, runtime), {}, exporter.origin)
    return Service(exporter.name, exporter.origin, (target,))


def _with_contract(service: Service, stack: Stack) -> Service:
    metrics = tuple(_CONTRACTS[service.name](stack))
    contract = Contract(metrics, service.origin)
    return replace(service, contract=contract, health=Health(live=c.READY_PATHS.get(service.name)))


def _metric(name: str, kind: str, range: Range | None = None, /, **labels: Sequence[str]) -> Metric:
    return Metric(name, kind, _NOWHERE, tuple(Label(key, tuple(values)) for key, values in labels.items()), range=range)


def _counter(name: str, range: Range, /, **labels: Sequence[str]) -> Metric:
    return _metric(name, "counter", range, **labels)


def _gauge(name: str, range: Range | None = None, /, **labels: Sequence[str]) -> Metric:
    return _metric(name, "gauge", range, **labels)


def _cadvisor(stack: Stack) -> list[Metric]:
    """The containers are those of the stack: its components and services, as Compose names them."""
    names = [*(component.name for component in stack.components), *(service.name for service in stack.services)]
    of = {
        "name": [f"{stack.name}-{name}-1" for name in names],
        "image": [_SIMULATED],
        "id": [f"/{_SIMULATED}"],
    }
    device, interface = ["/dev/sda"], ["eth0"]
    return [
        _gauge("container_last_seen", None, **of),
        _gauge("container_start_time_seconds", None, **of),
        _counter("container_cpu_usage_seconds_total", (0.05, 3.0), **of, cpu=["total"]),
        _counter("container_cpu_user_seconds_total", (0.03, 2.0), **of),
        _counter("container_cpu_system_seconds_total", (0.01, 0.8), **of),
        _counter("container_cpu_cfs_periods_total", (10.0, 10.0), **of),
        _counter("container_cpu_cfs_throttled_periods_total", (0.0, 2.52), **of),
        _gauge("container_memory_usage_bytes", (0.1 * _GIB, 1.0 * _GIB), **of),
        _gauge("container_memory_working_set_bytes", (0.08 * _GIB, 0.98 * _GIB), **of),
        _gauge("container_memory_rss", (0.06 * _GIB, 0.9 * _GIB), **of),
        _gauge("container_spec_memory_limit_bytes", (_GIB, _GIB), **of),
        _counter("container_oom_events_total", (0.0, 0.0), **of),
        _counter("container_network_receive_bytes_total", (1e4, 5e6), **of, interface=interface),
        _counter("container_network_transmit_bytes_total", (1e4, 5e6), **of, interface=interface),
        _counter("container_network_receive_errors_total", (0.0, 5.0), **of, interface=interface),
        _counter("container_network_transmit_errors_total", (0.0, 5.0), **of, interface=interface),
        _counter("container_fs_reads_bytes_total", (0.0, 2e6), **of, device=device),
        _counter("container_fs_writes_bytes_total", (1e3, 4e6), **of, device=device),
        _gauge("container_fs_usage_bytes", (1.0 * _GIB, 20.0 * _GIB), **of, device=device),
        _gauge("container_fs_limit_bytes", (24.0 * _GIB, 24.0 * _GIB), **of, device=device),
        _gauge("machine_cpu_cores", (4.0, 4.0)),
        _gauge("machine_memory_bytes", (8.0 * _GIB, 8.0 * _GIB)),
    ]


def _kafka(stack: Stack) -> list[Metric]:
    """The brokers are those of the manifest, the consumers its services."""
    exporter = next(each for each in stack.exporters if each.name == c.KAFKA)
    brokers = float(len(exporter.server))
    groups = [service.name for service in stack.services if service.name != c.CLICKHOUSE] or ["consumers"]
    topic = {"topic": ["events", "results"]}
    partition = {**topic, "partition": ["0", "1", "2"]}
    group = {"consumergroup": groups}
    return [
        _gauge("kafka_brokers", (brokers, brokers)),
        _gauge("kafka_topic_partitions", (3.0, 3.0), **topic),
        _gauge("kafka_topic_partition_current_offset", (5.0, 400.0), **partition),
        _gauge("kafka_topic_partition_oldest_offset", (0.0, 100.0), **partition),
        _gauge("kafka_topic_partition_under_replicated_partition", (0.0, 1.0), **partition),
        _gauge("kafka_consumergroup_members", (3.0, 3.0), **group),
        _gauge("kafka_consumergroup_current_offset", (5.0, 390.0), **group, **partition),
        _gauge("kafka_consumergroup_current_offset_sum", (15.0, 1170.0), **group, **topic),
        _gauge("kafka_consumergroup_lag", (0.0, 20_000.0), **group, **partition),
        _gauge("kafka_consumergroup_lag_sum", (0.0, 60_000.0), **group, **topic),
    ]


def _clickhouse(_: Stack) -> list[Metric]:
    events, now, measured = "ClickHouseProfileEvents_", "ClickHouseMetrics_", "ClickHouseAsyncMetrics_"
    return [
        _counter(f"{events}Query", (2.0, 120.0)),
        _counter(f"{events}SelectQuery", (1.0, 80.0)),
        _counter(f"{events}InsertQuery", (1.0, 40.0)),
        _counter(f"{events}FailedQuery", (0.0, 60.0)),
        _counter(f"{events}QueryTimeMicroseconds", (1e4, 4e6)),
        _counter(f"{events}InsertedRows", (100.0, 50_000.0)),
        _counter(f"{events}InsertedBytes", (1e4, 5e6)),
        _counter(f"{events}SelectedRows", (1000.0, 1e6)),
        _counter(f"{events}MergedRows", (100.0, 1e5)),
        _counter(f"{events}DelayedInserts", (0.0, 0.0)),
        # So few that there are none but in the scenarios of failures.
        _counter(f"{events}RejectedInserts", (0.0, 0.05)),
        _gauge(f"{now}Query", (0.0, 100.0)),
        _gauge(f"{now}TCPConnection", (2.0, 200.0)),
        _gauge(f"{now}HTTPConnection", (1.0, 100.0)),
        _gauge(f"{now}MemoryTracking", (0.2 * _GIB, 3.8 * _GIB)),
        _gauge(f"{now}Merge", (0.0, 24.0)),
        _gauge(f"{now}BackgroundMergesAndMutationsPoolTask", (0.0, 32.0)),
        _gauge(f"{now}ReadonlyReplica", (0.0, 1.0)),
        _gauge(f"{now}ZooKeeperSession", (1.0, 1.0)),
        _gauge(f"{measured}MemoryResident", (0.3 * _GIB, 3.9 * _GIB)),
        _gauge(f"{measured}MaxPartCountForPartition", (5.0, 380.0)),
        _gauge(f"{measured}ReplicasMaxQueueSize", (0.0, 200.0)),
        _gauge(f"{measured}ReplicasMaxAbsoluteDelay", (0.0, 360.0)),
        _gauge(f"{measured}Uptime"),
    ]


def _postgres(_: Stack) -> list[Metric]:
    of = {"datname": ["postgres", "app"], "datid": ["16384"]}
    return [
        _gauge("pg_up"),
        _gauge("pg_settings_max_connections", (100.0, 100.0)),
        _gauge("pg_database_size_bytes", (2.0 * _GIB, 2.5 * _GIB), datname=of["datname"]),
        _gauge("pg_stat_database_numbackends", (2.0, 60.0), **of),
        _gauge("pg_stat_activity_count", (1.0, 20.0), datname=of["datname"], state=["active", "idle"]),
        _counter("pg_stat_database_xact_commit", (5.0, 500.0), **of),
        _counter("pg_stat_database_xact_rollback", (0.0, 5.0), **of),
        _counter("pg_stat_database_blks_hit", (500.0, 50_000.0), **of),
        _counter("pg_stat_database_blks_read", (5.0, 500.0), **of),
        _counter("pg_stat_database_tup_fetched", (50.0, 5000.0), **of),
        _counter("pg_stat_database_tup_inserted", (5.0, 500.0), **of),
        _counter("pg_stat_database_deadlocks", (0.0, 0.01), **of),
        _gauge("pg_stat_activity_max_tx_duration", (0.0, 1000.0), datname=of["datname"], state=["active", "idle"]),
        _gauge("pg_replication_is_replica", (0.0, 0.0)),
        _gauge("pg_replication_lag_seconds", (0.0, 0.0)),
    ]


def _redis(_: Stack) -> list[Metric]:
    return [
        _gauge("redis_up"),
        _gauge("redis_uptime_in_seconds"),
        _gauge("redis_connected_clients", (5.0, 500.0)),
        _gauge("redis_config_maxclients", (512.0, 512.0)),
        _gauge("redis_blocked_clients", (0.0, 20.0)),
        _gauge("redis_memory_used_bytes", (0.1 * _GIB, 0.98 * _GIB)),
        _gauge("redis_memory_max_bytes", (_GIB, _GIB)),
        _gauge("redis_db_keys", (1000.0, 50_000.0), db=["db0"]),
        _gauge("redis_rdb_last_bgsave_status", (1.0, 1.0)),
        _counter("redis_commands_processed_total", (10.0, 2000.0)),
        _counter("redis_keyspace_hits_total", (8.0, 900.0)),
        _counter("redis_keyspace_misses_total", (1.0, 100.0)),
        _counter("redis_expired_keys_total", (0.0, 20.0)),
        _counter("redis_evicted_keys_total", (0.0, 20.0)),
        _counter("redis_rejected_connections_total", (0.0, 1.0)),
    ]


def _nginx(_: Stack) -> list[Metric]:
    return [
        _gauge("nginx_up"),
        _gauge("nginx_connections_active", (2.0, 400.0)),
        _gauge("nginx_connections_reading", (0.0, 10.0)),
        _gauge("nginx_connections_writing", (1.0, 120.0)),
        _gauge("nginx_connections_waiting", (1.0, 270.0)),
        _counter("nginx_connections_accepted", (1.0, 100.0)),
        _counter("nginx_connections_handled", (1.0, 100.0)),
        _counter("nginx_http_requests_total", (2.0, 800.0)),
    ]


def _memcached(_: Stack) -> list[Metric]:
    def counted(command: str, *statuses: str) -> dict[str, Sequence[str]]:
        return {"command": [command], "status": statuses}

    return [
        _gauge("memcached_up"),
        _gauge("memcached_uptime_seconds"),
        _gauge("memcached_current_connections", (5.0, 950.0)),
        _gauge("memcached_max_connections", (1024.0, 1024.0)),
        _gauge("memcached_current_bytes", (0.01 * _GIB, 0.06 * _GIB)),
        _gauge("memcached_limit_bytes", (_GIB / 16, _GIB / 16)),
        _gauge("memcached_current_items", (1000.0, 50_000.0)),
        _counter("memcached_commands_total", (10.0, 2000.0), **counted("get", "hit", "miss")),
        _counter("memcached_items_evicted_total", (0.0, 10.05)),
        _counter("memcached_connections_rejected_total", (0.0, 0.01)),
        _counter("memcached_connections_listener_disabled_total", (0.0, 0.0)),
        _counter("memcached_read_bytes_total", (1e3, 1e6)),
        _counter("memcached_written_bytes_total", (1e4, 1e7)),
    ]


# Those that can be simulated. The node and blackbox exporters speak of this machine, and run wherever it does.
_CONTRACTS: dict[str, Callable[[Stack], list[Metric]]] = {
    c.CADVISOR: _cadvisor,
    c.KAFKA: _kafka,
    c.CLICKHOUSE: _clickhouse,
    c.POSTGRES: _postgres,
    c.REDIS: _redis,
    c.NGINX: _nginx,
    c.MEMCACHED: _memcached,
}

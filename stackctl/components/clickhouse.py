"""ClickHouse, which exports its metrics itself: nothing is started, its endpoint is scraped."""

from __future__ import annotations

from pydantic import Field

from stackctl.components.component import Component
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ScrapeSettings
from stackctl.manifest.fields import Address, MetricsPath
from stackctl.model import Metric, Stack


class ClickhouseSettings(ScrapeSettings):
    """ClickHouse, which exports its metrics itself: nothing is started, its endpoint is scraped."""

    target: Address = Field(description="`host:port` of its Prometheus endpoint, 9363 as ClickHouse suggests.")
    metrics_path: MetricsPath = Field("/metrics", description="The path of the metrics.")


def _targets(settings: ClickhouseSettings) -> list[str]:
    return [settings.target]


def _simulated(_: Stack) -> list[Metric]:
    events, now, measured = "ClickHouseProfileEvents_", "ClickHouseMetrics_", "ClickHouseAsyncMetrics_"
    return [
        counter(f"{events}Query", (2.0, 120.0)),
        counter(f"{events}SelectQuery", (1.0, 80.0)),
        counter(f"{events}InsertQuery", (1.0, 40.0)),
        counter(f"{events}FailedQuery", (0.0, 60.0)),
        counter(f"{events}QueryTimeMicroseconds", (1e4, 4e6)),
        counter(f"{events}InsertedRows", (100.0, 50_000.0)),
        counter(f"{events}InsertedBytes", (1e4, 5e6)),
        counter(f"{events}SelectedRows", (1000.0, 1e6)),
        counter(f"{events}MergedRows", (100.0, 1e5)),
        counter(f"{events}DelayedInserts", (0.0, 0.0)),
        # So few that there are none but in the scenarios of failures.
        counter(f"{events}RejectedInserts", (0.0, 0.05)),
        gauge(f"{now}Query", (0.0, 100.0)),
        gauge(f"{now}TCPConnection", (2.0, 200.0)),
        gauge(f"{now}HTTPConnection", (1.0, 100.0)),
        gauge(f"{now}MemoryTracking", (0.2 * GIB, 3.8 * GIB)),
        gauge(f"{now}Merge", (0.0, 24.0)),
        gauge(f"{now}BackgroundMergesAndMutationsPoolTask", (0.0, 32.0)),
        gauge(f"{now}ReadonlyReplica", (0.0, 1.0)),
        gauge(f"{now}ZooKeeperSession", (1.0, 1.0)),
        gauge(f"{measured}MemoryResident", (0.3 * GIB, 3.9 * GIB)),
        gauge(f"{measured}MaxPartCountForPartition", (5.0, 380.0)),
        gauge(f"{measured}ReplicasMaxQueueSize", (0.0, 200.0)),
        gauge(f"{measured}ReplicasMaxAbsoluteDelay", (0.0, 360.0)),
        gauge(f"{measured}Uptime"),
    ]


COMPONENT = Component(
    name="clickhouse",
    rank=12,
    settings=ClickhouseSettings,
    summary="ClickHouse's own endpoint.",
    series=("ClickHouse",),
    targets=_targets,
    simulated=_simulated,
)

"""RabbitMQ, which exports its metrics itself, by its plugin `rabbitmq_prometheus`: nothing is started."""

from __future__ import annotations

from operator import attrgetter

from pydantic import Field

from stackctl.components.component import Component
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ScrapeSettings
from stackctl.manifest.fields import Address, MetricsPath
from stackctl.model import Metric, Stack


class RabbitmqSettings(ScrapeSettings):
    """RabbitMQ, which exports its metrics itself: nothing is started, each node is scraped."""

    targets: list[Address] = Field(
        min_length=1, description="`host:port` of each node's plugin `rabbitmq_prometheus`, 15692 by default."
    )
    metrics_path: MetricsPath = Field(
        "/metrics", description="The path of the metrics; `/metrics/per-object` has metrics for each queue."
    )


def _simulated(_: Stack) -> list[Metric]:
    return [
        gauge("rabbitmq_build_info", (1.0, 1.0), rabbitmq_version=["4.1.0"]),
        gauge("rabbitmq_connections", (5.0, 400.0)),
        gauge("rabbitmq_channels", (10.0, 800.0)),
        gauge("rabbitmq_consumers", (5.0, 5.0)),
        gauge("rabbitmq_queues", (12.0, 12.0)),
        gauge("rabbitmq_queue_messages_ready", (0.0, 12_500.0)),
        gauge("rabbitmq_queue_messages_unacked", (1.0, 2000.0)),
        gauge("rabbitmq_alarms_memory_used_watermark", (0.0, 1.0)),
        gauge("rabbitmq_alarms_free_disk_space_watermark", (0.0, 1.0)),
        gauge("rabbitmq_process_resident_memory_bytes", (0.2 * GIB, 1.5 * GIB)),
        gauge("rabbitmq_resident_memory_limit_bytes", (1.6 * GIB, 1.6 * GIB)),
        gauge("rabbitmq_disk_space_available_bytes", (20.0 * GIB, 4.0 * GIB)),
        gauge("rabbitmq_process_open_fds", (60.0, 1020.0)),
        gauge("rabbitmq_process_max_fds", (1024.0, 1024.0)),
        counter("rabbitmq_global_messages_received_total", (5.0, 900.0), protocol=["amqp091"]),
        counter("rabbitmq_global_messages_delivered_total", (5.0, 880.0), protocol=["amqp091"]),
        counter("rabbitmq_global_messages_unroutable_dropped_total", (0.0, 0.0), protocol=["amqp091"]),
    ]


COMPONENT = Component(
    name="rabbitmq",
    rank=16,
    settings=RabbitmqSettings,
    summary="RabbitMQ's own endpoint.",
    series=("rabbitmq_", "erlang_"),
    targets=attrgetter("targets"),
    simulated=_simulated,
)

"""Windows machines, each with a windows_exporter that somebody else runs. The series are those from 0.30 on."""

from __future__ import annotations

from operator import attrgetter

from pydantic import Field

from stackctl.components.component import Component
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ScrapeSettings
from stackctl.manifest.fields import Address, MetricsPath
from stackctl.model import Metric, Stack


class WindowsSettings(ScrapeSettings):
    """Windows machines, each with a windows_exporter that runs there: nothing is started, they are scraped."""

    targets: list[Address] = Field(min_length=1, description="`host:port` of each machine's exporter, 9182 by default.")
    metrics_path: MetricsPath = Field("/metrics", description="The path of the metrics.")


def _simulated(_: Stack) -> list[Metric]:
    return [
        counter("windows_cpu_time_total", (0.9, 0.02), core=["0,0", "0,1"], mode=["idle"]),
        gauge("windows_memory_available_bytes", (5.0 * GIB, 0.2 * GIB)),
        gauge("windows_memory_physical_total_bytes", (8.0 * GIB, 8.0 * GIB)),
        gauge("windows_logical_disk_free_bytes", (80.0 * GIB, 4.0 * GIB), volume=["C:"]),
        gauge("windows_logical_disk_size_bytes", (100.0 * GIB, 100.0 * GIB), volume=["C:"]),
        counter("windows_net_bytes_received_total", (1e4, 5e6), nic=["Ethernet"]),
        counter("windows_net_bytes_sent_total", (1e4, 5e6), nic=["Ethernet"]),
    ]


COMPONENT = Component(
    name="windows",
    rank=17,
    settings=WindowsSettings,
    summary="Windows machines, by the exporters that run there.",
    series=("windows_",),
    targets=attrgetter("targets"),
    simulated=_simulated,
)

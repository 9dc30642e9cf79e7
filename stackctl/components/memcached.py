"""The memcached exporter. The series are those of memcached_exporter 0.15."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import Address
from stackctl.model import Exporter, Metric, Stack


class MemcachedSettings(ExporterSettings):
    """The memcached exporter."""

    address: Address = Field(description="The server's `host:port`.")


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    return (place.web, f"--memcached.address={place.reach(exporter.settings.address)}")


def _asks(settings: MemcachedSettings) -> list[str]:
    return [settings.address]


def _simulated(_: Stack) -> list[Metric]:
    def counted(command: str, *statuses: str) -> dict[str, Sequence[str]]:
        return {"command": [command], "status": statuses}

    return [
        gauge("memcached_up"),
        gauge("memcached_uptime_seconds"),
        gauge("memcached_current_connections", (5.0, 950.0)),
        gauge("memcached_max_connections", (1024.0, 1024.0)),
        gauge("memcached_current_bytes", (0.01 * GIB, 0.06 * GIB)),
        gauge("memcached_limit_bytes", (GIB / 16, GIB / 16)),
        gauge("memcached_current_items", (1000.0, 50_000.0)),
        counter("memcached_commands_total", (10.0, 2000.0), **counted("get", "hit", "miss")),
        counter("memcached_items_evicted_total", (0.0, 10.05)),
        counter("memcached_connections_rejected_total", (0.0, 0.01)),
        counter("memcached_connections_listener_disabled_total", (0.0, 0.0)),
        counter("memcached_read_bytes_total", (1e3, 1e6)),
        counter("memcached_written_bytes_total", (1e4, 1e7)),
    ]


def _adopted(started: Started) -> dict[str, str] | None:
    addresses = started.given("memcached.address")
    return {"address": addresses[0]} if len(addresses) == 1 else None


COMPONENT = Component(
    name="memcached",
    rank=11,
    settings=MemcachedSettings,
    summary="The memcached exporter.",
    image="prom/memcached-exporter:v0.17.0",
    port=9150,
    container=Container(service="memcached-exporter", joins_networks=True),
    release=Release(
        project="memcached_exporter",
        programs=(Program("memcached_exporter"),),
        homepage="https://github.com/prometheus/memcached_exporter/releases",
    ),
    series=("memcached_",),
    works=Works("memcached_up", "== 1"),
    arguments=_arguments,
    asks=_asks,
    adopted=_adopted,
    own_options=("web.", "memcached.address"),
    simulated=_simulated,
)

"""The Redis exporter. The series are those of redis_exporter 1.77."""

from __future__ import annotations

import json

from pydantic import Field

from stackctl.addresses import reachable_url
from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import Address, SecretText
from stackctl.model import Exporter, Metric, Stack
from stackctl.runtimes.facts import Facts


class RedisSettings(ExporterSettings):
    """The Redis exporter."""

    address: Address = Field(description="The server's `host:port`.")
    password: SecretText | None = Field(None, description="Its password, when it has one.")


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    file = place.secret(exporter.name, "passwords")
    password = (f"--redis.password-file={file}",) if exporter.settings.password else ()
    return (place.web, f"--redis.addr={_url(exporter, place.runtime)}", *password)


def _secrets(exporter: Exporter, runtime: Facts) -> dict[str, str]:
    """The exporter's own format: the password of each address that it may be asked for."""
    password = exporter.settings.password
    return {"passwords": json.dumps({_url(exporter, runtime): password.reveal()})} if password else {}


def _url(exporter: Exporter, runtime: Facts) -> str:
    return f"redis://{reachable_url(exporter.settings.address, runtime)}"


def _asks(settings: RedisSettings) -> list[str]:
    return [settings.address]


def _simulated(_: Stack) -> list[Metric]:
    return [
        gauge("redis_up"),
        gauge("redis_uptime_in_seconds"),
        gauge("redis_connected_clients", (5.0, 500.0)),
        gauge("redis_config_maxclients", (512.0, 512.0)),
        gauge("redis_blocked_clients", (0.0, 20.0)),
        gauge("redis_memory_used_bytes", (0.1 * GIB, 0.98 * GIB)),
        gauge("redis_memory_max_bytes", (GIB, GIB)),
        gauge("redis_db_keys", (1000.0, 50_000.0), db=["db0"]),
        gauge("redis_rdb_last_bgsave_status", (1.0, 1.0)),
        counter("redis_commands_processed_total", (10.0, 2000.0)),
        counter("redis_keyspace_hits_total", (8.0, 900.0)),
        counter("redis_keyspace_misses_total", (1.0, 100.0)),
        counter("redis_expired_keys_total", (0.0, 20.0)),
        counter("redis_evicted_keys_total", (0.0, 20.0)),
        counter("redis_rejected_connections_total", (0.0, 1.0)),
    ]


def _adopted(started: Started) -> dict[str, str] | None:
    address = started.given("redis.addr", "REDIS_ADDR")
    password = started.given("redis.password", "REDIS_PASSWORD")
    others = started.environment.keys() - {"REDIS_ADDR", "REDIS_PASSWORD"}
    is_plain = len(address) == 1 and "@" not in address[0] and not address[0].startswith("rediss://")
    if not is_plain or any(name.startswith("REDIS_") for name in others):
        return None
    host_port = address[0].removeprefix("redis://").rstrip("/")
    with_port = host_port if ":" in host_port else f"{host_port}:6379"
    return {"address": with_port, **({"password": password[0]} if password else {})}


COMPONENT = Component(
    name="redis",
    rank=8,
    settings=RedisSettings,
    summary="The Redis exporter.",
    # Only the alpine image has a wget for the healthcheck.
    image="oliver006/redis_exporter:v1.92.1-alpine",
    port=9121,
    own_page="redis_exporter_build_info",
    ready="/health",
    container=Container(service="redis-exporter", joins_networks=True),
    release=Release(
        project="redis_exporter",
        programs=(Program("redis_exporter", ("prometheus-redis-exporter",)),),
        packages=("prometheus-redis-exporter",),
        archive=None,
    ),
    series=("redis_",),
    works=Works("redis_up", "== 1"),
    arguments=_arguments,
    secrets=_secrets,
    asks=_asks,
    adopted=_adopted,
    own_variables=("REDIS_",),
    own_options=("web.", "redis.addr", "redis.password"),
    simulated=_simulated,
)

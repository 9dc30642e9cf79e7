"""The blackbox exporter: probes of URLs and ports from outside."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from stackctl import conventions as c
from stackctl.components.component import Component, Container, Place, Started
from stackctl.components.release import Program, Release
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.base import Model
from stackctl.manifest.fields import ProbeUrl, ServiceName
from stackctl.model import Exporter

_FILE = "blackbox/blackbox.yml"
# Containers and many hosts have no way out by IPv6; the other family is still tried when this one has no address.
_IPV4 = {"preferred_ip_protocol": "ip4"}


class ProbeSettings(Model):
    """Something that the blackbox exporter asks."""

    url: ProbeUrl = Field(description="The URL to probe, or host:port for a TCP module.")
    module: Literal["http_2xx", "http_post_2xx", "tcp_connect", "icmp"] = Field(
        "http_2xx", description="The module to probe with."
    )


class BlackboxSettings(ExporterSettings):
    """The blackbox exporter: probes of URLs and ports from outside."""

    probes: dict[ServiceName, ProbeSettings] = Field(default_factory=dict, description="Probes, by name.")


def _arguments(_: Exporter, place: Place) -> tuple[str, ...]:
    return (f"--config.file={place.tree}/{_FILE}", place.web)


def _configuration() -> dict[str, Any]:
    modules = {
        "http_2xx": {"prober": "http", "http": dict(_IPV4)},
        "http_post_2xx": {"prober": "http", "http": {"method": "POST", **_IPV4}},
        "tcp_connect": {"prober": "tcp", "tcp": dict(_IPV4)},
        "icmp": {"prober": "icmp", "icmp": dict(_IPV4)},
    }
    return {_FILE: {"modules": modules}}


def _probes(settings: BlackboxSettings) -> dict[str, ProbeSettings]:
    return settings.probes


def _parameters(settings: BlackboxSettings, _: bool) -> dict[str, str]:
    return {"tls": str(any(probe.url.startswith("https:") for probe in settings.probes.values())).lower()}


def _adopted(_: Started) -> None:
    """Return nothing: its probes are in jobs whose names and labels would change."""


COMPONENT = Component(
    name="blackbox",
    rank=6,
    settings=BlackboxSettings,
    summary="The blackbox exporter.",
    image="prom/blackbox-exporter:v0.28.0",
    port=9115,
    own_page="blackbox_exporter_build_info",
    ready="/-/healthy",
    reload="/-/reload",
    container=Container(joins_networks=True, told_by=c.PROMETHEUS),
    release=Release(
        project="blackbox_exporter",
        programs=(Program("blackbox_exporter", ("prometheus-blackbox-exporter",)),),
        packages=("prometheus-blackbox-exporter",),
    ),
    series=("probe_", "blackbox_"),
    secret_group=60715,  # of an earlier rank: files that are there already belong to it
    selector='job=~"probe-.+"',
    reads_on_reload=("blackbox/",),
    arguments=_arguments,
    configuration=_configuration,
    probes=_probes,
    parameters=_parameters,
    adopted=_adopted,
    target_series=59,
    probe_series=17,
)

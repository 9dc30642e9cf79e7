"""The nginx exporter: connections and requests. The series are those of nginx-prometheus-exporter 1.5."""

from __future__ import annotations

from pydantic import Field

from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Program, Release
from stackctl.components.series import counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import Url
from stackctl.model import Exporter, Metric, Stack


class NginxSettings(ExporterSettings):
    """The nginx exporter: connections and requests, from the page of nginx's `stub_status`."""

    url: Url = Field(description="Where nginx serves `stub_status`, like `http://localhost:8080/stub_status`.")


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    return (place.web, f"--nginx.scrape-uri={place.reach(exporter.settings.url)}")


def _asks(settings: NginxSettings) -> list[str]:
    return [settings.url]


def _simulated(_: Stack) -> list[Metric]:
    return [
        gauge("nginx_up"),
        gauge("nginx_connections_active", (2.0, 400.0)),
        gauge("nginx_connections_reading", (0.0, 10.0)),
        gauge("nginx_connections_writing", (1.0, 120.0)),
        gauge("nginx_connections_waiting", (1.0, 270.0)),
        counter("nginx_connections_accepted", (1.0, 100.0)),
        counter("nginx_connections_handled", (1.0, 100.0)),
        counter("nginx_http_requests_total", (2.0, 800.0)),
    ]


def _adopted(started: Started) -> dict[str, str] | None:
    urls = started.given("nginx.scrape-uri", "SCRAPE_URI")
    return {"url": urls[0]} if len(urls) == 1 and urls[0].startswith("http") else None


COMPONENT = Component(
    name="nginx",
    rank=10,
    settings=NginxSettings,
    summary="The nginx exporter.",
    image="nginx/nginx-prometheus-exporter:1.5.3",
    other_images=("nginx-exporter",),
    port=9113,
    # Its image holds nothing but the program.
    container=Container(service="nginx-exporter", has_wget=False, joins_networks=True),
    release=Release(
        project="nginx-prometheus-exporter",
        programs=(Program("nginx-prometheus-exporter", ("prometheus-nginx-exporter",)),),
        minimum="1.0",  # those before end when nginx is away at their start
        packages=("prometheus-nginx-exporter",),
        archive=None,
    ),
    series=("nginx_",),
    works=Works("nginx_up", "== 1"),
    arguments=_arguments,
    asks=_asks,
    adopted=_adopted,
    own_variables=("SCRAPE_URI",),
    own_options=("web.", "nginx.scrape-uri"),
    simulated=_simulated,
)

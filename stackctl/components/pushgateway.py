"""The Pushgateway, for batch jobs."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.components.component import Component, Container, Place
from stackctl.components.release import Program, Release
from stackctl.components.settings import OwnServerSettings
from stackctl.model import Server


class PushgatewaySettings(OwnServerSettings):
    """The Pushgateway, for batch jobs. It runs, and is scraped, when the section is there."""


def _arguments(_: Server, place: Place) -> tuple[str, ...]:
    return (place.web, f"--persistence.file={place.data}/metrics.db")


COMPONENT = Component(
    name=c.PUSHGATEWAY,
    rank=3,
    settings=PushgatewaySettings,
    image="prom/pushgateway:v1.11.3",
    port=9091,
    ready="/-/ready",
    container=Container(data="/pushgateway"),
    release=Release(
        project="pushgateway",
        programs=(Program("pushgateway", ("prometheus-pushgateway",)),),
        packages=("prometheus-pushgateway",),
    ),
    series=("pushgateway_", "push_"),
    selector='job=~".+"',
    arguments=_arguments,
    own_options=("web.", "persistence."),
    target_series=46,
)

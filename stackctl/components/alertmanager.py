"""The Alertmanager. Its routing is rendered by `render/alertmanager.py`."""

from __future__ import annotations

from pydantic import Field

from stackctl import conventions as c
from stackctl.components.component import EXTERNAL_URL, Component, Container, Place, Started, StoredData, links
from stackctl.components.release import Program, Release, image_version
from stackctl.components.settings import StoringSettings
from stackctl.manifest.block_fields import Passthrough
from stackctl.manifest.fields import Replicas, Text, Url
from stackctl.manifest.routing_schema import ReceiverModel, RoutingModel
from stackctl.model import Alertmanager
from stackctl.runtimes.facts import Facts

_RECEIVER_NAMES = (0, 27)


class AlertmanagerSettings(StoringSettings):
    """The Alertmanager. It runs when the section is there, if only as `alertmanager: {}`."""

    receivers: dict[Text, ReceiverModel] = Field(
        default_factory=dict, description="Receivers of notifications, by name."
    )
    route: Passthrough | None = Field(
        None, description="Alertmanager's own routing tree. By default all alerts go to the first receiver."
    )
    routing: RoutingModel | None = Field(None, description="Routing rules, instead of `route`.")
    external_url: Url | None = Field(
        None,
        description="The address that people open, for the links in notifications; that of `listen` by default. A "
        "proxy takes its path off: Alertmanager itself serves at `/`.",
    )
    replicas: Replicas = Field(
        1,
        description="How many of it a cluster runs (`runtime: kubernetes`): they tell each other what they have sent, "
        "so that one alert is one notification. Elsewhere one runs.",
    )
    extra: Passthrough = Field(
        default_factory=dict,
        description="Escape hatch: merged last into alertmanager.yml. File paths are relative to the manifest.",
    )


def _arguments(alertmanager: Alertmanager, place: Place) -> tuple[str, ...]:
    return (
        f"--config.file={place.tree}/{c.ALERTMANAGER_FILE}",
        f"--storage.path={place.data}",
        place.web,
        "--cluster.listen-address=",  # alone: no gossip port
        *_receiver_names(alertmanager, place.runtime),
        *links(alertmanager.external_url, alertmanager.listen),
    )


def _receiver_names(alertmanager: Alertmanager, runtime: Facts) -> tuple[str, ...]:
    """Let the counters of notifications name the receiver. Natively a binary that is too old for it is refused."""
    known = not runtime.runs_images or image_version(alertmanager.image) >= _RECEIVER_NAMES
    return ("--enable-feature=receiver-name-in-metrics",) if known else ()


def _adopted(started: Started) -> dict[str, str]:
    """The settings that say what the options of another Alertmanager said."""
    urls = [each for each in started.given(EXTERNAL_URL) if each.startswith("http")]
    return {"external_url": urls[-1]} if urls else {}


def _refuse_data(data: StoredData) -> str:
    """Return why no Alertmanager can read some data, "" where it can."""
    return "" if {"nflog", "silences"} & data.names else "it has neither a file `silences` nor a file `nflog`"


COMPONENT = Component(
    name=c.ALERTMANAGER,
    rank=1,
    settings=AlertmanagerSettings,
    image="prom/alertmanager:v0.35.0",
    minimum=(0, 27),
    port=9093,
    ready="/-/ready",
    reload="/-/reload",
    # It looks for the secret files of its receivers from where it runs.
    container=Container(data="/alertmanager", above_tree=True),
    release=Release(
        project="alertmanager",
        programs=(Program("alertmanager", ("prometheus-alertmanager",)), Program("amtool")),
        minimum="0.27",
        packages=("prometheus-alertmanager",),
        fixed_file="/usr/share/prometheus/alertmanager/default.tmpl",
    ),
    series=("alertmanager_",),
    reads_on_reload=("alertmanager/", "secrets/alertmanager/"),
    arguments=_arguments,
    adopted=_adopted,
    refuse_data=_refuse_data,
    own_options=(
        *("config.file", "storage.path", "web.listen-address", "web.config.file", EXTERNAL_URL),
        *("cluster.listen-address", "web.route-prefix"),
    ),
    target_series=201,
)

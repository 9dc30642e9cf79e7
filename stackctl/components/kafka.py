"""The Kafka exporter: brokers, topics, and the lag of consumer groups. The series are those of kafka_exporter 1.9."""

from __future__ import annotations

from pydantic import Field

from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Archive, Program, Release
from stackctl.components.series import gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import Address
from stackctl.model import Exporter, Metric, Stack


class KafkaSettings(ExporterSettings):
    """The Kafka exporter: brokers, topics, and the lag of consumer groups."""

    brokers: list[Address] = Field(min_length=1, description="The brokers' `host:port`.")


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    return (place.web, *(f"--kafka.server={place.reach(broker)}" for broker in exporter.settings.brokers))


def _asks(settings: KafkaSettings) -> list[str]:
    return settings.brokers


def _parameters(settings: KafkaSettings, _: bool) -> dict[str, str]:
    return {"brokers": str(len(settings.brokers))}


def _simulated(stack: Stack) -> list[Metric]:
    """The brokers are those of the manifest, the consumers its services."""
    exporter = next(each for each in stack.exporters if each.component_name == COMPONENT.name)
    brokers = float(len(exporter.settings.brokers))
    groups = [service.name for service in stack.services if not service.component] or ["consumers"]
    topic = {"topic": ["events", "results"]}
    partition = {**topic, "partition": ["0", "1", "2"]}
    group = {"consumergroup": groups}
    return [
        gauge("kafka_brokers", (brokers, brokers)),
        gauge("kafka_topic_partitions", (3.0, 3.0), **topic),
        gauge("kafka_topic_partition_current_offset", (5.0, 400.0), **partition),
        gauge("kafka_topic_partition_oldest_offset", (0.0, 100.0), **partition),
        gauge("kafka_topic_partition_under_replicated_partition", (0.0, 1.0), **partition),
        gauge("kafka_consumergroup_members", (3.0, 3.0), **group),
        gauge("kafka_consumergroup_current_offset", (5.0, 390.0), **group, **partition),
        gauge("kafka_consumergroup_current_offset_sum", (15.0, 1170.0), **group, **topic),
        gauge("kafka_consumergroup_lag", (0.0, 20_000.0), **group, **partition),
        gauge("kafka_consumergroup_lag_sum", (0.0, 60_000.0), **group, **topic),
    ]


def _adopted(started: Started) -> dict[str, list[str]] | None:
    brokers = started.given("kafka.server")
    return {"brokers": brokers} if brokers and not started.given("sasl.username") else None


COMPONENT = Component(
    name="kafka",
    rank=9,
    settings=KafkaSettings,
    summary="The Kafka exporter.",
    image="danielqsj/kafka-exporter:v1.9.0",
    port=9308,
    ready="/healthz",
    container=Container(service="kafka-exporter", joins_networks=True),
    release=Release(
        project="kafka_exporter",
        programs=(Program("kafka_exporter"),),
        archive=Archive(home="https://github.com/danielqsj"),
        homepage="https://github.com/danielqsj/kafka_exporter/releases",
    ),
    series=("kafka_",),
    works=Works("kafka_brokers", "> 0"),
    arguments=_arguments,
    asks=_asks,
    parameters=_parameters,
    adopted=_adopted,
    own_options=("web.", "kafka.server"),
    simulated=_simulated,
)

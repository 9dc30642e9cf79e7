"""The MongoDB exporter. The series are those of Percona's mongodb_exporter from 0.40 on."""

from __future__ import annotations

import re
from urllib.parse import quote

from pydantic import Field, model_validator

from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Archive, Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import Address, SecretText, Text, wrong
from stackctl.model import Exporter, Metric, Stack
from stackctl.runtimes.facts import Facts


class MongodbSettings(ExporterSettings):
    """The MongoDB exporter, of one server."""

    address: Address = Field(description="The server's `host:port`.")
    user: Text | None = Field(None, description="The user that it logs in as; it needs the role `clusterMonitor`.")
    password: SecretText | None = Field(None, description="The user's password.")
    auth_source: Text = Field("admin", description="The database that authenticates the user.")

    @model_validator(mode="after")
    def _both_or_none(self) -> MongodbSettings:
        if (self.user is None) != (self.password is None):
            raise wrong("a login needs `user` and `password`", "Add the other one, or remove this one.")
        return self


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    settings: MongodbSettings = exporter.settings
    login = f"?authSource={quote(settings.auth_source, safe='')}" if settings.user else ""
    return (
        place.web,
        f"--mongodb.uri=mongodb://{place.reach(settings.address)}/{login}",
        "--collector.diagnosticdata",
        "--collector.replicasetstatus",
    )


def _environment(exporter: Exporter, place: Place) -> dict[str, str]:
    if exporter.settings.user is None:
        return {}
    return {
        "MONGODB_USER_FILE": place.secret(exporter.name, "user"),
        "MONGODB_PASSWORD_FILE": place.secret(exporter.name, "password"),
    }


def _secrets(exporter: Exporter, _: Facts) -> dict[str, str]:
    settings: MongodbSettings = exporter.settings
    return (
        {"user": settings.user, "password": settings.password.reveal()} if settings.user and settings.password else {}
    )


def _asks(settings: MongodbSettings) -> list[str]:
    return [settings.address]


def _simulated(_: Stack) -> list[Metric]:
    kinds = ["insert", "query", "update", "delete", "command"]
    return [
        gauge("mongodb_up"),
        gauge("mongodb_ss_uptime"),
        gauge("mongodb_ss_connections", (400.0, 400.0), conn_type=["current", "available"]),
        counter("mongodb_ss_opcounters", (2.0, 400.0), legacy_op_type=kinds),
        gauge("mongodb_ss_mem_resident", (200.0, 3800.0)),
        gauge("mongodb_ss_wt_cache_bytes_currently_in_the_cache", (0.1 * GIB, 0.99 * GIB)),
        gauge("mongodb_ss_wt_cache_maximum_bytes_configured", (GIB, GIB)),
        counter("mongodb_ss_network_bytesIn", (1e3, 1e6)),
        counter("mongodb_ss_network_bytesOut", (1e4, 1e7)),
        gauge("mongodb_rs_members_health", (1.0, 1.0), set=["rs0"], name=["one:27017", "two:27017"]),
    ]


def _adopted(started: Started) -> dict[str, str] | None:
    uri = next(iter(started.given("mongodb.uri", "MONGODB_URI")), "")
    simple = re.fullmatch(r"mongodb://(?:(?P<user>[^:@/]+):(?P<password>[^@/]+)@)?(?P<address>[^@/,?]+)/?", uri)
    if not simple:
        return None
    login = {"user": simple["user"], "password": simple["password"]} if simple["user"] else {}
    return {"address": simple["address"] if ":" in simple["address"] else f"{simple['address']}:27017", **login}


COMPONENT = Component(
    name="mongodb",
    rank=14,
    settings=MongodbSettings,
    summary="The MongoDB exporter.",
    image="percona/mongodb_exporter:0.55.0",
    other_images=("percona-mongodb-exporter",),
    # The first that is known to read its login from files.
    minimum=(0, 53),
    port=9216,
    # Nothing is known of a wget in its image.
    container=Container(service="mongodb-exporter", has_wget=False, joins_networks=True),
    release=Release(
        project="mongodb_exporter",
        programs=(Program("mongodb_exporter"),),
        minimum="0.53",
        archive=Archive(home="https://github.com/percona", sums=("mongodb_exporter_{version}_checksums.txt",)),
        homepage="https://github.com/percona/mongodb_exporter/releases",
    ),
    series=("mongodb_",),
    works=Works("mongodb_up", "== 1"),
    arguments=_arguments,
    environment=_environment,
    secrets=_secrets,
    asks=_asks,
    adopted=_adopted,
    own_variables=("MONGODB_URI",),
    own_options=("web.", "mongodb.uri", "collector.diagnosticdata", "collector.replicasetstatus"),
    simulated=_simulated,
)

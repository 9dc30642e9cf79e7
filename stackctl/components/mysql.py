"""The MySQL exporter, for MariaDB too. The series are those of mysqld_exporter 0.14, tried on MariaDB 10.11."""

from __future__ import annotations

import re

from pydantic import Field, model_validator

from stackctl.addresses import reachable_url
from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import Address, SecretText, Text, wrong
from stackctl.model import Exporter, Metric, Stack
from stackctl.runtimes.facts import Facts

_FILE = "my.cnf"
# Between these the exporter reads a value as it is: `#` and `;` would begin a comment, quotes would be taken away.
_QUOTE = '"""'


class MysqlSettings(ExporterSettings):
    """The MySQL exporter, for MariaDB too."""

    address: Address = Field(description="The server's `host:port`.")
    user: Text = Field("exporter", description="The user that it logs in as.")
    password: SecretText | None = Field(None, description="The user's password, when it has one.")

    @model_validator(mode="after")
    def _can_be_quoted(self) -> MysqlSettings:
        values = (self.user, self.password.reveal() if self.password else "")
        if any(_QUOTE in value or "\n" in value or value.endswith('"') for value in values):
            message = 'the MySQL exporter cannot use a user or a password with a line break, `"""`, or a `"` at the end'
            raise wrong(message, "Change it.")
        return self


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    return (place.web, f"--config.my-cnf={place.secret(exporter.name, _FILE)}")


def _secrets(exporter: Exporter, runtime: Facts) -> dict[str, str]:
    settings: MysqlSettings = exporter.settings
    host, _, port = reachable_url(settings.address, runtime).rpartition(":")
    password = settings.password.reveal() if settings.password else ""
    lines = [
        "[client]",
        f"host={host.strip('[]')}",
        f"port={port}",
        f"user={_QUOTE}{settings.user}{_QUOTE}",
        f"password={_QUOTE}{password}{_QUOTE}",
    ]
    return {_FILE: "\n".join(lines) + "\n"}


def _asks(settings: MysqlSettings) -> list[str]:
    return [settings.address]


def _simulated(_: Stack) -> list[Metric]:
    return [
        gauge("mysql_up"),
        gauge("mysql_global_status_uptime"),
        gauge("mysql_global_status_threads_connected", (5.0, 148.0)),
        gauge("mysql_global_status_threads_running", (1.0, 40.0)),
        gauge("mysql_global_variables_max_connections", (151.0, 151.0)),
        gauge("mysql_global_variables_innodb_buffer_pool_size", (GIB / 8, GIB / 8)),
        counter("mysql_global_status_queries", (10.0, 2000.0)),
        counter("mysql_global_status_slow_queries", (0.0, 20.0)),
        counter("mysql_global_status_commands_total", (2.0, 400.0), command=["select", "insert", "update", "delete"]),
        counter("mysql_global_status_connection_errors_total", (0.0, 0.0), error=["max_connections"]),
        counter("mysql_global_status_innodb_buffer_pool_read_requests", (1e3, 1e5)),
        counter("mysql_global_status_innodb_buffer_pool_reads", (0.1, 900.0)),
        counter("mysql_global_status_bytes_received", (1e3, 1e6)),
        counter("mysql_global_status_bytes_sent", (1e4, 1e7)),
    ]


# As Go's driver writes it.
_DATA_SOURCE = re.compile(r"(?P<user>[^:@]+):(?P<password>.*)@(?:tcp)?\((?P<address>[^()]+)\)/.*")


def _adopted(started: Started) -> dict[str, str] | None:
    variables = started.environment
    whole = _DATA_SOURCE.fullmatch(variables.get("DATA_SOURCE_NAME", ""))
    if whole:
        found = {"user": whole["user"], "address": whole["address"], "password": whole["password"]}
    else:
        found = {
            "user": next(iter(started.given("mysqld.username")), ""),
            "address": next(iter(started.given("mysqld.address")), ""),
            "password": variables.get("MYSQLD_EXPORTER_PASSWORD", ""),
        }
    return found if all(found.values()) else None


COMPONENT = Component(
    name="mysql",
    rank=13,
    settings=MysqlSettings,
    summary="The MySQL exporter, for MariaDB too.",
    image="prom/mysqld-exporter:v0.20.0",
    other_images=("mysql-exporter",),
    port=9104,
    own_page="mysqld_exporter_build_info",
    container=Container(service="mysql-exporter", joins_networks=True),
    release=Release(
        project="mysqld_exporter",
        programs=(Program("mysqld_exporter", ("prometheus-mysqld-exporter",)),),
        packages=("prometheus-mysqld-exporter",),
    ),
    series=("mysql_",),
    works=Works("mysql_up", "== 1"),
    arguments=_arguments,
    secrets=_secrets,
    asks=_asks,
    adopted=_adopted,
    own_variables=("DATA_SOURCE_NAME", "MYSQLD_EXPORTER_PASSWORD"),
    own_options=("web.", "mysqld.", "config.my-cnf"),
    simulated=_simulated,
)

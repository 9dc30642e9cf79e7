"""The PostgreSQL exporter. The series are those of postgres_exporter 0.18."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema

from stackctl.addresses import reachable_url
from stackctl.components.component import Component, Container, Place, Started, Works
from stackctl.components.release import Program, Release
from stackctl.components.series import GIB, counter, gauge
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import kind, wrong
from stackctl.model import Exporter, Metric, Stack
from stackctl.runtimes.facts import Facts
from stackctl.source import Secret

_DATABASE_PORT = 5432


def _database(value: Any) -> Secret:
    """The URL of one database. As it may hold a password, no message repeats it."""
    if not isinstance(value, str):
        raise wrong(f"expected text, got {kind(value)}")
    text = str(value)
    write = (
        "Write `postgresql://user:password@host:5432/name`, with special characters in the password encoded, like "
        "`%40` for `@`."
    )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise wrong(f"not the URL of a PostgreSQL database: {_reason(error)}", write) from None
    if "://" in parts.path or "," in parts.netloc.rpartition("@")[2]:
        raise wrong("the PostgreSQL exporter queries one server, but several are given", "Name one of them.")
    if parts.scheme not in ("postgres", "postgresql") or not parts.hostname or not parts.username or port == 0:
        raise wrong("not the URL of a PostgreSQL database", write)
    if re.search(r"[\s'\\]", unquote(parts.password or "")):
        # Seen on version 0.19: it takes its connection string apart at spaces and quotes ("malformed dsn").
        raise wrong("the PostgreSQL exporter cannot use a password with spaces, quotes or backslashes", "Change it.")
    return Secret(text)


def _reason(error: ValueError) -> str:
    """Python's reason, without what it repeats of a text that may be secret."""
    known = ("Port out of range 0-65535", "Invalid IPv6 URL")
    return next(
        (reason[0].lower() + reason[1:] for reason in known if reason in str(error)), "its port is not a number"
    )


DatabaseUrl = Annotated[Secret, BeforeValidator(_database), WithJsonSchema({"type": "string", "format": "uri"})]


class PostgresSettings(ExporterSettings):
    """The PostgreSQL exporter."""

    dsn: DatabaseUrl = Field(description="The database: `postgresql://user:password@host:5432/name?sslmode=disable`.")


def _environment(exporter: Exporter, place: Place) -> dict[str, str]:
    return {
        "DATA_SOURCE_URI_FILE": place.secret(exporter.name, "uri"),
        "DATA_SOURCE_USER_FILE": place.secret(exporter.name, "user"),
        "DATA_SOURCE_PASS_FILE": place.secret(exporter.name, "password"),
    }


def _secrets(exporter: Exporter, runtime: Facts) -> dict[str, str]:
    url = urlsplit(exporter.settings.dsn.reveal())
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return {"uri": _uri(url, runtime), "user": user, "password": password}


def _uri(url: SplitResult, runtime: Facts) -> str:
    """The rest of a database's URL, without scheme, user and password: what the exporter calls the URI."""
    return f"{reachable_url(_address(url), runtime)}{url.path}{'?' + url.query if url.query else ''}"


def _address(url: SplitResult) -> str:
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{host}:{url.port or _DATABASE_PORT}"


def _asks(settings: PostgresSettings) -> list[str]:
    return [_address(urlsplit(settings.dsn.reveal()))]


def _simulated(_: Stack) -> list[Metric]:
    of = {"datname": ["postgres", "app"], "datid": ["16384"]}
    return [
        gauge("pg_up"),
        gauge("pg_settings_max_connections", (100.0, 100.0)),
        gauge("pg_database_size_bytes", (2.0 * GIB, 2.5 * GIB), datname=of["datname"]),
        gauge("pg_stat_database_numbackends", (2.0, 60.0), **of),
        gauge("pg_stat_activity_count", (1.0, 20.0), datname=of["datname"], state=["active", "idle"]),
        counter("pg_stat_database_xact_commit", (5.0, 500.0), **of),
        counter("pg_stat_database_xact_rollback", (0.0, 5.0), **of),
        counter("pg_stat_database_blks_hit", (500.0, 50_000.0), **of),
        counter("pg_stat_database_blks_read", (5.0, 500.0), **of),
        counter("pg_stat_database_tup_fetched", (50.0, 5000.0), **of),
        counter("pg_stat_database_tup_inserted", (5.0, 500.0), **of),
        counter("pg_stat_database_deadlocks", (0.0, 0.01), **of),
        gauge("pg_stat_activity_max_tx_duration", (0.0, 1000.0), datname=of["datname"], state=["active", "idle"]),
        gauge("pg_replication_is_replica", (0.0, 0.0)),
        gauge("pg_replication_lag_seconds", (0.0, 0.0)),
    ]


def _adopted(started: Started) -> dict[str, str] | None:
    variables = started.environment
    whole = variables.get("DATA_SOURCE_NAME", "")
    if whole.startswith(("postgresql://", "postgres://")):
        return {"dsn": whole}
    login = [variables.get(f"DATA_SOURCE_{part}", "") for part in ("USER", "PASS", "URI")]
    return {"dsn": "postgresql://{}:{}@{}".format(*login)} if all(login) else None


COMPONENT = Component(
    name="postgres",
    rank=7,
    settings=PostgresSettings,
    summary="The PostgreSQL exporter.",
    image="prometheuscommunity/postgres-exporter:v0.20.1",
    other_images=("postgresql-exporter",),
    port=9187,
    own_page="postgres_exporter_build_info",
    container=Container(service="postgres-exporter", joins_networks=True),
    release=Release(
        project="postgres_exporter",
        programs=(Program("postgres_exporter", ("prometheus-postgres-exporter",)),),
        packages=("prometheus-postgres-exporter",),
        archive=None,
    ),
    series=("pg_", "postgres_"),
    works=Works("pg_up", "== 1"),
    environment=_environment,
    secrets=_secrets,
    asks=_asks,
    adopted=_adopted,
    own_variables=("DATA_SOURCE_",),
    simulated=_simulated,
)

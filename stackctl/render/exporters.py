"""What the exporters of other servers are told: where their server is, and its password by a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from stackctl import conventions as c
from stackctl.model import Exporter
from stackctl.render.secrets import SecretFiles
from stackctl.scrape import reachable_url
from stackctl.source import Secret
from stackctl.tree import File

_POSTGRES_PORT = 5432


def exporter_files(exporter: Exporter, runtime: str) -> dict[str, File]:
    """The secret files of an exporter; none for most."""
    secrets = SecretFiles(exporter.name)
    for name, content in _secrets(exporter, runtime).items():
        secrets.add(name, content)
    return secrets.files


def exporter_arguments(exporter: Exporter, runtime: str, tree: str) -> tuple[str, ...]:
    """The flags that name the server. `tree` is where the tree lies."""
    if exporter.name == c.REDIS:
        password = (f"--redis.password-file={tree}/{_path(exporter, 'passwords')}",) if exporter.password else ()
        return (f"--redis.addr={_redis_url(exporter, runtime)}", *password)
    if exporter.name == c.KAFKA:
        return tuple(f"--kafka.server={reachable_url(str(broker), runtime)}" for broker in exporter.server)
    if exporter.name == c.NGINX:
        return (f"--nginx.scrape-uri={reachable_url(str(exporter.server[0]), runtime)}",)
    if exporter.name == c.MEMCACHED:
        return (f"--memcached.address={reachable_url(str(exporter.server[0]), runtime)}",)
    return ()


def exporter_environment(exporter: Exporter, tree: str) -> Mapping[str, str]:
    """The environment that names the server."""
    if exporter.name != c.POSTGRES:
        return {}
    return {
        "DATA_SOURCE_URI_FILE": f"{tree}/{_path(exporter, 'uri')}",
        "DATA_SOURCE_USER_FILE": f"{tree}/{_path(exporter, 'user')}",
        "DATA_SOURCE_PASS_FILE": f"{tree}/{_path(exporter, 'password')}",
    }


def _secrets(exporter: Exporter, runtime: str) -> dict[str, str]:
    if exporter.name == c.REDIS and exporter.password:
        # The exporter's own format: the password of each address that it may be asked for.
        return {"passwords": json.dumps({_redis_url(exporter, runtime): exporter.password.reveal()})}
    (server, *_) = exporter.server or ("",)
    if isinstance(server, Secret):
        url = urlsplit(server.reveal())
        user, password = unquote(url.username or ""), unquote(url.password or "")
        return {"uri": _postgres_uri(url, runtime), "user": user, "password": password}
    return {}


def _postgres_uri(url: SplitResult, runtime: str) -> str:
    """The rest of a database's URL, without scheme, user and password: what the exporter calls the URI."""
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    address = reachable_url(f"{host}:{url.port or _POSTGRES_PORT}", runtime)
    return f"{address}{url.path}{'?' + url.query if url.query else ''}"


def _redis_url(exporter: Exporter, runtime: str) -> str:
    return f"redis://{reachable_url(str(exporter.server[0]), runtime)}"


def _path(exporter: Exporter, name: str) -> str:
    return f"{c.SECRETS_DIR}/{exporter.name}/{name}"

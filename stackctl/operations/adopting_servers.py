"""The set-up of servers that run, as Prometheus, Alertmanager and Grafana report it. Nothing is changed there."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl import redaction
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.errors import InputError, Unavailable
from stackctl.operations.given_servers import Trust, as_declared, given_servers

if TYPE_CHECKING:
    from pydantic import BaseModel

    from stackctl.access import Access
    from stackctl.adopt import Setup
    from stackctl.adopt.setup import LoadedGrafana, Server
    from stackctl.adopt.source import Source

_INTERVAL = "1m"


def loaded_setup(urls: Sequence[str], folder: Path, environ: Mapping[str, str] = os.environ) -> Setup:
    """Return what the servers at `urls` have loaded, as the set-up of `folder`, where its files are not written yet.

    Raises InputError for URLs that cannot be used, or two of one kind; Unavailable for a server of another kind.
    """
    from stackctl.adopt.setup import Setup, at_home
    from stackctl.manifest.problems import Problems
    from stackctl.manifest.variables import read_variables

    found: dict[str, Access] = {}
    for url in urls:
        kind, access = _recognized(url, environ)
        if kind in found:
            raise InputError.of("usage.conflict", f"two servers are a {kind}", remedy="Name one server of each kind.")
        found[kind] = access
    problems = Problems()
    variables = read_variables(folder, environ, problems, Problems())
    if variables is None:
        raise InputError(*problems)
    contents: dict[str, bytes] = {}
    prometheus = _prometheus(found[c.PROMETHEUS], contents) if c.PROMETHEUS in found else None
    alertmanager = _alertmanager(found[c.ALERTMANAGER]) if c.ALERTMANAGER in found else None
    grafana = _grafana(found[c.GRAFANA], contents) if c.GRAFANA in found else None
    own = {kind: {*at_home(kind), *_places(access.url)} for kind, access in found.items()}
    declared = {kind: as_declared(kind, access, environ) for kind, access in found.items()}
    return Setup(folder, None, (), prometheus, alertmanager, variables, contents, grafana, own, external=declared)


def _places(url: str) -> frozenset[str]:
    """The addresses of a server at a URL, its own machine's among them."""
    from stackctl.adopt.setup import at_home

    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return at_home("", port) | {f"{parts.hostname}:{port}"}


def _recognized(url: str, environ: Mapping[str, str]) -> tuple[str, Access]:
    """The kind of the server at a URL, and how it is asked: the first whose API it serves."""
    _refuse_password(url)
    refused: list[NoAnswer] = []
    wrong = set()  # a login that was refused is not tried again
    for kind, path, key in _KINDS:
        access = given_servers({kind: url}, Trust(), environ)[kind]
        if access.login in wrong:
            continue
        try:
            answer = Http(access).json(path, lambda answer: answer if isinstance(answer, dict) else {})
        except NoAnswer as error:
            if not error.status:
                raise  # nobody is there, whatever is asked
            refused.append(error)
            if error.status in (401, 403) and access.login:
                wrong.add(access.login)
            continue
        if key in answer:
            return kind, access
    reasons = dict.fromkeys(error.summary for error in refused if error.status not in (404, 405)) or ["it is another"]
    raise Unavailable.of(
        "server.no-answer",
        "this is no Prometheus, Alertmanager or Grafana that can be read",
        cause="\n".join(reasons),
        remedy=f"Name the base of its URLs, with its path prefix. {_LOGINS}",
    )


_LOGINS = (
    "Logins come from STACKCTL_PROMETHEUS_USER and STACKCTL_PROMETHEUS_PASSWORD, or STACKCTL_PROMETHEUS_TOKEN, and so "
    "for ALERTMANAGER and GRAFANA; with _FILE behind it, a variable names the file that holds the secret."
)


def _refuse_password(url: str) -> None:
    """Raise InputError for a URL with a password in it. Which server it is of is not known yet."""
    with suppress(ValueError):
        if urlsplit(url).password:
            summary = f"{redaction.as_address(url)}: other users of this machine can read a password in a URL"
            raise InputError.of("usage.option", summary, remedy=f"Leave it out here. {_LOGINS}")


# The kinds of servers -> what only they serve, and a key of the answer.
_KINDS = (
    (c.ALERTMANAGER, "/api/v2/status", "versionInfo"),
    (c.PROMETHEUS, "/api/v1/status/config", "data"),
    (c.GRAFANA, "/api/health", "database"),
)


def _prometheus(access: Access, contents: dict[str, bytes]) -> Server:
    """Return what a Prometheus has loaded, and add the files of its rules to `contents`."""
    from dataclasses import replace

    from stackctl.adopt.loaded import as_written, rule_files
    from stackctl.adopt.setup import Server
    from stackctl.adopt.shape import PrometheusFile

    client = Prometheus(Http(access))
    discovered: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for target in client.targets():
        discovered[target.job].append(target.discovered)
    for dropped in client.dropped():
        discovered[dropped.job].append(dropped.labels)
    source = _source(access, client.config(), PrometheusFile)
    config = as_written(source.data, discovered)
    files = rule_files(client.rules(), str(config["global"].get("evaluation_interval") or _INTERVAL))
    contents |= files
    config["rule_files"] = list(files)
    return Server(replace(source, data=config))


def _alertmanager(access: Access) -> Server:
    from dataclasses import replace

    from stackctl.adopt.loaded import alertmanager_as_written
    from stackctl.adopt.setup import Server
    from stackctl.adopt.shape import AlertmanagerFile

    source = _source(access, Alertmanager(Http(access)).config(), AlertmanagerFile)
    return Server(replace(source, data=alertmanager_as_written(source.data)))


def _grafana(access: Access, contents: dict[str, bytes]) -> LoadedGrafana:
    """The datasources of a Grafana; its dashboards are added to `contents`."""
    from stackctl.adopt.setup import LoadedGrafana

    client = Grafana(Http(access))
    dashboards = []
    for dashboard in client.dashboards():
        path = f"dashboards/{_file_name(dashboard.title, dashboard.uid, contents)}.json"
        contents[path] = (client.dashboard_text(dashboard.uid) + "\n").encode()
        dashboards.append({"file": path, **({"folder": dashboard.folder} if dashboard.folder else {})})
    datasources = [
        {
            "name": each.name,
            "type": each.plugin,
            "uid": each.uid,
            **({"url": each.url} if each.url else {}),
            **({"jsonData": each.settings} if each.settings and each.plugin == c.PROMETHEUS else {}),
        }
        for each in sorted(client.datasources(), key=lambda each: not each.is_default)
    ]
    return LoadedGrafana(tuple(dashboards), tuple(datasources), access.url)


def _file_name(title: str, uid: str, taken: Mapping[str, Any]) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or uid
    return name if f"dashboards/{name}.json" not in taken else f"{name}-{uid}"


def _source(access: Access, text: str, shape: type[BaseModel]) -> Source:
    """The configuration that a server reports. Raises InputError for one of another shape."""
    from stackctl.adopt.shape import is_shaped
    from stackctl.adopt.source import source_of
    from stackctl.manifest.problems import Problems

    problems = Problems()
    source = source_of(text, access.url, problems)
    if source is None or not is_shaped(source, shape, problems):
        raise InputError(*problems)
    return source

"""`runtime: external`: the servers that somebody else runs, and what a manifest cannot say of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.external_schema import ExternalLoginModel, ExternalModel, ExternalServerModel
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.manifest.tls import read_pem
from stackctl.model import External, Login
from stackctl.source import Secret

if TYPE_CHECKING:
    from stackctl.manifest.schema import Manifest

KEY = "external"
SERVERS = (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA)
# What the sections of the servers may say of servers that somebody else runs: what these have to load.
_LOADED = {
    c.ALERTMANAGER: frozenset({"receivers", "route", "routing"}),
    c.GRAFANA: frozenset({"datasource"}),
}
# Sections and keys about what runs.
_RUN = (c.PROMETHEUS, c.PUSHGATEWAY, "exporters", "containers", "networks")
_RUN_OF_SERVICE = ("run", "profiles", "push")
_SOMEBODY = "Remove it: somebody else runs these servers."


# -- contradictions -------------------------------------------------------------------------------------------


def contradictions(manifest: Manifest) -> Iterator[tuple[Place, str, str]]:
    """Yield what a manifest says of servers that somebody else runs and cannot hold: the place, a message, a remedy."""
    if (manifest.runtime == KEY) != (manifest.external is not None):
        yield _half(manifest)
        return
    if manifest.external is None:
        return
    for key in _RUN:
        if key in manifest.model_fields_set:
            remedy = "Remove it, or make each exporter that is scraped there a service with `targets`."
            if key == c.PROMETHEUS:
                remedy = f"{_SOMEBODY} Write `scrape_interval` at each service that needs its own."
            yield (key,), "the manifest has `runtime: external`, so stackctl does not run it", remedy
    for key, allowed in _LOADED.items():
        section = getattr(manifest, key)
        for name in sorted(section.model_fields_set - allowed) if section else ():
            message = "the manifest has `runtime: external`, so this setting has no effect"
            yield (key, _alias(section, name)), message, _SOMEBODY
    for name, service in manifest.services.items():
        for key in _RUN_OF_SERVICE:
            if key in service.model_fields_set:
                yield (
                    ("services", name, key),
                    "the manifest has `runtime: external`, so stackctl runs nothing",
                    "Remove it, and give `targets` or `discovery` of what Prometheus scrapes.",
                )
    yield from _without_server(manifest, manifest.external)


def _half(manifest: Manifest) -> tuple[Place, str, str]:
    if manifest.external is None:
        remedy = "Add `external: {prometheus: http://prometheus.example.com:9090}`."
        return ("runtime",), f"the addresses of the servers are missing: there is no `{KEY}`", remedy
    return (KEY,), "servers of somebody else need the key `runtime`", "Add `runtime: external`, or remove this."


def _without_server(manifest: Manifest, external: ExternalModel) -> Iterator[tuple[Place, str, str]]:
    """Yield the sections whose server is not named, so that nothing could prove what they declare."""
    sections = {c.ALERTMANAGER: c.ALERTMANAGER, c.GRAFANA: c.GRAFANA}
    if manifest.grafana is None:
        sections["dashboards"] = c.GRAFANA
    for section, server in sections.items():
        if getattr(manifest, section) and getattr(external, server) is None:
            message = f"there is no server for it: `{KEY}` has no `{server}`"
            yield (section,), message, f"Add its URL as `{server}` of `{KEY}`, or remove this."


def _alias(section: Any, name: str) -> str:
    return type(section).model_fields[name].alias or name


# -- the model ------------------------------------------------------------------------------------------------


def external_servers(
    document: Document, model: ExternalModel | None, root: Path, problems: Problems
) -> tuple[External, ...]:
    """Return the servers, with what their files hold; what is wrong with those is added to `problems`.

    `root` is the folder where paths begin.
    """
    if model is None:
        return ()
    named = [(name, server) for name in SERVERS if (server := getattr(model, name)) is not None]
    return tuple(_server(document, name, server, root, problems) for name, server in named)


def _server(document: Document, name: str, model: ExternalServerModel, root: Path, problems: Problems) -> External:
    place = (KEY, name)

    def pem(key: str) -> str:
        path = getattr(model, key)
        return (read_pem(path, document.position((*place, key)), root, problems) or "") if path else ""

    has_pair = bool(pem("cert_file") and pem("key_file"))
    token = _read(document, model.token_file, (*place, "token_file"), root, problems)
    return External(
        name,
        model.url,
        document.position(place, key=True),
        _login(document, model.basic_auth, (*place, "basic_auth"), root, problems),
        model.token or token,
        pem("ca_file"),
        (str(root / str(model.cert_file)), str(root / str(model.key_file))) if has_pair else None,
    )


def _login(
    document: Document, model: ExternalLoginModel | None, place: Place, root: Path, problems: Problems
) -> Login | None:
    if model is None:
        return None
    password = model.password or _read(document, model.password_file, (*place, "password_file"), root, problems)
    return Login(model.username, password) if password else None


def _read(document: Document, path: str | None, place: Place, root: Path, problems: Problems) -> Secret | None:
    """Return the secret that a file holds, without the spaces around it."""
    if path is None:
        return None
    text = read_named(root, path, document.position(place), problems, secret=True)
    return Secret(text.strip()) if text is not None else None

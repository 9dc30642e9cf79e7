"""Provisioning of Grafana in its pod: the datasources, and the dashboards from their ConfigMaps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.errors import InputError
from stackctl.export.kubernetes.dashboard import key_of, map_names
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import FACTS
from stackctl.export.kubernetes.thanos import query_url
from stackctl.model import Grafana, Stack
from stackctl.render.grafana import (
    alerting_files,
    datasources,
    empty_folders,
    folder_name,
    providers,
    secret_settings_files,
)
from stackctl.render.text import yaml_bytes

# Keys of the Secret and the ConfigMap, and where their content is below the folder of Grafana's files.
_DATASOURCES, _DATASOURCES_PATH = "datasources.yml", "provisioning/datasources/prometheus.yml"
_PROVIDERS, _PROVIDERS_PATH = "dashboards.yml", "provisioning/dashboards/stackctl.yml"
_EMPTY = "empty"
# The Service that the operator makes.
_PROMETHEUS = "prometheus-operated"


def provisioning(stack: Stack) -> dict[str, str]:
    """Key of the ConfigMap -> content."""
    return {_PROVIDERS: yaml_bytes(providers(stack), stack.origin.file).decode(), _EMPTY: ""}


def datasources_file(stack: Stack) -> dict[str, str]:
    """Key of the Secret -> the provisioning of datasources and of alerting, which may hold logins."""
    if stack.grafana is None:
        return {}
    # The operator's Prometheus asks for no login, and speaks HTTP.
    prometheus, grafana = replace(stack.prometheus, login=None, tls=None), stack.grafana
    if stack.thanos:
        prometheus = replace(prometheus, image=stack.thanos.image)
        grafana = replace(grafana, settings={"prometheusType": "Thanos", **grafana.settings})
    content = datasources(replace(stack, prometheus=prometheus), grafana, FACTS)
    content["datasources"][0]["url"] = datasource_url(stack)
    alerting = {_key(path): file.content.decode() for path, file in alerting_files(stack.grafana).items()}
    return {_DATASOURCES: yaml_bytes(content, stack.origin.file).decode(), **alerting}


def datasource_url(stack: Stack) -> str:
    """The URL at which Grafana's pod asks the stack's Prometheus, or the one view of all of its replicas."""
    return query_url(stack) if stack.thanos else f"http://{_PROMETHEUS}:{registry.of(stack.prometheus).port}"


def _key(path: str) -> str:
    """The key of the Secret with a file of alerting."""
    return f"alerting-{path.rpartition('/')[2]}"


# The name under which the Secret of Grafana has the password of its administrator.
PASSWORD_KEY = c.GRAFANA_PASSWORD_FILE.rpartition("/")[2]


def secret_files(objects: Objects, grafana: Grafana) -> dict[str, str]:
    """Name -> content of the secret files that its variables name.

    Raises InputError where the manifest has no password of the administrator and none was made.
    """
    password = grafana.admin_password or objects.cluster.grafana_password
    if password is None:
        raise InputError.of(
            "export.not-accepted",
            "grafana: there is no password of the administrator",
            remedy="Set `grafana.admin.password`.",
            position=grafana.origin,
        )
    return {**secret_settings_files(grafana), PASSWORD_KEY: password.reveal()}


def volume(objects: Objects, name: str) -> dict[str, Any]:
    """The volume with all that Grafana reads: of its Secret and ConfigMap `name`, and of those of the dashboards."""
    stack = objects.stack
    names = map_names(stack)
    keep = [{"key": _EMPTY, "path": path.removeprefix("grafana/")} for path in empty_folders()]
    dashboards = [
        _source("configMap", names[each.uid], [_item(key_of(names[each.uid]), _dashboard_path(each.folder, each.uid))])
        for each in stack.dashboards
    ]
    provided = _source("configMap", name, [_item(_PROVIDERS, _PROVIDERS_PATH), *keep])
    alerting = [
        _item(_key(path), path.removeprefix("grafana/"))
        for path in (alerting_files(stack.grafana) if stack.grafana else ())
    ]
    sources = [_source("secret", name, [_item(_DATASOURCES, _DATASOURCES_PATH), *alerting]), provided, *dashboards]
    return {"projected": {"sources": sources}}


def _dashboard_path(folder: str, uid: str) -> str:
    return f"dashboards/{folder_name(folder)}/{uid}.json"


def _item(key: str, path: str) -> dict[str, str]:
    return {"key": key, "path": path}


def _source(kind: str, name: str, items: list[dict[str, str]]) -> dict[str, Any]:
    return {kind: {"name": name, "items": items}}

"""ConfigMap of a dashboard, with the label that Grafana's sidecar looks for."""

from __future__ import annotations

import json
from typing import Any

from stackctl.export.kubernetes.names import dns_names
from stackctl.export.kubernetes.objects import Objects
from stackctl.model import Dashboard, Stack
from stackctl.render.grafana import dashboard_json
from stackctl.render.scope import scope_of

# What the sidecar looks for, by its own defaults.
_LABEL = {"grafana_dashboard": "1"}
_PREFIX = "dashboard-"
_FOLDER_ANNOTATION = "grafana_folder"


def map_names(stack: Stack) -> dict[str, str]:
    """The name of the ConfigMap of each dashboard, by its uid."""
    names = dns_names(dashboard.uid for dashboard in stack.dashboards)
    return {uid: f"{_PREFIX}{name}" for uid, name in names.items()}


def key_of(name: str) -> str:
    """The key of the dashboard in the ConfigMap `name`."""
    return f"{name.removeprefix(_PREFIX)}.json"


def dashboard_map(objects: Objects, dashboard: Dashboard, name: str) -> dict[str, Any]:
    """The ConfigMap with a dashboard's JSON."""
    annotations = {_FOLDER_ANNOTATION: dashboard.folder} if dashboard.folder else {}
    text = json.dumps(dashboard_json(dashboard, scope_of(objects.stack)), indent=2, ensure_ascii=False)
    head = objects.head("v1", "ConfigMap", name, _LABEL, annotations)
    return {**head, "data": {key_of(name): text}}

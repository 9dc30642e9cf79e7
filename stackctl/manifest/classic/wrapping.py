"""Forms in which a dashboard comes: alone, in an answer of Grafana's API, or as a resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.json_file import JsonFile, Path
from stackctl.manifest.problems import Problems

_CLASSIC = (
    "Choose the model `Classic` in Grafana's Export, or use its API, which converts it: "
    "`curl -u USER GRAFANA/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/UID > FILE`."
)
_V2 = (
    "Grafana loads it from a file only since version 13, as a whole resource; stackctl reads the queries of the "
    "classic model."
)


def unwrapped(file: JsonFile, problems: Problems) -> tuple[Mapping[str, Any], Path, str] | None:
    """Return the classic model in `file`, the path to it, and its uid ("" where it has none).

    None if there is none, with the reason added to `problems`.
    """
    definition: Any = file.value
    path: Path = ()
    uid = ""
    while isinstance(definition, Mapping):
        if _is_v2(definition):
            place = file.position((*path, "apiVersion" if "apiVersion" in definition else "elements"))
            summary = "this dashboard is of schema version 2, not Grafana's classic JSON"
            problems.add(Diagnostic("dashboard.schema-version", summary, place, _V2, _CLASSIC))
            return None
        if isinstance(definition.get("dashboard"), Mapping):
            definition, path = definition["dashboard"], (*path, "dashboard")
        elif "apiVersion" in definition and isinstance(definition.get("spec"), Mapping):
            metadata = definition.get("metadata")
            uid = str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
            definition, path = definition["spec"], (*path, "spec")
        else:
            return definition, path, str(definition.get("uid") or uid)
    problems.add(Diagnostic("dashboard.format", "not a dashboard: expected a JSON object", file.position(path)))
    return None


def _is_v2(definition: Mapping[str, Any]) -> bool:
    """Return whether this is schema version 2, as a resource or without the resource around it."""
    if {"elements", "layout"} <= definition.keys():
        return True
    version = str(definition.get("apiVersion") or "").rpartition("/")[2]
    spec = definition.get("spec")
    return version.startswith("v2") or (isinstance(spec, Mapping) and {"elements", "layout"} <= spec.keys())

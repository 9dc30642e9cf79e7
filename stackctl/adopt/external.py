"""A manifest for servers that somebody else goes on running: `runtime: external`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.manifest import Adopted
from stackctl.adopt.remarks import left_out

# Keys of a route that name times, which are in no section of such a manifest.
_TIMES = frozenset({"mute_time_intervals", "active_time_intervals"})
_KEPT = {c.ALERTMANAGER: ("receivers", "route", "routing"), c.GRAFANA: ("datasource",)}


def as_external(adopted: Adopted, servers: Mapping[str, Any]) -> Adopted:
    """Return what was adopted as a manifest that declares what `servers`, the section `external`, have to load."""
    sections, remarks = dict(adopted.manifest), list(adopted.remarks)
    extra = sections.pop(c.PROMETHEUS, {}).get("extra", {})
    for job in extra.get("scrape_configs", ()):
        why = "A service has no words for all of it, and `prometheus.extra` is not for servers of somebody else."
        remarks.append(left_out(f"the job `{job.get('job_name')}`", None, why))
    for name, keys in _KEPT.items():
        if name in sections:
            sections[name] = {key: _without_times(sections[name][key]) for key in keys if key in sections[name]}
    for name in _KEPT:
        if not sections.get(name):
            sections.pop(name, None)
    first = {"version": sections.pop("version"), "name": sections.pop("name"), "runtime": "external"}
    return replace(adopted, manifest={**first, "external": dict(servers), **sections}, remarks=tuple(remarks))


def _without_times(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_times(item) for key, item in value.items() if key not in _TIMES}
    return [_without_times(each) for each in value] if isinstance(value, list) else value

"""The reason why the Prometheus Operator makes no targets of an object: what it selects is not there. Pure.

The chain is: the Prometheus selects the object by its labels, the object selects Services or pods by theirs, a Service
selects pods, and a port is known by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl.cluster.objects import Thing

# Kind -> the field of the Prometheus by which it selects objects of that kind.
_SELECTORS = {
    "ServiceMonitor": "serviceMonitorSelector",
    "PodMonitor": "podMonitorSelector",
    "Probe": "probeSelector",
    "ScrapeConfig": "scrapeConfigSelector",
}


@dataclass(frozen=True)
class Namespace:
    """The objects of a stack's namespace: those that stackctl has made, by kind and name, and all Services and pods."""

    owned: Mapping[tuple[str, str], Thing]
    services: tuple[Mapping[str, Any], ...]
    pods: tuple[Mapping[str, Any], ...]


def break_of(thing: Thing, prometheus: str, found: Namespace) -> str:
    """Return where the way from a Prometheus to the targets of a declared object ends, "" where that is not known."""
    here = found.owned.get((thing.kind, thing.name))
    if here is None:
        return f"the {thing} is not in the cluster"
    server = found.owned.get(("Prometheus", prometheus))
    if server and (lacks := _lacks(server.content["spec"].get(_SELECTORS[thing.kind]) or {}, here.labels)):
        return f"the Prometheus `{prometheus}` selects by the label {lacks}, which the {thing} does not have"
    if thing.kind == "ServiceMonitor":
        return _of_services(here, found)
    if thing.kind == "PodMonitor":
        return _of_pods(here.content["spec"]["selector"], found.pods, f"the {thing}")
    return ""


def _of_services(monitor: Thing, found: Namespace) -> str:
    wanted = monitor.content["spec"]["selector"]
    services = [each for each in found.services if not _lacks(wanted, _labels(each))]
    if not services:
        return f"the {monitor} selects Services by the labels {_shown(wanted)}, and none has them"
    service = services[0]
    name = f"Service {service['metadata']['name']}"
    ports = {str(port.get("name")) for port in service["spec"].get("ports") or ()}
    asked = {str(each["port"]) for each in monitor.content["spec"]["endpoints"] if each.get("port")}
    if asked and not asked & ports:
        return (
            f"the {monitor} asks for the port `{min(asked)}`, and the {name} has {', '.join(sorted(ports)) or 'none'}"
        )
    selected = service["spec"].get("selector")
    return _of_pods({"matchLabels": selected}, found.pods, f"the {name}") if selected else ""


def _of_pods(wanted: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], name: str) -> str:
    if any(not _lacks(wanted, _labels(pod)) for pod in pods):
        return ""
    return f"{name} selects pods by the labels {_shown(wanted)}, and none has them"


def _lacks(wanted: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Return the first label of a selector that is not among `labels`, "" where it selects them."""
    for key, value in (wanted.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return f"`{key}: {value}`"
    return ""


def _shown(wanted: Mapping[str, Any]) -> str:
    return ", ".join(f"`{key}: {value}`" for key, value in (wanted.get("matchLabels") or {}).items())


def _labels(content: Mapping[str, Any]) -> Mapping[str, str]:
    return content["metadata"].get("labels") or {}


def way(thing: Thing, declared: Sequence[Thing]) -> tuple[Thing, ...]:
    """Return the declared objects on the way to the targets of a declared object, itself first."""
    if thing.kind != "ServiceMonitor":
        return (thing,)
    wanted = thing.content["spec"]["selector"]
    services = [each for each in declared if each.kind == "Service" and not _lacks(wanted, each.labels)]
    selected = [{"matchLabels": each.content["spec"].get("selector") or {"": ""}} for each in services]
    workloads = [
        each
        for each in declared
        if each.kind == "Deployment"
        and any(not _lacks(one, each.content["spec"]["template"]["metadata"].get("labels") or {}) for one in selected)
    ]
    return (thing, *services, *workloads)


def by_key(things: Iterable[Thing]) -> dict[tuple[str, str], Thing]:
    """Return objects by their kinds and names."""
    return {(each.kind, each.name): each for each in things}

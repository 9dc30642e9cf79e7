"""Review before an export: what no object can say, and what the operator does not accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.export.kubernetes import alertmanager, discovery, prometheus, scrapeconfig, servicemonitor
from stackctl.export.kubernetes.clients import FIELDS
from stackctl.export.kubernetes.objects import Cluster
from stackctl.export.kubernetes.rbac import lacks_rights
from stackctl.export.kubernetes.server_pod import is_of_nodes, own_servers, unexported
from stackctl.export.kubernetes.shapes import misshapen
from stackctl.export.kubernetes.targets import outside, pods
from stackctl.export.kubernetes.workload import without_field as without_field_of_container
from stackctl.export.kubernetes.workload import workloads
from stackctl.model import Prometheus, Service, Stack
from stackctl.source import Position

# What the operator's definitions take as the URL of a proxy.
_PROXY = re.compile(r"(http|https|socks5)://.+")
_RELABELLING = ("relabel_configs", "metric_relabel_configs")


def refused(stack: Stack, cluster: Cluster) -> list[Diagnostic]:
    """Report what cannot be exported without another meaning."""
    services = [problem for service in exported(stack) for problem in _refused(service)]
    return services if cluster.has_servers else [*services, *_refused_writes(stack.prometheus)]


def left_out(stack: Stack, cluster: Cluster) -> list[Diagnostic]:
    """Report what the manifest says and no object has a field for."""
    found = [(f"services.{each.name}", each.origin, [*_without_field(each)]) for each in exported(stack)]
    if not cluster.has_servers:
        found.append(("prometheus", stack.prometheus.origin, prometheus.without_field(stack.prometheus)))
        found += [(each.name, each.origin, unexported(each)) for each in own_servers(stack)]
        if stack.alertmanager:
            found.append(("alertmanager", stack.alertmanager.origin, alertmanager.without_field(stack.alertmanager)))
        found += [*_of_containers(stack, cluster)]
    return [
        Diagnostic(
            "export.left-out",
            f"{subject}: {', '.join(f'`{name}`' for name in names)} cannot be exported",
            origin,
            remedy="Set it in the cluster's own configuration if you need it there.",
            status="warn",
        )
        for subject, origin, names in found
        if names
    ]


def left_to_cluster(stack: Stack) -> list[str]:
    """The names of what runs in the stack and gets an object only where its own servers are exported."""
    run = [each.name for each in stack.services if each.run.docker or each.run.native]
    return [*(each.name for each in stack.components), *run, *(each.name for each in stack.containers)]


def of_nodes(stack: Stack) -> list[str]:
    """The names of the servers that read their node, which Pod Security allows in `privileged` namespaces only."""
    return [each.name for each in own_servers(stack) if is_of_nodes(each)]


def exported(stack: Stack) -> list[Service]:
    """The services that become objects: those that are scraped."""
    return [service for service in stack.services if service.push is None]


def _of_containers(stack: Stack, cluster: Cluster) -> Iterator[tuple[str, Position, list[str]]]:
    """Yield the parts of containers, of their networks and of rights that are in no object."""
    found = workloads(stack, cluster.variables)
    for each in found:
        yield each.place, each.origin, [*without_field_of_container(each, stack)]
    exported_names = {each.name for each in found}
    for service in stack.services:
        run = {"docker": service.run.docker, "native": service.run.native if not service.run.docker else None}
        names = [f"run.{name}" for name, value in run.items() if value and service.name not in exported_names]
        rights = ["discovery.kubernetes_sd_configs (its rights)"] if lacks_rights(service, cluster.namespace) else []
        yield f"services.{service.name}", service.origin, [*names, *rights]
    for container in stack.containers:
        if container.name not in exported_names:
            yield f"containers.{container.name}", container.origin, [*container.fields]
    yield "networks", stack.origin, ["join"] if stack.networks else []


def _refused(service: Service) -> Iterator[Diagnostic]:
    place = f"services.{service.name}"
    for kind in discovery.unknown_kinds(service.discovery):
        yield Diagnostic(
            "export.discovered-targets",
            f"{place}: targets discovered by `{kind}` cannot be exported",
            service.origin,
            remedy=f"Declare `targets`, or discover them by one of {', '.join(discovery.KINDS)}.",
        )
    yield from _wrong_shapes(place, service.origin, _misshapen(service))
    steps = [step for key in _RELABELLING for step in service.scrape.get(key, ())]
    yield from _wrong_values(place, service.origin, steps, service.scrape)


def _refused_writes(server: Prometheus) -> Iterator[Diagnostic]:
    for block in server.remote_write:
        parts = [
            part
            for name in sorted(prometheus.WRITE_FIELDS & block.keys())
            for part in misshapen(name, block[name], f"remote_write.{name}")
        ]
        if not isinstance(block.get("url"), str):
            parts.append(("remote_write.url", "a single value"))
        yield from _wrong_shapes("prometheus", server.origin, parts)
        steps = [] if parts else block.get("write_relabel_configs", ())
        yield from _wrong_values("prometheus.remote_write", server.origin, steps, block)


def _wrong_shapes(place: str, origin: Position, parts: Iterable[tuple[str, str]]) -> Iterator[Diagnostic]:
    for part, shape in parts:
        yield Diagnostic(
            "export.not-accepted",
            f"{place}.{part} is not {shape}",
            origin,
            remedy=f"Write it as {shape}, as Prometheus expects it.",
        )


def _wrong_values(
    place: str, origin: Position, steps: Iterable[Mapping[str, Any]], client: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    """Report values of relabelling and of a client that are stricter in the operator's definitions."""
    for label in dict.fromkeys(str(label) for step in steps for label in step.get("source_labels", ())):
        if not c.LABEL_NAME.fullmatch(label):
            yield Diagnostic(
                "export.not-accepted",
                f"{place}: the Prometheus Operator does not accept the source label `{label}`",
                origin,
                remedy="Use a label whose name has only letters, digits and `_`.",
            )
    proxy = client.get("proxy_url")
    if proxy and not _PROXY.fullmatch(str(proxy)):
        yield Diagnostic(
            "export.not-accepted",
            f"{place}: the Prometheus Operator does not accept this `proxy_url`",
            origin,
            remedy="Begin it with `http://`, `https://` or `socks5://`.",
        )


def _misshapen(service: Service) -> Iterator[tuple[str, str]]:
    """The parts of its blocks that have another shape than theirs."""
    for name in sorted(FIELDS & service.scrape.keys()):
        yield from misshapen(name, service.scrape[name], name)
    for kind in discovery.KINDS:
        if kind in service.discovery:
            yield from misshapen(kind, discovery.known_fields(kind, service.discovery[kind]), f"discovery.{kind}")


def _without_field(service: Service) -> Iterator[str]:
    """The fields of a service that are lost in an object of it."""
    inside = pods(service)
    known = [
        *([servicemonitor.KNOWN] if inside else []),
        *([scrapeconfig.KNOWN] if outside(service) or service.discovery else []),
    ]
    yield from (name for name in service.scrape if not all(name in fields for fields in known))
    yield from (f"discovery.{name}" for name in discovery.unknown_fields(service.discovery))
    if any(target.labels for target in inside):
        yield "targets.labels"

"""Review of services before they are exported: what no object can say, and what the operator does not accept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.export.kubernetes import discovery, scrapeconfig, servicemonitor
from stackctl.export.kubernetes.clients import FIELDS
from stackctl.export.kubernetes.shapes import misshapen
from stackctl.export.kubernetes.targets import outside, pods
from stackctl.model import Service, Stack

# What the operator's definitions take as the URL of a proxy.
_PROXY = re.compile(r"(http|https|socks5)://.+")
_RELABELLING = ("relabel_configs", "metric_relabel_configs")


def refused(stack: Stack) -> list[Diagnostic]:
    """Report services that cannot be exported without another meaning."""
    return [problem for service in exported(stack) for problem in _refused(service)]


def left_out(stack: Stack) -> list[Diagnostic]:
    """Report what the manifest says of services and no object has a field for."""
    return [
        Diagnostic(
            "export.left-out",
            f"services.{service.name}: {', '.join(f'`{name}`' for name in names)} cannot be exported",
            service.origin,
            remedy="Set it in the cluster's own configuration if you need it there.",
            status="warn",
        )
        for service in exported(stack)
        if (names := [*_without_field(service)])
    ]


def exported(stack: Stack) -> list[Service]:
    """The services that become objects: those that are scraped."""
    return [service for service in stack.services if service.push is None]


def _refused(service: Service) -> Iterator[Diagnostic]:
    place = f"services.{service.name}"
    for kind in discovery.unknown_kinds(service.discovery):
        yield Diagnostic(
            "export.discovered-targets",
            f"{place}: targets discovered by `{kind}` cannot be exported",
            service.origin,
            remedy=f"Declare `targets`, or discover them by one of {', '.join(discovery.KINDS)}.",
        )
    for part, shape in _misshapen(service):
        yield Diagnostic(
            "export.not-accepted",
            f"{place}.{part} is not {shape}",
            service.origin,
            remedy=f"Write it as {shape}, as Prometheus expects it.",
        )
    steps = [step for key in _RELABELLING for step in service.scrape.get(key, ())]
    for label in dict.fromkeys(label for step in steps for label in step.get("source_labels", ())):
        if not c.LABEL_NAME.fullmatch(label):
            yield Diagnostic(
                "export.not-accepted",
                f"{place}: the Prometheus Operator does not accept the source label `{label}`",
                service.origin,
                remedy="Use a label whose name has only letters, digits and `_`.",
            )
    proxy = service.scrape.get("proxy_url")
    if proxy and not _PROXY.fullmatch(str(proxy)):
        yield Diagnostic(
            "export.not-accepted",
            f"{place}: the Prometheus Operator does not accept this `proxy_url`",
            service.origin,
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

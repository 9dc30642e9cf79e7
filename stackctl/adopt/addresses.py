"""Addresses of targets: which container of the set-up one leads to, and where that is from now on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.compose import Container
from stackctl.components import registry
from stackctl.components.component import Component
from stackctl.manifest.fields import split_address

_MACHINE = frozenset({*c.LOCAL_HOSTS, c.HOST_FROM_CONTAINER, "gateway.docker.internal", "172.17.0.1"})


@dataclass(frozen=True)
class Addresses:
    """The containers by the names that lead to them. `asking` is the one that Prometheus runs in, if any.

    `components` says which containers become components of the stack: name of the container -> the component. `own`
    are the addresses of servers that run without a container: component -> addresses.
    """

    containers: tuple[Container, ...]
    asking: Container | None = None
    components: Mapping[str, Component] = field(default_factory=dict)
    own: Mapping[str, Collection[str]] = field(default_factory=dict)

    def container(self, address: str) -> Container | None:
        """Return the container that an address leads to, as Prometheus sees it; None for anything else."""
        parts = _split(address)
        if parts is None:
            return None
        host, port = parts
        if host in _MACHINE:
            return self._on_this_machine(host, port)
        return next((each for each in self.containers if host in each.names), None)

    def component(self, address: str) -> Component | None:
        """Return the component of the stack that an address leads to, None where it is none."""
        found = self.container(address)
        if found is not None:
            return self.components.get(found.name)
        return next((registry.component(name) for name, places in self.own.items() if address in places), None)

    def now(self, address: str) -> str:
        """Return where the target of an address is in the stack."""
        parts = _split(address)
        if parts is None:
            return address
        host, port = parts
        found, component = self.container(address), self.component(address)
        if found is None and component:
            return f"localhost:{component.port}"
        if found is None:
            return f"localhost:{port}" if host in (c.HOST_FROM_CONTAINER, "gateway.docker.internal") else address
        if component:
            return f"{component.service}:{component.port}"
        if host in _MACHINE:
            return f"localhost:{port}"
        return f"{found.name}:{port}"

    def path_now(self, address: str, path: str) -> str:
        """Return the path of a URL at that address in the stack, whose own servers serve at `/`; Grafana as it did."""
        component, container = self.component(address), self.container(address)
        if component is None or component.name == c.GRAFANA:
            return path
        # Of a server without a container only what it serves is known.
        prefix = container.path_prefix if container else path.removesuffix(component.metrics_path)
        return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path

    def name_now(self, name: str) -> str:
        """Return the name that a container has in the stack, by one of those that it had; any other name as it is."""
        found = next((each for each in self.containers if name in each.names), None)
        if found is None:
            return name
        component = self.components.get(found.name)
        return component.service if component else found.name

    def _on_this_machine(self, host: str, port: int) -> Container | None:
        """The container behind a port of this machine; of Prometheus' own container, if its network is not shared."""
        if self.asking and not self.asking.on_host and host in c.LOCAL_HOSTS:
            own = self.asking.listens or registry.component(c.PROMETHEUS).port
            return self.asking if port == own else None
        for each in self.containers:
            known = registry.find(each.component) if each.component else None
            if each.on_host and known and (each.listens or known.port) == port:
                return each
        return next(
            (each for each in self.containers for port_ in each.published if port_.port == port and not each.on_host),
            None,
        )


def is_address(text: str) -> bool:
    """Return whether a target is `host:port`."""
    return _split(text) is not None


def names_its_address(block: Mapping[str, Any]) -> bool:
    """Return whether a scrape_config says which address to ask, and what `instance` is: then the address may change."""
    given = {str(step.get("target_label")) for step in block.get("relabel_configs") or () if isinstance(step, Mapping)}
    return {"__address__", "instance"} <= given


def _split(address: str) -> tuple[str, int] | None:
    try:
        return split_address(address)
    except ValueError:
        return None


def known_components(containers: Iterable[Container]) -> dict[str, Component]:
    """The containers that are always components of the stack: the first Prometheus, Alertmanager and Grafana."""
    found: dict[str, Component] = {}
    for component in (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA):
        first = next((each for each in containers if each.component == component), None)
        if first:
            found[first.name] = registry.component(component)
    return found

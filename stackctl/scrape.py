"""The scrape plan: the jobs that Prometheus must run for a stack, and the targets of each.

Both `render` and `checks` read it, so that what is rendered and what is expected cannot drift apart.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from stackctl import conventions as c
from stackctl.addresses import reachable_url
from stackctl.components import registry
from stackctl.model import Exporter, Probe, Scrape, Server, Service, Stack, Target
from stackctl.runtimes.facts import Facts
from stackctl.source import Position
from stackctl.tree import Tree


@dataclass(frozen=True)
class Endpoint:
    """One target of a job.

    `address` is what Prometheus connects to, `instance` the label it carries; they differ where a `localhost`
    of the manifest is reached through the container's host gateway, and for probes.
    """

    address: str
    instance: str
    labels: Mapping[str, str]
    origin: Position


@dataclass(frozen=True)
class Job:
    """One scrape job. `service` and `component` name what it came from; exactly one of them is set.

    `label` is the value of the label `job` of its targets where that is not its name.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    origin: Position
    service: Service | None = None
    component: Server | None = None
    metrics_path: str = "/metrics"
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    honor_labels: bool = False
    label: str = ""

    @property
    def scheme(self) -> str:
        """Return the scheme of the targets' URLs."""
        return self.service.scheme if self.service else self.component.listen.scheme if self.component else "http"

    @property
    def scrape_interval(self) -> str | None:
        """Return the scrape interval, if it differs from the global one."""
        return self.service.scrape_interval if self.service else self._scrape.interval

    @property
    def scrape_timeout(self) -> str | None:
        """Return the scrape timeout, if it differs from the global one."""
        return self.service.scrape_timeout if self.service else self._scrape.timeout

    @property
    def _scrape(self) -> Scrape:
        return (self.component and self.component.scrape) or Scrape()

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels that all of its targets have."""
        own = self.service or self.component
        return own.labels if own else {}

    @property
    def honors_labels(self) -> bool:
        """Return whether series keep the labels that its targets serve where they are those of a target."""
        return self.honor_labels or bool(self.service and self.service.scrape.get("honor_labels"))

    @property
    def discovered(self) -> bool:
        """Return whether the targets come from service discovery and so cannot be listed beforehand."""
        return self.service is not None and bool(self.service.discovery)


def jobs(stack: Stack, runtime: Facts) -> tuple[Job, ...]:
    """Every scrape job of `stack` in `runtime`, components first, in a fixed order."""
    own = [job for component in stack.components for job in _component_jobs(component, runtime)]
    return (*own, *(_service_job(service, runtime) for service in stack.services if service.push is None))


def rendered_jobs(stack: Stack, runtime: Facts, tree: Tree) -> tuple[Job, ...]:
    """Every scrape job of a rendered tree: those of `jobs`, and those that `extra` adds."""
    own = jobs(stack, runtime)
    known = {job.name for job in own}
    added = [block for block in rendered_blocks(tree) if block.get("job_name") not in known]
    return (*own, *(passed_job(block, stack.prometheus.origin) for block in added))


def rendered_blocks(tree: Tree) -> list[Mapping[str, Any]]:
    """The scrape_configs of a tree, those in files of its own that prometheus.yml names among them."""
    config = tree.yaml(c.PROMETHEUS_FILE)
    folder = posixpath.dirname(c.PROMETHEUS_FILE)
    patterns = [posixpath.normpath(posixpath.join(folder, each)) for each in config.get("scrape_config_files") or ()]
    named = [path for path in tree.files if any(fnmatchcase(path, pattern) for pattern in patterns)]
    contents = [content for path in named if isinstance(content := tree.yaml(path), dict)]
    more = [block for content in contents for block in content.get("scrape_configs") or ()]
    return [*(config.get("scrape_configs") or ()), *more]


def passed_job(block: Mapping[str, Any], origin: Position) -> Job:
    """The job of a scrape_config that was passed through, as if a service of its name had declared it."""
    discovery = {key: value for key, value in block.items() if key.endswith("_sd_configs")}
    groups = block.get("static_configs") or ()
    targets = tuple(
        Target(str(address), {name: str(value) for name, value in (group.get("labels") or {}).items()}, origin)
        for group in groups
        for address in group.get("targets") or ()
    )
    service = Service(
        name=str(block["job_name"]),
        origin=origin,
        targets=targets,
        discovery=discovery,
        metrics_path=str(block.get("metrics_path") or "/metrics"),
        scheme=str(block.get("scheme") or "http"),
        scrape_interval=block.get("scrape_interval"),
        scrape_timeout=block.get("scrape_timeout"),
        scrape={key: value for key, value in block.items() if key not in discovery},
    )
    endpoints = tuple(
        Endpoint(target.address, target.labels.get("instance", target.address), target.labels, origin)
        for target in targets
    )
    params = {name: tuple(map(str, values)) for name, values in (block.get("params") or {}).items()}
    honor = bool(block.get("honor_labels"))
    return Job(service.name, endpoints, origin, service, None, service.metrics_path, params, honor)


def component_address(component: Server, runtime: Facts) -> str:
    """host:port of a component as the other components of the stack reach it."""
    if runtime.has_names:
        known = registry.of(component)
        return f"{known.service}:{known.port}"
    return component.listen.reached


def reachable(target: Target, runtime: Facts) -> str:
    """The address by which Prometheus reaches a target: the user's own machine is the gateway of a container."""
    if runtime.this_machine and target.host in c.LOCAL_HOSTS:
        return f"{runtime.this_machine}:{target.port}"
    return target.address


def _service_job(service: Service, runtime: Facts) -> Job:
    endpoints = tuple(
        Endpoint(
            reachable(target, runtime), target.labels.get("instance", target.address), target.labels, target.origin
        )
        for target in service.targets
    )
    return Job(service.name, endpoints, service.origin, service=service, metrics_path=service.metrics_path)


def job_of(service: Service, stack: Stack) -> str:
    """The name of the job that scrapes a service, or the Pushgateway that it pushes to."""
    return stack.pushgateway.job if service.push and stack.pushgateway else service.name


def job_names(stack: Stack) -> frozenset[str]:
    """The names of all jobs that the stack has on any runtime; without those that `extra` adds."""
    names = {service.push.job if service.push else service.name for service in stack.services}
    return frozenset(names).union(*map(component_job_names, stack.components))


def component_job_names(component: Server) -> frozenset[str]:
    """The names of the jobs of a component: its own, if it is scraped, and one for each of its probes."""
    probes = component.probes if isinstance(component, Exporter) else ()
    return frozenset({*([component.job] if component.scrape else []), *map(probe_job_name, probes)})


def probe_job_name(probe: Probe) -> str:
    """The name of the job of a probe."""
    return f"probe-{probe.name}"


def _component_jobs(component: Server, runtime: Facts) -> list[Job]:
    if component.scrape is None:
        return []
    address = component_address(component, runtime)
    itself = Job(
        component.job,
        (Endpoint(address, address, {}, component.origin),),
        component.origin,
        component=component,
        metrics_path=component.scrape.metrics_path,
        # Pushed series carry the job and instance of the pusher.
        honor_labels=component.name == c.PUSHGATEWAY,
    )
    probes = component.probes if isinstance(component, Exporter) else ()
    return [itself, *(_probe_job(component, probe, address, runtime) for probe in probes)]


def _probe_job(component: Server, probe: Probe, address: str, runtime: Facts) -> Job:
    return Job(
        probe_job_name(probe),
        (Endpoint(address, probe.url, {"probe": probe.name}, probe.origin),),
        probe.origin,
        component=component,
        metrics_path="/probe",
        params={"module": (probe.module,), "target": (reachable_url(probe.url, runtime),)},
    )

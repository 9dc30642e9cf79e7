"""Scrape jobs as services, and those of containers that run exporters as exporters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.addresses import Addresses, is_address, names_its_address
from stackctl.adopt.compose import SWARM_TASKS, Container
from stackctl.adopt.loaded import SCRAPE_DEFAULTS
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.secrets import Secrets
from stackctl.adopt.settings import exporter_settings
from stackctl.adopt.source import Source, as_text
from stackctl.components import registry
from stackctl.components.component import Component
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.service_schema import ServiceModel
from stackctl.secret_keys import is_secret

# The keys of a scrape_config that a service calls otherwise; the others have the same name, or none.
_RENAMED = {"tls_config": "tls", "relabel_configs": "relabel", "metric_relabel_configs": "metric_relabel"}
# Keys of a service that are not Prometheus' own.
_OF_THE_MANIFEST = frozenset({"targets", "discovery", "labels", "health", "run", "profiles", "metrics", "push", "slo"})
# Options of a scrape that a component of the stack can have, too.
_SCRAPE = ("scrape_interval", "scrape_timeout")
# Keys of a job that a component can have, or does not need to repeat.
_OF_A_COMPONENT = frozenset({"job_name", "static_configs", "metrics_path", "scheme", *_SCRAPE})
# The servers of the stack that have a scrape anyway, and the path of its metrics.
_OWN_SERVERS, _PATH = (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA), str(SCRAPE_DEFAULTS["metrics_path"])
# Keys of a job that follow from how its server is reached, which the stack knows of its own.
_OF_ACCESS = frozenset({"basic_auth", "authorization", "bearer_token", "bearer_token_file", "tls_config", "scheme"})


@dataclass(frozen=True)
class Job:
    """A scrape_config, the `index`-th of its file."""

    index: int
    block: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the name of the job."""
        return str(self.block.get("job_name") or "")

    @property
    def groups(self) -> list[tuple[list[str], dict[str, str]]]:
        """Return the targets that stand in it, with the labels of each group."""
        groups = self.block.get("static_configs")
        return [
            ([str(each) for each in _list(group.get("targets"))], _labels(group.get("labels")))
            for group in _list(groups)
            if isinstance(group, Mapping)
        ]

    @property
    def targets(self) -> list[str]:
        """Return the targets that stand in it."""
        return [target for targets, _ in self.groups for target in targets]

    @property
    def discovery(self) -> dict[str, Any]:
        """Return the discovery that it has besides."""
        return {key: value for key, value in self.block.items() if key.endswith("_sd_configs") and value}


@dataclass
class Jobs:
    """The sections of the manifest that jobs become, and remarks on them.

    `components` are the containers that become components, by their names; `own` is what the sections of the servers
    say of their scrapes.
    """

    services: dict[str, Any] = field(default_factory=dict)
    exporters: dict[str, Any] = field(default_factory=dict)
    extra: list[dict[str, Any]] = field(default_factory=list)
    components: dict[str, Component] = field(default_factory=dict)
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    remarks: list[Diagnostic] = field(default_factory=list)


def read_jobs(source: Source) -> list[Job]:
    """The scrape_configs of a prometheus.yml."""
    blocks = _list(source.data.get("scrape_configs"))
    return [Job(index, block) for index, block in enumerate(blocks) if isinstance(block, Mapping)]


def adopt_jobs(jobs: list[Job], source: Source, addresses: Addresses, secrets: Secrets) -> Jobs:
    """Say in the manifest's words what `jobs` of the file `source` scrape."""
    made = Jobs(components=dict(addresses.components))
    exporters: dict[int, Container] = {}
    candidates = _candidates(jobs, addresses)
    for container, job in candidates:
        component = _named(container, [each for each, _ in candidates])
        others = {each.name for each in addresses.containers if each is not container}
        if component and component.service not in others:
            made.components[container.name] = component
            exporters[job.index] = container
    addresses = replace(addresses, components=made.components)
    own = _own_scrapes(jobs, addresses)
    made.own |= {component: {"scrape": False} for component in _scraped_otherwise(jobs, addresses, own)}
    for job in jobs:
        if job.index in exporters:
            _add_component(exporters[job.index], job, made, secrets)
        elif job.index in own:
            _add_own_scrape(own[job.index], job, addresses, made, source)
        else:
            _add_service(job, source, addresses, secrets, made)
    return made


def _only_job(container: Container, jobs: list[Job], addresses: Addresses) -> Job | None:
    """The job that scrapes this container and nothing else, where no other job scrapes it."""
    asking = [job for job in jobs if any(addresses.container(target) is container for target in job.targets)]
    return asking[0] if len(asking) == 1 and len(asking[0].targets) == 1 else None


def _candidates(jobs: list[Job], addresses: Addresses) -> list[tuple[Container, Job]]:
    """Return the containers that the stack may run as components of its own, each with the job that scrapes it."""
    asked = ((each, _only_job(each, jobs, addresses)) for each in addresses.containers)
    return [
        (container, job)
        for container, job in asked
        if job and container.name not in addresses.components and _becomes_component(container, job)
    ]


def _named(container: Container, candidates: list[Container]) -> Component | None:
    """Return the component that a container becomes; None where it can have no name of its own.

    Exporters of one kind have the names of their containers.
    """
    kind = container.component
    same = [each for each in candidates if each.component == kind]
    if len(same) == 1:
        return registry.component(kind)
    if kind == c.PUSHGATEWAY:
        return registry.component(kind) if container is same[0] else None
    name = container.name if registry.find(container.name) is None else f"{container.name}-exporter"
    return registry.instance(kind, name) if _is_name(name) else None


def _becomes_component(container: Container, job: Job) -> bool:
    """Return whether the stack can run a container as a component of its own, scraped as this job does."""
    known = registry.find(container.component) if container.component else None
    if known is None or container.on_host:
        return False
    plain = all(
        job.block.get(key, value) == value
        for key, value in SCRAPE_DEFAULTS.items()
        if key in ("metrics_path", "scheme")
    )
    port = job.targets[0].rpartition(":")[2]
    keys = {*_OF_A_COMPONENT}
    if known.name == c.PUSHGATEWAY:
        keys.add("honor_labels")
        fits = job.block.get("honor_labels") is True
    else:
        fits = known.is_exporter and exporter_settings(container) is not None
    is_default = job.block.keys() <= keys and plain and port == str(known.port) and _is_name(job.name)
    return fits and is_default


def _add_component(container: Container, job: Job, made: Jobs, secrets: Secrets) -> None:
    component = made.components[container.name]
    name = component.name
    scrape, labels = _scrape_of(job, name), _labels_of(job, component)
    if name == c.PUSHGATEWAY:
        made.own[name] = {**({"scrape": scrape} if scrape else {}), **labels}
        return
    settings = {
        **({"kind": container.component} if name != container.component else {}),
        **scrape,
        **labels,
        **{
            key: secrets.moved(value, f"{name}_{key}", None) if is_secret("", key) and isinstance(value, str) else value
            for key, value in (exporter_settings(container) or {}).items()
        },
    }
    made.exporters[name] = settings


def _scrape_of(job: Job, component: str) -> dict[str, Any]:
    """The settings with which a component is scraped as a job says."""
    options = {key: job.block[key] for key in _SCRAPE if job.block.get(key)}
    return {**({"job": job.name} if job.name != component else {}), **options}


def _labels_of(job: Job, component: Component) -> dict[str, Any]:
    """The labels of a component that a job of one target scrapes, as its section says them."""
    target, (_, labels) = job.targets[0], job.groups[0]
    if target != f"{component.service}:{component.port}":
        labels = {"instance": target, **labels}
    return {"labels": labels} if labels else {}


def _own_scrapes(jobs: list[Job], addresses: Addresses) -> dict[int, str]:
    """The jobs that the stack has for its own servers, by their indices: the first that scrapes no other."""
    found: dict[int, str] = {}
    for job in jobs:
        components = {each.name if (each := addresses.component(target)) else "" for target in job.targets}
        component = components.pop() if len(components) == 1 and len(set(job.targets)) == 1 else ""
        others = job.block.keys() - _OF_A_COMPONENT - _OF_ACCESS - _same_as_default(job)
        is_plain = not job.discovery and not others and len(job.groups) == 1 and _is_name(job.name)
        if component in _OWN_SERVERS and component not in found.values() and is_plain:
            found[job.index] = component
    return found


def _scraped_otherwise(jobs: list[Job], addresses: Addresses, own: Mapping[int, str]) -> Iterator[str]:
    """Yield the stack's own servers that jobs of other things scrape, too, or whose name is that of another job."""
    components = {each.name for each in addresses.components.values()}
    there = {c.PROMETHEUS, *components, *addresses.own} - {*own.values()}
    names = {job.name for job in jobs}
    scraped = {each.name for job in jobs for target in job.targets if (each := addresses.component(target))}
    yield from (each for each in _OWN_SERVERS if each in there and each in names | scraped)


def _add_own_scrape(component: str, job: Job, addresses: Addresses, made: Jobs, source: Source) -> None:
    path = addresses.path_now(job.targets[0], str(job.block.get("metrics_path") or _PATH))
    scrape = {**_scrape_of(job, component), **({"metrics_path": path} if path != _PATH else {})}
    labels = _labels_of(job, registry.component(component))
    own = {**({"scrape": scrape} if scrape else {}), **labels}
    if own:
        made.own[component] = own
    ignored = sorted(_OF_ACCESS & job.block.keys() - _same_as_default(job))
    if ignored:
        summary = f"the scrape of `{component}` itself has no {', '.join(f'`{key}`' for key in ignored)} of its own"
        why = "The stack reaches its servers as their own sections say."
        made.remarks.append(changed(summary, source.at("scrape_configs", job.index, "job_name"), why))


def _same_as_default(job: Job) -> set[str]:
    return {key for key, value in SCRAPE_DEFAULTS.items() if job.block.get(key) == value}


def _add_service(job: Job, source: Source, addresses: Addresses, secrets: Secrets, made: Jobs) -> None:
    if not job.targets and not job.discovery:
        at = source.at("scrape_configs", job.index, "job_name")
        made.remarks.append(left_out(f"the job `{job.name}`", at, "It has no targets."))
        return
    block = secrets.block(job.block, source, ("scrape_configs", job.index), named=job.name)
    paths = {addresses.path_now(target, str(block.get("metrics_path"))) for target in job.targets}
    if block.get("metrics_path") and len(paths) == 1:
        block = {**block, "metrics_path": paths.pop()}
    if names_its_address(job.block):
        block = {**block, "relabel_configs": [_asking(step, addresses) for step in block["relabel_configs"]]}
    fields = _fields(block)
    if fields is None or not _is_name(job.name):
        made.extra.append(_with_addresses(block, addresses))
        return
    made.remarks += _local_remarks(job, source, addresses)
    made.remarks += _swarm_remarks(job, source, addresses)
    made.services[job.name] = {**_targets(Job(job.index, block), addresses), **fields}


def _fields(block: Mapping[str, Any]) -> dict[str, Any] | None:
    """The scrape options as keys of a service; None where one has no such key."""
    known = {*ServiceModel.model_fields} - _OF_THE_MANIFEST
    result: dict[str, Any] = {}
    for key, value in _modern(block).items():
        if key in ("job_name", "static_configs") or key.endswith("_sd_configs") or value is None:
            continue
        name = _RENAMED.get(key, key)
        if name not in known:
            return None
        if SCRAPE_DEFAULTS.get(key) != value:
            result[name] = value
    login = result.get("basic_auth")
    if isinstance(login, Mapping) and login.keys() != {"username", "password"}:
        return None
    steps = [step for key in ("relabel", "metric_relabel") for step in _list(result.get(key))]
    if any(not isinstance(step, Mapping) or not step for step in steps):
        return None
    return result


def _modern(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block without the keys that Prometheus has replaced by others."""
    result = dict(block)
    for old, new in (("bearer_token", "credentials"), ("bearer_token_file", "credentials_file")):
        if result.get(old):
            result["authorization"] = {new: result.pop(old)}
    return result


def _targets(job: Job, addresses: Addresses) -> dict[str, Any]:
    """Return the targets of a job as `targets`, or as `discovery` where one is not `host:port`."""
    groups = job.groups
    if job.discovery or not groups or not all(map(is_address, job.targets)):
        static = [
            {"targets": [addresses.now(target) for target in targets], **({"labels": own} if own else {})}
            for targets, own in groups
        ]
        return {"discovery": {**({"static_configs": static} if static else {}), **_discovery(job, addresses)}}
    common = groups[0][1] if len(groups) == 1 else {}
    relabels = bool(job.block.get("relabel_configs"))
    found = []
    for targets, own in groups:
        for target in targets:
            now = addresses.now(target)
            apart = {} if own == common else dict(own)
            if now != target and "instance" not in own and not (relabels and "instance" in str(job.block)):
                apart = {"instance": target, **apart}
            found.append({"address": now, "labels": apart} if apart else now)
    # Prometheus scrapes a target once, however often it is listed.
    found = [each for index, each in enumerate(found) if each not in found[:index]]
    return {"targets": found, **({"labels": common} if common else {})}


def _local_remarks(job: Job, source: Source, addresses: Addresses) -> Iterator[Diagnostic]:
    """Yield what was scraped at `localhost` from inside a container, where only the container itself is."""
    if addresses.asking is None or addresses.asking.on_host:
        return
    for target in job.targets:
        host = target.rpartition(":")[0]
        if host in c.LOCAL_HOSTS and addresses.container(target) is None:
            yield changed(
                f"the target `{target}` of `{job.name}` is on this machine now",
                source.at("scrape_configs", job.index, "job_name"),
                "In a container `localhost` is the container itself, so this was never scraped.",
            )


def _asking(step: Any, addresses: Addresses) -> Any:
    """A step of relabelling that asks a container where it is in the stack."""
    if not isinstance(step, Mapping) or step.get("target_label") != "__address__" or not step.get("replacement"):
        return step
    return {**step, "replacement": addresses.now(str(step["replacement"]))}


def _discovery(job: Job, addresses: Addresses) -> dict[str, Any]:
    """The discovery of a job, with the names that containers have now."""

    def named(block: Mapping[str, Any]) -> dict[str, Any]:
        return {**block, "names": [addresses.name_now(str(name)) for name in _list(block.get("names"))]}

    return {
        key: [named(block) for block in blocks] if key == "dns_sd_configs" else blocks
        for key, blocks in job.discovery.items()
    }


def _swarm_remarks(job: Job, source: Source, addresses: Addresses) -> Iterator[Diagnostic]:
    """Yield what a job asks of a swarm, which the stack is not."""
    for block in _list(job.block.get("dns_sd_configs")):
        for name in map(str, _list(block.get("names"))):
            if addresses.containers and name.startswith(SWARM_TASKS):
                now = addresses.name_now(name)
                becomes = "leads nowhere" if now == name else f"is `{now}`"
                yield changed(
                    f"the name `{name}` of `{job.name}` {becomes} now",
                    source.at("scrape_configs", job.index, "job_name"),
                    "Only a swarm has tasks: the stack is run by Compose, which has names of services.",
                )


def _with_addresses(block: Mapping[str, Any], addresses: Addresses) -> dict[str, Any]:
    groups = [
        {**group, "targets": [addresses.now(str(target)) for target in _list(group.get("targets"))]}
        for group in _list(block.get("static_configs"))
        if isinstance(group, Mapping)
    ]
    return {**block, **({"static_configs": groups} if groups else {})}


def _is_name(name: str) -> bool:
    return bool(c.SERVICE_NAME.fullmatch(name))


def _labels(written: Any) -> dict[str, str]:
    return {str(name): as_text(value) for name, value in (written or {}).items()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

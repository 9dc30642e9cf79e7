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
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.service_schema import ServiceModel
from stackctl.secret_keys import is_secret

# The keys of a scrape_config that a service calls otherwise; the others have the same name, or none.
_RENAMED = {"tls_config": "tls", "relabel_configs": "relabel", "metric_relabel_configs": "metric_relabel"}
# Keys of a service that are not Prometheus' own.
_OF_THE_MANIFEST = frozenset({"targets", "discovery", "labels", "health", "run", "profiles", "metrics", "push", "slo"})
# Keys of a job that its exporter can have, or does not need to repeat.
_OF_AN_EXPORTER = frozenset({"job_name", "scrape_interval", "static_configs", "metrics_path", "scheme"})


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

    `components` are the containers that become components, by their names; `own_labels` those of the scrapes that the
    stack has anyway.
    """

    services: dict[str, Any] = field(default_factory=dict)
    exporters: dict[str, Any] = field(default_factory=dict)
    extra: list[dict[str, Any]] = field(default_factory=list)
    components: dict[str, str] = field(default_factory=dict)
    own_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    remarks: list[Diagnostic] = field(default_factory=list)


def read_jobs(source: Source) -> list[Job]:
    """The scrape_configs of a prometheus.yml."""
    blocks = _list(source.data.get("scrape_configs"))
    return [Job(index, block) for index, block in enumerate(blocks) if isinstance(block, Mapping)]


def adopt_jobs(jobs: list[Job], source: Source, addresses: Addresses, secrets: Secrets) -> Jobs:
    """Say in the manifest's words what `jobs` of the file `source` scrape."""
    made = Jobs(components=dict(addresses.components))
    own: dict[int, Container] = {}
    for container in addresses.containers:
        job = _only_job(container, jobs, addresses)
        if job and _becomes_component(container, job, made, addresses):
            own[job.index] = container
    addresses = replace(addresses, components=made.components)
    for job in jobs:
        if job.index in own:
            _add_component(own[job.index], job, addresses, made, secrets)
        elif not _is_own_scrape(job, addresses, made, source):
            _add_service(job, source, addresses, secrets, made)
    return made


def _only_job(container: Container, jobs: list[Job], addresses: Addresses) -> Job | None:
    """The job that scrapes this container and nothing else, where no other job scrapes it."""
    asking = [job for job in jobs if any(addresses.container(target) is container for target in job.targets)]
    return asking[0] if len(asking) == 1 and len(asking[0].targets) == 1 else None


def _becomes_component(container: Container, job: Job, made: Jobs, addresses: Addresses) -> bool:
    """Decide whether the stack runs a container as a component of its own, and note it."""
    known = registry.find(container.component) if container.component else None
    if known is None or container.name in made.components or known.name in made.components.values():
        return False
    others = {each.name for each in addresses.containers if each is not container}
    takes_name = known.service in others or container.on_host
    plain = all(
        job.block.get(key, value) == value
        for key, value in SCRAPE_DEFAULTS.items()
        if key in ("metrics_path", "scheme")
    )
    port = job.targets[0].rpartition(":")[2]
    if known.name == c.PUSHGATEWAY:
        keys = {"job_name", "static_configs", "honor_labels", "metrics_path", "scheme"}
        fits = job.name == known.name and job.block.get("honor_labels") is True and not any(_all_labels(job))
    else:
        keys, fits = set(_OF_AN_EXPORTER), known.is_exporter and exporter_settings(container) is not None
    is_default = job.block.keys() <= keys and plain and port == str(known.port) and _is_name(job.name)
    if takes_name or not fits or not is_default:
        return False
    made.components[container.name] = known.name
    return True


def _add_component(container: Container, job: Job, addresses: Addresses, made: Jobs, secrets: Secrets) -> None:
    name = made.components[container.name]
    if name == c.PUSHGATEWAY:
        if addresses.now(job.targets[0]) != job.targets[0]:
            made.own_labels[name] = {"instance": job.targets[0]}
        return
    target = job.targets[0]
    labels = {"instance": target, **job.groups[0][1]} if addresses.now(target) != target else job.groups[0][1]
    settings = {
        **({"job": job.name} if job.name != name else {}),
        **({"scrape_interval": job.block["scrape_interval"]} if job.block.get("scrape_interval") else {}),
        **({"labels": labels} if labels else {}),
        **{
            key: secrets.moved(value, f"{name}_{key}", None) if is_secret("", key) and isinstance(value, str) else value
            for key, value in (exporter_settings(container) or {}).items()
        },
    }
    made.exporters[name] = settings


def _is_own_scrape(job: Job, addresses: Addresses, made: Jobs, source: Source) -> bool:
    """Return whether a job is the one that stackctl has anyway, for a component of the same name."""
    if job.name not in (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA):
        return False
    known = registry.component(job.name)
    own = [target for target in job.targets if _is_own(target, job, addresses)]
    if not own or len(own) < len(job.targets) or job.discovery:
        return False
    labels = job.groups[0][1]
    if own != [f"{known.service}:{known.port}"]:
        labels = {"instance": own[0], **labels}
    if labels:
        made.own_labels[job.name] = labels
    _note_ignored(job, made, source)
    return True


def _note_ignored(job: Job, made: Jobs, source: Source) -> None:
    """Say what the stack's own scrape of a server does not have of the job that scraped it before."""
    ignored = sorted(job.block.keys() - {"job_name", "static_configs", *_same_as_default(job)})
    if ignored:
        summary = f"the scrape of `{job.name}` itself has no {', '.join(f'`{key}`' for key in ignored)} of its own"
        why = "The stack scrapes its servers as `prometheus` says for all."
        made.remarks.append(changed(summary, source.at("scrape_configs", job.index, "job_name"), why))


def _same_as_default(job: Job) -> set[str]:
    return {key for key, value in SCRAPE_DEFAULTS.items() if job.block.get(key) == value}


def _add_service(job: Job, source: Source, addresses: Addresses, secrets: Secrets, made: Jobs) -> None:
    if not job.targets and not job.discovery:
        at = source.at("scrape_configs", job.index, "job_name")
        made.remarks.append(left_out(f"the job `{job.name}`", at, "It has no targets."))
        return
    block = secrets.block(job.block, source, ("scrape_configs", job.index), named=job.name)
    if names_its_address(job.block):
        block = {**block, "relabel_configs": [_asking(step, addresses) for step in block["relabel_configs"]]}
    fields = _fields(block)
    taken = {*made.services, *(_job_of(name, each) for name, each in made.exporters.items())}
    taken |= {c.PROMETHEUS, *made.components.values(), *addresses.own}
    name = job.name
    if fields is None or not _is_name(name):
        made.extra.append(_with_addresses(block, addresses))
        return
    if name in taken:
        # The stack has a job of that name: this one gets another, and its series keep the label.
        name = next(each for number in range(2, 1000) if (each := f"{job.name}-{number}") not in taken)
        if any(_is_own(target, job, addresses) for target in job.targets):
            _note_ignored(job, made, source)
        job = _without_own(job, addresses, made)
    where = _targets(job, addresses, {"job": job.name} if name != job.name else {})
    made.remarks += _local_remarks(job, source, addresses)
    made.remarks += _swarm_remarks(job, source, addresses)
    made.services[name] = {**where, **fields}


def _without_own(job: Job, addresses: Addresses, made: Jobs) -> Job:
    """A job without the target that the stack's own job of the same name scrapes."""
    own = [target for target in job.targets if _is_own(target, job, addresses)]
    known = registry.find(job.name)
    if own and known and own[0] != f"{known.service}:{known.port}":
        made.own_labels[job.name] = {"instance": own[0]}
    groups = [
        {**group, "targets": [each for each in _list(group.get("targets")) if str(each) not in own]}
        for group in _list(job.block.get("static_configs"))
        if isinstance(group, Mapping)
    ]
    return Job(job.index, {**job.block, "static_configs": [group for group in groups if group["targets"]]})


def _is_own(target: str, job: Job, addresses: Addresses) -> bool:
    """Return whether a target is the component that has the name of the job."""
    return addresses.component(target) == job.name


def _job_of(name: str, settings: Mapping[str, Any]) -> str:
    return str(settings.get("job") or name)


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


def _targets(job: Job, addresses: Addresses, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the targets of a job as `targets`, or as `discovery` where one is not `host:port`."""
    groups = [(targets, {**labels, **own}) for targets, own in job.groups]
    if job.discovery or not groups or not all(map(is_address, job.targets)):
        static = [
            {"targets": [addresses.now(target) for target in targets], **({"labels": own} if own else {})}
            for targets, own in groups
        ]
        discovery = {**({"static_configs": static} if static else {}), **_discovery(job, addresses)}
        return {"discovery": discovery, **({"labels": dict(labels)} if labels else {})}
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


def _all_labels(job: Job) -> Iterator[dict[str, str]]:
    return (labels for _, labels in job.groups)


def _labels(written: Any) -> dict[str, str]:
    return {str(name): as_text(value) for name, value in (written or {}).items()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

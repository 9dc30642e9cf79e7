"""All that was found in one manifest, with the lines that `.env` needs and what to say about it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.addresses import Addresses, known_components
from stackctl.adopt.alertmanager import adopt_alertmanager
from stackctl.adopt.compose import Container, component_of, is_of_windows
from stackctl.adopt.containers import adopt_container, external_networks
from stackctl.adopt.existing_data import (
    data_remarks,
    existing_data,
    other_volumes,
    shared_data,
    taken_over,
    volume_remarks,
)
from stackctl.adopt.folder import is_file, template_of
from stackctl.adopt.grafana import PLACES as GRAFANA_PLACES
from stackctl.adopt.grafana import adopt_grafana, adopt_loaded_grafana
from stackctl.adopt.jobs import Job, Jobs, adopt_jobs, read_jobs
from stackctl.adopt.mounts import kept_mounts, lost_mounts
from stackctl.adopt.names import asking_at, kept_names
from stackctl.adopt.placeholders import other_placeholders, without_placeholders
from stackctl.adopt.prometheus import absolute_files, adopt_prometheus, escaped, with_paths, without_logs
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.secrets import NOT_KNOWN, Secrets
from stackctl.adopt.settings import ignored_options, own_start, server_settings
from stackctl.adopt.setup import Server, Setup
from stackctl.adopt.source import Source, texts
from stackctl.adopt.variables import filled, required_variables
from stackctl.adopt.victoriametrics import without_victoriametrics
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.outside import is_allowed
from stackctl.secret_keys import is_secret

_ORDER = (
    *("version", "name", "prometheus", "alertmanager", "grafana", "pushgateway", "exporters", "services"),
    *("containers", "networks", "rules", "dashboards"),
)


@dataclass(frozen=True)
class Adopted:
    """A manifest as data, the variables that it needs, and remarks in the order of the sections.

    `addresses` says where the targets of the set-up are now.
    """

    manifest: Mapping[str, Any]
    variables: Mapping[str, str]
    remarks: tuple[Diagnostic, ...]
    addresses: Addresses


def adopt(setup: Setup, name: str, *, take_over: bool = False) -> Adopted:
    """Say what there is in `setup` in the words of the manifest of a stack called `name`.

    With `take_over` the stack begins with the data of the set-up. It has another name than the Compose project then.
    """
    secrets, remarks = Secrets(setup.variables), [replace(each, status="warn") for each in setup.notes]
    asking = setup.prometheus.container if setup.prometheus else setup.container(c.PROMETHEUS)
    addresses = Addresses(setup.containers, asking, known_components(setup.containers), setup.own)
    sections: dict[str, Any] = {"version": 1, "name": name, "prometheus": {}}
    jobs = Jobs(components=dict(addresses.components))
    if setup.prometheus:
        server = _ready(setup.prometheus)
        remarks += _files_elsewhere(server)
        server = replace(server, config=without_victoriametrics(without_logs(server.config, remarks), remarks))
        scrapes = [_with_files_there(job, setup, server.config, remarks) for job in _jobs_once(server.config, remarks)]
        known_jobs = [without_placeholders(job, server.config, remarks) for job in scrapes]
        jobs = adopt_jobs([job for job in known_jobs if job], server.config, addresses, secrets)
        remarks += jobs.remarks
        remarks += other_placeholders(server.config)
        found = adopt_prometheus(setup, server, addresses, secrets)
        remarks += found.remarks
        sections["prometheus"] = found.settings
        sections["rules"] = found.rules
        if jobs.extra:
            found.settings.setdefault("extra", {})["scrape_configs"] = jobs.extra
    elif container := setup.container(c.PROMETHEUS):
        known = registry.component(c.PROMETHEUS)
        sections["prometheus"] = dict(known.adopted(container.started) or {})
        remarks += ignored_options(container, known, setup.compose)
    if setup.alertmanager:
        remarks += _templates_left(setup.alertmanager.config)
        remarks += other_placeholders(setup.alertmanager.config)
        remarks += _files_elsewhere(_ready(setup.alertmanager))
        sections["alertmanager"] = adopt_alertmanager(_ready(setup.alertmanager), secrets)
        if container := setup.alertmanager.container:
            known = registry.component(c.ALERTMANAGER)
            sections["alertmanager"] |= known.adopted(container.started) or {}
            remarks += ignored_options(container, known, setup.compose)
    elif container := setup.container(c.ALERTMANAGER):
        known = registry.component(c.ALERTMANAGER)
        sections["alertmanager"] = dict(known.adopted(container.started) or {})
        remarks += ignored_options(container, known, setup.compose)
    remarks += _run_by_others(setup, addresses)
    remarks += _missing(setup)
    remarks += _others_of_a_kind(setup, jobs)
    remarks += _other_folder(setup)
    remarks += _other_files(setup)
    remarks += _rules_of_others(setup)
    remarks += _unset_variables(setup)
    remarks += _windows_paths(setup)
    grafana = setup.container(c.GRAFANA)
    interval = sections["prometheus"].get("scrape_interval", c.DEFAULT_INTERVAL)
    if grafana:
        given = adopt_grafana(setup, grafana, replace(addresses, components=jobs.components), interval, secrets)
        remarks += given.remarks
        remarks += own_start(grafana, setup.compose) if setup.compose else []
        sections["grafana"], sections["dashboards"] = given.settings, given.dashboards
    elif setup.loaded_grafana:
        given = adopt_loaded_grafana(setup.loaded_grafana, interval)
        remarks += given.remarks
        sections["grafana"], sections["dashboards"] = given.settings, given.dashboards
    sections["exporters"], sections["services"] = jobs.exporters, jobs.services
    if setup.compose:
        names = kept_names(setup, jobs.components)
        _add_servers(setup, setup.compose, sections, jobs, names, secrets, remarks)
        _without_repeated_variables(sections.get("grafana", {}))
        remarks += _asked_at_old_ports(setup, setup.compose, jobs)
        remarks += _add_data(setup, setup.compose, sections, jobs, take_over=take_over)
        _add_containers(setup, setup.compose, sections, jobs, names, secrets, remarks)
    for component, own in jobs.own.items():
        sections[component] = {**own, **sections[component]}
    ordered = {key: sections[key] for key in _ORDER if key in sections and (sections[key] or key in _ALONE)}
    final = replace(addresses, components=jobs.components)
    return Adopted(ordered, secrets.found, (*remarks, *secrets.remarks), final)


_SERVERS = (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA)
_OF_THE_DATA = "It is mounted into the data of the server, which is a volume of the stack's own."
# Sections that say something even when they are empty.
_ALONE = frozenset({"alertmanager", "grafana", "pushgateway"})


def _jobs_once(source: Source, remarks: list[Diagnostic]) -> list[Job]:
    """Return the first job of each name."""
    found: dict[str, Job] = {}
    for job in read_jobs(source):
        if job.name in found:
            why = "Prometheus refuses a configuration in which two jobs have one name."
            at = source.at("scrape_configs", job.index, "job_name")
            remarks.append(left_out(f"another job of the name `{job.name}`", at, why, "Add its targets to the first."))
        else:
            found[job.name] = job
    return list(found.values())


def _with_files_there(job: Job, setup: Setup, source: Source, remarks: list[Diagnostic]) -> Job:
    """A job without files of targets that the set-up does not have: Prometheus waits for them, `check` does not."""
    blocks = job.block.get("file_sd_configs")
    if not isinstance(blocks, list):
        return job
    kept = []
    for block in blocks:
        files = [str(file) for file in block.get("files") or ()]
        there = [file for file in files if setup.files(file)]
        for file in files:
            if file not in there:
                at = source.at("scrape_configs", job.index, "job_name")
                why, other = "There is no such file. Prometheus would wait for it.", setup.called_like(file)
                remedy = f"If {other} is meant, write it as a file of the service's `discovery`." if other else ""
                remarks.append(left_out(f"the file `{file}` with targets of `{job.name}`", at, why, remedy))
        kept += [{**block, "files": there}] if there else []
    return Job(job.index, {**job.block, "file_sd_configs": kept})


def _unset_variables(setup: Setup) -> Iterator[Diagnostic]:
    """Report the variables that the Compose file needs and nobody has set."""
    if setup.compose is None:
        return
    places = {
        name: ("services", container.name, key)
        for container in reversed(setup.containers)
        for key, value in reversed([*container.block.items()])
        for text in texts(value)
        for name in required_variables(text)
        if name not in setup.variables
    }
    names = [f"`{name}`" for name in reversed(places)]
    if names:
        summary = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set"
        why = "What uses these variables is empty, as it is to Compose, or has no key in stack.yml."
        at = setup.compose.at(*[*places.values()][-1])
        yield changed(summary, at, why, "Set them in .env before you adopt.")


def _windows_paths(setup: Setup) -> Iterator[Diagnostic]:
    """Report the mounts of files and folders that only a machine with Windows has."""
    for container in setup.containers:
        paths = [mount.path for mount in container.mounts if is_of_windows(mount.path)]
        if paths and setup.compose:
            listed = ", ".join(f"`{path}`" for path in paths)
            summary = f"{listed}, mounted by `{container.name}`, {'is' if len(paths) == 1 else 'are'} on Windows only"
            at = setup.compose.at("services", container.name, "volumes")
            remedy = "Copy what is in it next to the Compose file, and write a relative path there."
            yield changed(summary, at, "No other machine has such a path.", remedy)


def _missing(setup: Setup) -> Iterator[Diagnostic]:
    """Report servers that the set-up has no configuration of, and a Prometheus that it does not have at all."""
    for name in (c.PROMETHEUS, c.ALERTMANAGER):
        path, container = setup.missing_configuration(name), setup.container(name)
        if path and container and setup.compose:
            why = f"The set-up does not have {path}. The stack renders one of its own."
            template = template_of(setup.folder, posixpath.basename(path))
            remedy = f"{template} may be its template: render it first, and adopt again." if template else ""
            yield left_out(f"the configuration of {name}", setup.compose.at("services", container.name), why, remedy)
    if setup.compose and setup.prometheus is None and setup.container(c.PROMETHEUS) is None:
        why = f"{setup.compose.path} has none, and there is no prometheus.yml."
        remedy = "If another Compose file runs it, name both: `stackctl adopt FILE FILE`."
        yield changed("the stack has a Prometheus of its own", setup.compose.at("services"), why, remedy)


def _others_of_a_kind(setup: Setup, jobs: Jobs) -> Iterator[Diagnostic]:
    """Report servers that stay containers, because the stack has one of their kind already."""
    for container in setup.containers:
        kind = container.component
        if setup.compose and kind in _SERVERS and container.name not in jobs.components:
            own = next(name for name, known in jobs.components.items() if known.name == kind)
            summary = f"`{container.name}` stays a container: `{own}` is the stack's {kind}"
            why = "A stack has one of each server. What others have loaded is neither checked nor verified."
            why += f" `{own}` is the first one with the most jobs and rules." if kind == c.PROMETHEUS else ""
            file = container.seen(container.configuration)
            where = f"in {file}" if file else "in its configuration"
            remedy = f"To have it in the stack, write what is {where} in stack.yml, and remove the container."
            yield changed(summary, setup.compose.at("services", container.name), why, remedy)


def _other_folder(setup: Setup) -> Iterator[Diagnostic]:
    """Report that the manifest is not next to the set-up, which names files outside of its folder."""
    if setup.base:
        why = f"The set-up in {setup.base} names files outside of its folder. All of them are below that of stack.yml."
        first = [setup.compose] if setup.compose else [each.config for each in (setup.prometheus,) if each]
        yield changed("stack.yml is in a folder above", first[0].at() if first else None, why)


def _other_files(setup: Setup) -> Iterator[Diagnostic]:
    """Report configurations that are read in place of those that the set-up does not have, and unused ones."""
    for name, server in ((c.PROMETHEUS, setup.prometheus), (c.ALERTMANAGER, setup.alertmanager)):
        if name == c.PROMETHEUS and setup.compose and server and not server.container:
            remedy = "If another Compose file runs it, name that one: `stackctl adopt FOLDER/FILE`."
            why = f"{server.config.path} is taken for the configuration of the stack's Prometheus."
            asked_by = next((each for each in setup.containers if _scrapes_by(each, server.config.path)), None)
            if asked_by:
                why += f" The container `{asked_by.name}` goes on asking the same targets."
                remedy = "To have the stack's Prometheus instead, remove that container, and name its rules in `rules`."
            yield changed(f"no container of {setup.compose.path} runs Prometheus", server.config.at(), why, remedy)
        if server and server.home:
            why = f"The set-up has them next to {server.config.path}."
            yield changed(f"the files that {name} reads in {server.home} are taken from here", server.config.at(), why)
        if server and server.instead_of:
            why = f"Its container reads {server.instead_of}, which the set-up does not have."
            if server.is_template:
                why = f"Its container writes {server.instead_of} from it. Variables are those of .env from now on."
            yield changed(f"{server.config.path} is taken for the configuration of {name}", server.config.at(), why)
    for source in setup.unused:
        if "services" in source.data and "/" in source.path:
            why = "It is in a folder below, and there is none in the folder itself."
            yield left_out(source.path, source.at(), why, f"To adopt it, name it: `stackctl adopt {source.path}`.")
        elif "services" in source.data:
            why = "Compose does not look for a file of this name, and there are several."
            remedy = "Name those that you start, in their order: `stackctl adopt FILE FILE`."
            yield left_out(source.path, source.at(), why, remedy)
        else:
            yield left_out(source.path, source.at(), "No container runs an Alertmanager, and Prometheus asks none.")


def _run_by_others(setup: Setup, addresses: Addresses) -> Iterator[Diagnostic]:
    """Report the Compose files that are not read, and run what jobs scrape, or a server that the set-up lacks."""
    hosts = {
        target.rpartition(":")[0]: job.name
        for job in (read_jobs(setup.prometheus.config) if setup.prometheus else ())
        for target in job.targets
        if addresses.container(target) is None
    }
    for source in setup.unread if setup.compose else ():
        services = [(str(name), block) for name, block in source.data["services"].items() if isinstance(block, Mapping)]
        found = [host for name, block in services for host in hosts if host in (name, block.get("container_name"))]
        kinds = dict.fromkeys(component_of(filled(str(block.get("image")), setup.variables)) for _, block in services)
        servers = [kind for kind in kinds if kind in (c.ALERTMANAGER, c.GRAFANA) and setup.container(kind) is None]
        listed = ", ".join([*(f"`{each}`" for each in found), *servers])
        scraped = f", which `{hosts[found[0]]}` scrapes" if found and not servers else ""
        if listed and setup.compose:
            is_next = posixpath.dirname(source.path) == posixpath.dirname(setup.compose.path)
            remedy = f"If you start both, name both: `stackctl adopt {setup.compose.path} {source.path}`."
            if not is_next:
                remedy = "If you start both, write a Compose file whose `include` names both, and adopt that one."
            yield left_out(source.path, source.at(), f"It runs {listed}{scraped}.", remedy)


def _scrapes_by(container: Container, config: str) -> bool:
    """Return whether a container of another kind, as vmagent, has been given a configuration of Prometheus."""
    return any(container.seen(each) == config for each in container.started.given("promscrape.config"))


def _rules_of_others(setup: Setup) -> Iterator[Diagnostic]:
    """Report the rules of a vmalert, which it goes on evaluating."""
    for container in setup.containers:
        patterns = [pattern for each in container.started.given("rule") for pattern in each.split(",")]
        paths = [path for pattern in patterns for path in container.paths(pattern.strip("'\""))]
        files = [file for path in paths for file in setup.files(path)]
        if setup.compose and files and not container.component:
            named = ", ".join(dict.fromkeys(files))
            summary = f"the stack's Prometheus does not evaluate the rules in {named}"
            why = f"The container `{container.name}` goes on evaluating them."
            remedy = "To have Prometheus evaluate them, write them under `rules`, and remove the container."
            yield changed(summary, setup.compose.at("services", container.name), why, remedy)


def _templates_left(source: Source) -> Iterator[Diagnostic]:
    """Report the templates of an Alertmanager that runs elsewhere: it does not tell what is in them."""
    written = source.document.value if source.document else None
    if "templates" not in source.data and isinstance(written, Mapping) and written.get("templates"):
        why = "They are files of its machine."
        yield left_out(
            "Alertmanager's `templates`", source.at("templates"), why, "Name copies in `alertmanager.extra`."
        )


def _ready(server: Server) -> Server:
    """A server whose configuration names files from the folder on, and in which `${` is text."""
    config = server.config
    data = escaped(_with_secrets_elsewhere(with_paths(dict(config.data), server), server))
    data |= {key: config.data[key] for key in ("rule_files",) if key in config.data}
    return replace(server, config=Source(config.path, data, config.document))


def _with_secrets_elsewhere(block: Any, server: Server, owner: str = "") -> Any:
    """A block in which secrets are not in files that only the container has, or a secret of Compose's has."""
    if isinstance(block, list):
        return [_with_secrets_elsewhere(each, server, owner) for each in block]
    if not isinstance(block, Mapping):
        return block
    result = {}
    for key, value in block.items():
        plain_key = key.removesuffix("_file")
        is_elsewhere = server.container is not None and isinstance(value, str) and value.startswith("/")
        if key != plain_key and is_elsewhere and owner != "tls_config" and is_secret(owner, plain_key):
            result[plain_key] = _secret_of(value, server)
        else:
            result[key] = _with_secrets_elsewhere(value, server, key)
    return result


def _files_elsewhere(server: Server) -> Iterator[Diagnostic]:
    """Report the files that a configuration names by absolute paths: they are not in the folder of the set-up."""
    for place, path in absolute_files(server.config.data):
        if is_allowed() and is_file(Path(path)):
            continue
        why = "The set-up does not have it: it is in the container, or on the machine, of the server."
        remedy = "Copy it next to stack.yml, and write that path."
        yield changed(f"the file {path} stays where it is", server.config.at(*place), why, remedy)


def _secret_of(path: str, server: Server) -> str:
    """Return the secret in a file of a container: a variable of Compose's environment, or one that is not known."""
    name = server.container.secret_variables.get(path) if server.container else None
    return f"${{{name}}}" if name else NOT_KNOWN


def _without_repeated_variables(grafana: dict[str, Any]) -> None:
    """Take out of the container's environment what `extra_env` has, as a file where it is a secret."""
    docker = grafana.get("docker", {})
    environment = docker.get("environment", {})
    for name in environment.keys() & grafana.get("extra_env", {}).keys():
        del environment[name]
    if not environment:
        docker.pop("environment", None)
    if not docker:
        grafana.pop("docker", None)


def _add_servers(
    setup: Setup,
    compose: Source,
    sections: dict[str, Any],
    jobs: Jobs,
    names: Mapping[str, list[str]],
    secrets: Secrets,
    remarks: list[Diagnostic],
) -> None:
    """Add to the sections of components what their containers say: image, port, limits."""
    containers = {each.name: each for each in setup.containers}
    taken = {port.port for each in setup.containers if each.name not in jobs.components for port in each.published}
    files = {*texts(sections), *(each.config.path for each in (setup.prometheus, setup.alertmanager) if each)}
    for container, known in jobs.components.items():
        volumes = kept_mounts(containers[container], known, files, GRAFANA_PLACES if known.name == c.GRAFANA else ())
        settings, said = server_settings(
            containers[container], known, compose, taken, names.get(container, []), volumes, secrets
        )
        remarks += [
            left_out(f"`{path}`, mounted by `{container}`,", compose.at("services", container, "volumes"), _OF_THE_DATA)
            for path in lost_mounts(containers[container], known, files)
        ]
        remarks += said
        if known.name == c.PUSHGATEWAY:
            remarks += ignored_options(containers[container], known, compose)
        taken.add(int(settings.get("listen", known.port)))
        section = sections["exporters"] if known.is_exporter else sections
        scraped = section.get(known.name, {})
        # What it is comes first, as a reader wants to know that first.
        kind = {"kind": scraped["kind"]} if "kind" in scraped else {}
        section[known.name] = {**kind, **settings, **scraped}


def _asked_at_old_ports(setup: Setup, compose: Source, jobs: Jobs) -> Iterator[Diagnostic]:
    """Report the containers that ask a server of the stack at a port which is another one there."""
    for container in (each for each in setup.containers if each.name in jobs.components):
        known = jobs.components[container.name]
        if container.listens not in (0, known.port):
            for other, address in asking_at(setup, container, container.listens):
                if other.name not in jobs.components:
                    summary = f"`{other.name}` asks `{address}`, where nothing listens now"
                    why = f"In the stack {known.name} listens on port {known.port}."
                    remedy = f"Write `{known.service}:{known.port}` there."
                    yield changed(summary, compose.at("services", other.name), why, remedy)


def _add_data(
    setup: Setup, compose: Source, sections: dict[str, Any], jobs: Jobs, *, take_over: bool
) -> Iterator[Diagnostic]:
    """Let the servers take over the data of the set-up, if that is wanted, and yield what to say about it."""
    found = existing_data([each for each in setup.containers if each.name in jobs.components], compose, setup.project)
    is_used = any(each.is_used(sections["name"]) for each in found)
    if take_over:
        for component, settings in taken_over(found).items():
            sections[component] = {**sections[component], **settings}
        sections["name"] = f"{setup.project}-stack" if is_used else sections["name"]
    yield from data_remarks(found, compose, sections["name"], take_over=take_over)
    rest = [each for each in setup.containers if each.name not in jobs.components]
    yield from shared_data(found, rest, compose, sections["name"])
    others = other_volumes(setup.containers, compose, found)
    yield from volume_remarks(others, compose, setup.project, sections["name"])


def _add_containers(
    setup: Setup,
    compose: Source,
    sections: dict[str, Any],
    jobs: Jobs,
    names: Mapping[str, list[str]],
    secrets: Secrets,
    remarks: list[Diagnostic],
) -> None:
    rest = [each for each in setup.containers if each.name not in jobs.components]
    kinds = [*sections, *(str(each.get("kind") or key) for key, each in sections["exporters"].items())]
    taken = {known.service for kind in kinds if (known := registry.find(kind))}
    for each in rest:
        if each.name in taken:
            why = "The stack has a component of this name."
            remedy = "Write it under `containers` with another name, if the stack needs both."
            remarks.append(left_out(f"the container `{each.name}`", compose.at("services", each.name), why, remedy))
    rest = [each for each in rest if each.name not in taken]
    sections["containers"] = {
        each.name: adopt_container(
            each, compose, jobs.components, setup.variables, secrets, remarks, names.get(each.name, [])
        )
        for each in rest
    }
    remarks += _networks_left(compose)
    joined = external_networks(compose)
    if joined:
        sections["networks"] = {"join": [*dict.fromkeys(joined.values())]}


def _networks_left(compose: Source) -> Iterator[Diagnostic]:
    """Report networks with names of their own: containers of others may join them by these."""
    known = compose.data.get("networks")
    theirs = external_networks(compose)
    for key, described in known.items() if isinstance(known, Mapping) else ():
        if isinstance(described, Mapping) and described.get("name") and str(key) not in theirs:
            name = str(described["name"])
            why = "The stack has one network, of its own."
            remedy = f"If others join it, run `docker network create {name}`, and write `networks: {{join: [{name}]}}`."
            yield left_out(f"the network `{name}`", compose.at("networks", str(key)), why, remedy)

"""The names by which containers of a set-up reach each other, and which they keep in the stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.adopt.addresses import is_address, names_its_address
from stackctl.adopt.compose import Container
from stackctl.adopt.setup import Setup
from stackctl.adopt.source import texts
from stackctl.bounds.files import read_text
from stackctl.components.component import Component

# What may be the host in an address, in a URL, or alone.
_HOST = re.compile(r"(?:(?<=//)|(?<=[@=\s\"'`,;(\[{])|^)[A-Za-z0-9][A-Za-z0-9_.-]*(?=[:/\s\"'`,;)\]}]|$)", re.MULTILINE)
# A host with its port, or in a URL.
_IN_ADDRESS = re.compile(r"(?<=//)[A-Za-z0-9][A-Za-z0-9_.-]*|(?<![\w.-])[A-Za-z0-9][A-Za-z0-9_.-]*(?=:[0-9])")
# Fields of a Compose service that name no hosts, or in words of Compose's own.
_NOT_HOSTS = frozenset(
    {"image", "container_name", "hostname", "depends_on", "networks", "volumes", "links", "labels"}
    | {"configs", "secrets"}
)
# Files that are larger hold data, and no configuration.
_LARGEST = 200_000
_MOST_FILES = 200


def kept_names(setup: Setup, components: Mapping[str, Component]) -> dict[str, list[str]]:
    """Return the names that containers had besides the one in the stack, and that something in the set-up uses.

    `components` are the containers that the stack runs as components, by their names.
    """
    now = {each.name: name_in_stack(each.name, components) for each in setup.containers}
    used = {each.name: _hosts_of(setup, each) for each in setup.containers}
    kept = {}
    for container in setup.containers:
        others = set().union(*(hosts for name, hosts in used.items() if name != container.name))
        names = [each for each in container.own_names if each in others and each not in now.values()]
        if names:
            kept[container.name] = names
    return kept


def asking_at(setup: Setup, container: Container, port: int) -> Iterator[tuple[Container, str]]:
    """Yield the other containers that name a container with this port, and the address that they name."""
    for other in (each for each in setup.containers if each is not container):
        fields = {key: value for key, value in other.block.items() if key not in _NOT_HOSTS}
        whole = "\n".join([*texts(fields), *_files(setup, other)])
        address = next((at for name in container.own_names if (at := f"{name}:{port}") in whole), "")
        if address:
            yield other, address


def name_in_stack(name: str, components: Mapping[str, Component]) -> str:
    """Return the name by which a container of the set-up is reached in the stack."""
    component = components.get(name)
    return component.service if component else name


def with_names(networks: Any, names: list[str]) -> dict[str, Any]:
    """The `networks` of a container, whose list is given or None, with its names on that of the stack."""
    return {"default": {"aliases": names}, **{name: None for name in networks or () if name != "default"}}


def _hosts_of(setup: Setup, container: Container) -> set[str]:
    """The hosts that a container may ask, by its fields and its files."""
    fields = {key: value for key, value in container.block.items() if key not in _NOT_HOSTS}
    hosts = {host for text in texts(fields) for host in _HOST.findall(text)}
    servers = [each for each in (setup.prometheus, setup.alertmanager) if each and each.container is container]
    if servers:
        configured = [text for server in servers for text in texts(_without_targets(server.config.data))]
        return hosts | {host for text in configured for host in _IN_ADDRESS.findall(text)}
    return hosts | {host for text in _files(setup, container) for host in _HOST.findall(text)}


def _without_targets(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without the addresses of targets, which get their new names."""
    jobs = config.get("scrape_configs")
    return {**config, "scrape_configs": [_job_without_targets(job) for job in jobs or () if isinstance(job, Mapping)]}


def _job_without_targets(job: Mapping[str, Any]) -> list[Any]:
    named = {"relabel_configs"} if names_its_address(job) else set()
    rest = {key: value for key, value in job.items() if key not in {"static_configs", *named}}
    return [rest, *(text for text in texts(job.get("static_configs")) if not is_address(text))]


def _files(setup: Setup, container: Container) -> Iterator[str]:
    """The texts of the files of the set-up's folder that a container sees, but for dashboards."""
    paths = [path for path in setup.seen_by(container) if not path.endswith(".json")]
    for path in paths[:_MOST_FILES]:
        try:
            if (setup.folder / path).stat().st_size <= _LARGEST:
                yield read_text(setup.folder / path)
        except (OSError, UnicodeDecodeError):
            continue

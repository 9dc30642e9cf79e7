"""The settings of a component, from the container that ran it before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.adopt.compose import Container, attached_files, attached_path, named_volumes, published_ports
from stackctl.adopt.containers import external_networks, kept_references
from stackctl.adopt.names import with_names
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.secrets import Secrets
from stackctl.adopt.source import Source
from stackctl.adopt.variables import filled
from stackctl.components import registry
from stackctl.components.component import EXTERNAL_URL, Component
from stackctl.components.release import image_version
from stackctl.diagnostic import Diagnostic
from stackctl.secret_keys import is_secret_variable

# Fields with which an exporter stays a container.
_OF_A_CONTAINER = ("env_file", "build", "profiles", "network_mode")
# Variables that say nothing of what an exporter does.
_ANY = frozenset({"TZ", "LANG"})


def exporter_settings(container: Container) -> dict[str, Any] | None:
    """The settings with which stackctl starts an exporter as its container was started; None where it cannot.

    It cannot where the container shares the network of the machine or of another, whose figures it serves, or has files
    or variables of its own, or only runs with a profile.
    """
    known = registry.component(container.component)
    if any(container.block.get(key) for key in _OF_A_CONTAINER):
        return None
    others = [name for name in container.environment if not name.startswith(known.own_variables) and name not in _ANY]
    files = [mount.path for mount in container.mounts if not mount.path.startswith("/")]
    own = known.adopted(container.started_with_all)
    if own is None or others or files or named_volumes(container.block, container.variables):
        return None
    args = [
        f"--{name}={value}" if value else f"--{name}"
        for name, value in container.started_with_all.options
        if not name.startswith(known.own_options)
    ]
    whole = [*own.get("args", ()), *args]
    return {**own, **({"args": whole} if whole else {})}


def server_settings(
    container: Container | None,
    known: Component,
    compose: Source | None,
    taken: Collection[int],
    names: list[str],
    volumes: list[Any],
    secrets: Secrets,
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The settings that every server has, image, `listen` and `resources`, with what is not as it was.

    `taken` are ports of this machine that others have, and `names` those by which others ask it, besides its own.
    `volumes` are the mounts that it keeps.
    """
    if container is None or compose is None:
        return {}, []
    remarks: list[Diagnostic] = []
    settings: dict[str, Any] = {}
    image = _image(container, known, compose, remarks)
    if image:
        settings["image"] = image
    port = _port(container, known, compose, remarks)
    if port in taken:
        port = next(each for each in range(port + 1, 65536) if each not in taken)
    if port != known.port:
        settings["listen"] = port
    for key, why in _LEFT_OUT.items():
        is_kept = known.is_exporter and key in _KEPT
        if container.block.get(key) and not is_kept and not (key == "secrets" and _are_read(container, compose)):
            place = compose.at("services", container.name, key)
            remarks.append(left_out(f"`{key}` of the container `{container.name}`", place, why))
    remarks += _left_of_deploy(container, compose)
    remarks += _left_of_network(container, known, compose)
    resources = _resources(container.block)
    if resources:
        settings["resources"] = resources
    docker = _more_fields(container, known, compose, names, volumes, secrets)
    if docker:
        settings["docker"] = docker
    return settings, remarks


# Options that say what servers do without them.
_AS_ANYWAY = frozenset({("log.level", "info"), ("log.format", "logfmt")})
# The option of servers that names the file with their login and TLS.
_WEB_FILE = "web.config.file"
# Fields of an exporter's container that stay as they are.
_KEPT = ("labels", "dns", "dns_search", "dns_opt", "extra_hosts", "logging", "ulimits", "sysctls", "user")
# Fields of a server's container that the manifest says in other words, or that the stack sets for itself.
_SAID_OTHERWISE = frozenset(
    {"image", "build", "command", "entrypoint", "container_name", "hostname", "ports", "expose", "networks", "links"}
    | {"environment", "volumes", "configs", "secrets", "user", "deploy", "mem_limit", "cpus", "healthcheck", "restart"}
    | {"depends_on", "network_mode", "profiles", "scale", "working_dir", "pull_policy", "tty", "stdin_open"}
)
_LEFT_OUT = {
    "secrets": "The stack has the secrets of its components in files of its own.",
    "user": "The data of the component belongs to the user of its image.",
    "profiles": "The servers of a stack always run.",
}


# Of `deploy`, what is adopted, or says how a swarm replaces containers, which there is only one of here.
_DEPLOYED = frozenset({"resources", "mode", "replicas", "restart_policy", "update_config", "rollback_config"})


def _left_of_network(container: Container, known: Component, compose: Source) -> Iterator[Diagnostic]:
    """Report the ports that a server has besides its own, and that it no longer shares the network of the machine."""
    own = container.listens or known.port
    first = next((each for each in container.published if each.target == own), None)
    ports = container.block.get("ports")
    others = [
        f"`{_as_written(port, container)}`"
        for port in (ports if isinstance(ports, list) else ())
        if first not in published_ports(port, container.variables)
    ]
    if others:
        why = "The stack publishes one port of a server."
        at = compose.at("services", container.name, "ports")
        yield left_out(f"{', '.join(others)} of the ports of `{container.name}`", at, why)
    mode = container.block.get("network_mode")
    if mode and not container.on_host:
        why = "The stack has one network, in which all of its servers are."
        at = compose.at("services", container.name, "network_mode")
        yield left_out(f"`network_mode: {mode}` of the container `{container.name}`", at, why)
    if container.on_host and not known.is_exporter:
        yield changed(
            f"{known.name} has a network of its own instead of the machine's",
            compose.at("services", container.name, "network_mode"),
            "`localhost` is its own container there. Targets and the stack's own servers are adopted accordingly.",
            f"Where another setting names `localhost`, write `{c.HOST_FROM_CONTAINER}`.",
        )


def _as_written(port: Any, container: Container) -> str:
    if not isinstance(port, Mapping):
        return filled(str(port), container.variables)
    parts = [str(port.get(key)) for key in ("host_ip", "published", "target") if port.get(key)]
    return ":".join(parts) + ("" if port.get("protocol") in (None, "tcp") else f"/{port['protocol']}")


def _left_of_deploy(container: Container, compose: Source) -> list[Diagnostic]:
    """Report what a stack does not have of `deploy`: several of a server, and what only a swarm uses."""
    deploy = container.block.get("deploy")
    if not isinstance(deploy, Mapping):
        return []
    place, found = ("services", container.name, "deploy"), []
    if _is_number(deploy.get("replicas")) and float(deploy["replicas"]) > 1:
        what = f"`deploy.replicas: {deploy['replicas']}` of the container `{container.name}`"
        found.append(left_out(what, compose.at(*place, "replicas"), "A stack has one of each server."))
    if keys := [key for key in deploy if key not in _DEPLOYED]:
        what = f"{', '.join(f'`deploy.{key}`' for key in keys)} of the container `{container.name}`"
        found.append(left_out(what, compose.at(*place, str(keys[0])), "Only a swarm uses it."))
    return found


def _more_fields(
    container: Container,
    known: Component,
    compose: Source,
    names: list[str],
    volumes: list[Any],
    secrets: Secrets,
) -> dict[str, Any]:
    """The fields of a component's container that it keeps, in Compose's words."""
    block = container.block
    # Grafana's own variables in it are settings.
    said = _SAID_OTHERWISE | ({"env_file"} if known.name == c.GRAFANA else set())
    keys = _KEPT if known.is_exporter else [key for key in block if key not in said]
    kept = {key: block[key] for key in keys if block.get(key) and not _is_the_machine(block[key])}
    kept |= {"volumes": volumes} if volumes else {}
    fields: dict[str, Any] = dict(kept_references(kept, container.variables))
    joined = [name for key, name in external_networks(compose).items() if key in (block.get("networks") or ())]
    if joined and not known.container.joins_networks and not container.on_host:
        fields["networks"] = joined
    if names:
        fields["networks"] = with_names(fields.get("networks"), names)
    at = compose.at("services", container.name, "environment")
    environment = {
        name: secrets.moved(value, name, at) if is_secret_variable(name, value) and "$" not in value else value
        for name, value in container.started.environment.items()
        if not (known.own_variables and name.startswith(known.own_variables))
    }
    if environment:
        fields["environment"] = environment
    return fields


def _are_read(container: Container, compose: Source) -> bool:
    """Return whether the set-up has the files of all secrets of a container: what names them is adopted with them."""
    return all(
        described["kind"] != "secrets" or attached_path(described, container.variables) or described.get("environment")
        for described, _ in attached_files(container.block, compose)
    )


def _is_the_machine(written: Any) -> bool:
    """Return whether extra hosts are this machine only, which every container of a stack reaches."""
    return isinstance(written, list) and all(str(each).startswith(c.HOST_FROM_CONTAINER) for each in written)


def _image(container: Container, known: Component, compose: Source, remarks: list[Diagnostic]) -> str:
    at = compose.at("services", container.name, "image")
    if container.block.get("build"):
        remarks.append(left_out(f"the image that is built for `{container.name}`", at, "The published image is used."))
        return ""
    written = filled(container.image, container.variables)
    if container.is_repackaged and not known.is_exporter:
        why = "The image of the set-up has its files in places of its own, which the stack does not know."
        remarks.append(changed(f"{known.name} runs as {known.image} instead of {written}", at, why))
        return ""
    version = image_version(written)
    if () < version < known.minimum:
        oldest = ".".join(map(str, known.minimum))
        remarks.append(
            changed(
                f"{known.name} runs as {known.image} instead of {written}",
                at,
                f"stackctl works with {known.name} {oldest} and newer.",
                "Read the release notes of the versions between them.",
            )
        )
        return ""
    return container.image if written != known.image else ""


def _port(container: Container, known: Component, compose: Source, remarks: list[Diagnostic]) -> int:
    inside = container.listens or known.port
    if inside != known.port:
        remarks.append(
            changed(
                f"{known.name} listens on port {known.port} in its container instead of {inside}",
                compose.at("services", container.name, "command"),
                "Containers that ask it need the new port.",
            )
        )
    published = next((each for each in container.published if each.target == inside), None)
    if published is None:
        return known.port
    if not published.host.startswith("127."):
        remarks.append(
            changed(
                f"{known.name} listens on this machine only, at port {published.port}",
                compose.at("services", container.name, "ports"),
                "It could be reached from other machines before.",
                f"If that is needed, write `listen: 0.0.0.0:{published.port}`, and give it a login.",
            )
        )
    return published.port


def _resources(block: Mapping[str, Any]) -> dict[str, Any]:
    limits = block.get("deploy")
    for key in ("resources", "limits"):
        limits = limits.get(key) if isinstance(limits, Mapping) else None
    limits = limits if isinstance(limits, Mapping) else {}
    memory, cpus = limits.get("memory") or block.get("mem_limit"), limits.get("cpus") or block.get("cpus")
    return {
        **({"memory": str(memory).lower()} if memory else {}),
        **({"cpus": cpus if not isinstance(cpus, str) else float(cpus)} if _is_number(cpus) else {}),
    }


def _is_number(value: Any) -> bool:
    try:
        return float(value) > 0
    except (TypeError, ValueError):
        return False


def ignored_options(container: Container | None, known: Component, compose: Source | None) -> list[Diagnostic]:
    """Report the options of a server that its settings do not say."""
    if container is None or compose is None:
        return []
    place = compose.at("services", container.name, "command")
    found = [
        left_out(f"the option `--{name}` of {known.name}", place, "stack.yml has no key for it.")
        for name, value in container.started.options
        if (name, value) not in _AS_ANYWAY
        and (not name.startswith(known.own_options) or _is_other_url(name, value, container))
    ]
    for file in container.started.given(_WEB_FILE):
        why = "Passwords are hashes there, and stackctl has to log in."
        remedy = "Write them as `prometheus.auth`." if known.name == c.PROMETHEUS else ""
        found.append(
            left_out(f"the login or TLS of {known.name} in {container.seen(file) or file}", place, why, remedy)
        )
    prefix = container.path_prefix
    if prefix:
        summary = f"{known.name} serves at `/` instead of `{prefix}`"
        found.append(changed(summary, place, "A proxy in front of it has to take the path off."))
    return [*found, *own_start(container, compose)]


def _is_other_url(name: str, value: str, container: Container) -> bool:
    """Return whether an option is the address of a server, and not one that its settings can have; nor empty."""
    is_url = name == EXTERNAL_URL and not value.startswith("http")
    return is_url and bool(filled(value, container.variables))


def own_start(container: Container, compose: Source) -> list[Diagnostic]:
    """Report that a container starts its server by a script of its own, or Grafana with any command."""
    keys = [key for key in ("entrypoint", "command") if container.block.get(key)]
    if not container.runs_a_script and not (keys and container.component == c.GRAFANA):
        return []
    what = " and ".join(f"`{key}`" for key in keys) or "the start script"
    at = compose.at("services", container.name, keys[0] if keys else "build")
    why = "stackctl starts the servers itself, by their images' own programs."
    remedy = "If it prepares files, plugins or variables, write those in the manifest."
    return [left_out(f"what {what} of `{container.name}` does", at, why, remedy)]

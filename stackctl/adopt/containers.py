"""The containers of a Compose file that are no component of the stack: they stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackctl.adopt.compose import ATTACHED, Container, attached_files, attached_path, named_volumes
from stackctl.adopt.existing_data import is_named
from stackctl.adopt.names import name_in_stack, with_names
from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.secrets import Secrets
from stackctl.adopt.source import Source, with_texts
from stackctl.adopt.variables import filled, in_compose, with_marks, without_marks
from stackctl.components.component import Component
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.secret_places import arguments_with_secrets, assigned
from stackctl.secret_keys import is_secret_variable
from stackctl.source import Position

# The fields of a container that hold words of programs, and secrets among them.
_WORDS = ("command", "entrypoint", "healthcheck")
# The fields of a container with which it shares something of another.
_OF_SERVICES = ("network_mode", "pid", "ipc", "cgroup")


def adopt_container(
    container: Container,
    compose: Source,
    components: Mapping[str, Component],
    variables: Mapping[str, str],
    secrets: Secrets,
    remarks: list[Diagnostic],
    names: list[str],
) -> dict[str, Any]:
    """Return the fields of a container as they are in the stack.

    `components` are the containers that the stack runs as components of its own, by their names; `names` are those by
    which others ask the container, besides its own.
    """
    place = ("services", container.name)
    block: dict[str, Any] = {key: value for key, value in container.block.items() if value is not None}
    block.pop("container_name", None)
    remarks += _of_swarm(block, container, compose)
    remarks += _volume_options(block, compose, variables)
    remarks += _mount_attached(block, container, compose, variables)
    _join_networks(block, compose, names)
    _name_others(block, components)
    if block.get("environment"):
        moved = {
            key: secrets.moved(value, key, compose.at(*place, "environment"))
            if is_secret_variable(key, value) and "$" not in value
            else value
            for key, value in container.environment.items()
        }
        if moved != container.environment:
            block["environment"] = moved
    block |= {
        key: _without_secrets(block[key], key, container.name, secrets, compose.at(*place, key))
        for key in _WORDS
        if block.get(key)
    }
    known = {**variables, **secrets.found}
    # Without its variable such a volume is refused, by Compose too.
    nameless = [each for each in block.get("volumes") or () if filled(str(each), variables).startswith(":")]
    kept = dict(kept_references(block, known))
    if nameless:
        kept["volumes"] = [each if each in nameless else kept_references(each, known) for each in block["volumes"]]
    return kept


def _of_swarm(block: dict[str, Any], container: Container, compose: Source) -> Iterator[Diagnostic]:
    """Remove the name of a host that only a swarm fills in, and say what else it would have filled in."""
    place = ("services", container.name)
    if "{{" in str(block.get("hostname")):
        del block["hostname"]
        why = "Only a swarm fills it in: to Compose it is no name of a host."
        yield left_out(f"`hostname` of `{container.name}`", compose.at(*place, "hostname"), why)
    unfilled = [name for name, value in container.environment.items() if value.startswith("{{.")]
    if unfilled:
        what = f"the value of {', '.join(f'`{name}`' for name in unfilled)} of `{container.name}` is the text as it is"
        why = "Only a swarm fills it in."
        yield changed(what, compose.at(*place, "environment"), why, "Write a value under `containers`.")


def _join_networks(block: dict[str, Any], compose: Source, names: list[str]) -> None:
    """Leave a container the networks of others: in that of the stack all containers reach each other by name."""
    if "networks" in block:
        joined = [real for key, real in external_networks(compose).items() if key in block["networks"]]
        del block["networks"]
        if joined and "network_mode" not in block:
            block["networks"] = ["default", *joined]
    if names and "network_mode" not in block:
        block["networks"] = with_names(block.get("networks"), names)


def _name_others(block: dict[str, Any], components: Mapping[str, Component]) -> None:
    """Name the containers that this one needs as the stack does."""
    links = _links(block, components)
    if links:
        block["links"] = links
    block |= {key: _of_service(block[key], components) for key in _OF_SERVICES if key in block}
    if isinstance(block.get("volumes_from"), list):
        block["volumes_from"] = [_renamed(str(each), components) for each in block["volumes_from"]]
    if "depends_on" in block:
        block["depends_on"] = _depends_on(block["depends_on"], components)
        if not block["depends_on"]:
            del block["depends_on"]


def _without_secrets(written: Any, key: str, name: str, secrets: Secrets, position: Position) -> Any:
    """Return the words that a container is started or tested with, a text or a list, with secrets in variables."""
    if isinstance(written, Mapping):
        return {each: _without_secrets(item, key, name, secrets, position) for each, item in written.items()}
    path = ("containers", name, key, "")
    references: list[str] = []  # with defaults, in which there is no secret to move
    if isinstance(written, str):
        text = with_marks(written, references)
        return without_marks(_replaced(text, assigned(path, text), name, secrets, position), references)
    if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
        return written
    words = [with_marks(each, references) for each in written]
    values, line = arguments_with_secrets(path, words), assigned(path, " ".join(words))
    result = []
    for index, word in enumerate(words):
        within = [each for each in line if each in word] or [word]
        result.append(_replaced(word, within if index in values else assigned(path, word), name, secrets, position))
    return [without_marks(each, references) for each in result]


def _replaced(text: str, found: Iterable[str], name: str, secrets: Secrets, position: Position) -> str:
    """Return a text with the secrets that were `found` in variables. What is like one before it is no secret."""
    for secret in filter(None, found):
        before, there, after = text.rpartition(secret)
        if there and "$" not in secret:
            text = before + secrets.moved(secret, f"{name}_password", position) + after
    return text


def kept_references(value: Any, variables: Mapping[str, str]) -> Any:
    """A value with references to variables as the manifest writes them; those that nobody has set are empty."""
    return with_texts(value, lambda text: in_compose(text, variables))


def _is_external(compose: Source, name: str) -> bool:
    known = compose.data.get("networks")
    described = known.get(name) if isinstance(known, Mapping) else None
    return isinstance(described, Mapping) and bool(described.get("external"))


def external_networks(compose: Source) -> dict[str, str]:
    """The networks of others that a Compose file joins: its word for each -> the network's name."""
    known = compose.data.get("networks")
    found = {}
    for name, described in known.items() if isinstance(known, Mapping) else ():
        if _is_external(compose, str(name)):
            external = described["external"]
            real = described.get("name") or (external.get("name") if isinstance(external, Mapping) else None)
            found[str(name)] = str(real or name)
    return found


def _links(block: Mapping[str, Any], components: Mapping[str, Component]) -> list[str]:
    """The links of a container, to the names of the stack."""
    written = block.get("links")
    parted = [str(link).partition(":") for link in written] if isinstance(written, list) else []
    return [f"{name_in_stack(name, components)}:{alias or name}" for name, _, alias in parted]


def _volume_options(block: Mapping[str, Any], compose: Source, variables: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Report what the Compose file says of the volumes of a container: the stack makes them without."""
    known = compose.data.get("volumes")
    for name in named_volumes(block, variables).values():
        described = known.get(name) if isinstance(known, Mapping) else None
        if described and described != {"driver": "local"}:
            why = "Docker goes on with a volume that is there. The stack makes one without this."
            why = "The stack makes a volume of its own, which is empty." if is_named(described) else why
            yield left_out(f"what is said of the volume `{name}`", compose.at("volumes", name), why)


def _mount_attached(
    block: dict[str, Any], container: Container, compose: Source, variables: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Mount the files that a container has by `configs` and `secrets`: the stack has no such sections."""
    volumes = []
    for described, target in attached_files(container.block, compose):
        path = attached_path(described, variables)
        if path:
            volumes.append(f"{path if path.startswith(('.', '/', '~')) else f'./{path}'}:{target}:ro")
        else:
            what = f"`{described['name']}`, of the `{described['kind']}` of `{container.name}`,"
            at = compose.at("services", container.name, described["kind"])
            yield left_out(what, at, "It is kept outside of the set-up.", "Mount a file that has it.")
    for kind in ATTACHED:
        block.pop(kind, None)
    if volumes:
        block["volumes"] = [*(block.get("volumes") or ()), *volumes]


def _of_service(written: Any, components: Mapping[str, Component]) -> Any:
    """Return a namespace that a container shares, perhaps with another by its name in the stack."""
    kind, colon, name = str(written).partition(":")
    return f"service:{_renamed(name, components)}" if colon and kind == "service" else written


def _renamed(written: str, components: Mapping[str, Component]) -> str:
    name, colon, mode = written.partition(":")
    return f"{name_in_stack(name, components)}{colon}{mode}"


def _depends_on(written: Any, components: Mapping[str, Component]) -> Any:
    """Return the names in the stack of the containers that one waits for."""
    if isinstance(written, Mapping):
        return {name_in_stack(str(name), components): condition for name, condition in written.items()}
    return [name_in_stack(str(name), components) for name in written] if isinstance(written, list) else written

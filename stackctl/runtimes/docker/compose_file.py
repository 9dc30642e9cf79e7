"""Compose's refusals of a stack's file: by its specification's schema, and by `docker compose config`."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stackctl import conventions as c
from stackctl.bounds import files
from stackctl.diagnostic import Diagnostic
from stackctl.program import Ended
from stackctl.runtimes.docker import command, engine
from stackctl.runtimes.docker.compose_schema import Fault, faults
from stackctl.runtimes.docker.compose_schema import Path as Place
from stackctl.runtimes.recall import recall
from stackctl.source import Position
from stackctl.tree import digest, load_yaml

# Calls of Compose that are made at most to find the service that a message is about.
_TRIED_ALONE = 25
CONFIG = "docker compose config"
_SERVICE = re.compile(r"""services?[. ]["']?([A-Za-z0-9._-]+?)["']?(?:[.:\s]|$)""")
_PLACE = re.compile(r"services\.([A-Za-z0-9_-]+)((?:\.[A-Za-z0-9_-]+|\[\d+\])*)")
_LEAD = re.compile(r"^(?:validating \S+: |\S*compose\.yaml: )")
_NOISE = re.compile(r"^time=|^WARN|^\s*$")


@dataclass(frozen=True)
class BadCompose:
    """Refusal of Compose at `path` of compose.yaml. `key` says that it is the key there, and not its value."""

    path: Place
    words: str
    remedy: str = ""
    key: bool = False

    def at(self, position: Position | None, shown: str = "") -> Diagnostic:
        """The same as a problem at `position`, where it was written; `shown` is that place in words."""
        where = shown or ".".join(map(str, self.path))
        summary = f"{where}: {self.words}" if where else f"Compose does not accept this: {self.words}"
        return Diagnostic("compose.refused", summary, position, remedy=self.remedy)


def compose_refusals(content: bytes, root: Path) -> list[BadCompose | Diagnostic]:
    """All that Compose refuses in a compose.yaml of a stack whose manifest is in the folder `root`.

    Where there is no `docker compose`, what its specification says. A stack without that file has empty `content`.
    """
    if not content:
        return []

    def key() -> str:
        variables = root / c.ENV_FILE
        return digest("compose", content, files.read_bytes(variables) if variables.is_file() else b"")

    def is_kept(found: list[BadCompose | Diagnostic]) -> bool:
        return not any(isinstance(each, Diagnostic) for each in found)

    return recall(key, lambda: _refusals(content, root), is_kept)


def _refusals(content: bytes, root: Path) -> list[BadCompose | Diagnostic]:
    project = load_yaml(content)
    found = [_refusal(fault) for fault in faults(project)]
    if not isinstance(project, dict) or not has_config():
        return [*found]
    if found:
        content = _written(_without(project, {each.path[1] for each in found if len(each.path) > 1}))
    return [*found, *_refused_by_config(content, root)]


def has_config() -> bool:
    """Return whether this machine has a `docker compose`."""
    return shutil.which("docker") is not None and engine.has_compose()


def environment(root: Path, source: Path | str = ".", **more: str) -> dict[str, str]:
    """The variables of a call of Compose on a file of a stack whose manifest is in `root`."""
    return {**os.environ, "STACKCTL_SOURCE": str(source), "STACKCTL_ROOT": str(root), "COMPOSE_PROFILES": "*", **more}


def _refusal(fault: Fault) -> BadCompose:
    return BadCompose(fault.path, fault.words, fault.remedy, fault.key)


def _without(project: Mapping[str, Any], services: Collection[str | int]) -> dict[str, Any]:
    """A project without some services, and without what others say of them."""
    kept = {name: service for name, service in project.get("services", {}).items() if name not in services}
    return {**project, "services": {name: _independent(service, services) for name, service in kept.items()}}


def _independent(service: Any, gone: Collection[str | int]) -> Any:
    wanted = service.get("depends_on") if isinstance(service, dict) else None
    if isinstance(wanted, list):
        return {**service, "depends_on": [name for name in wanted if name not in gone]}
    if isinstance(wanted, dict):
        return {**service, "depends_on": {name: how for name, how in wanted.items() if name not in gone}}
    return service


def _refused_by_config(content: bytes, root: Path) -> list[BadCompose | Diagnostic]:
    """Return the refusals of `docker compose config`. It reports one mistake at a time, so bad services are removed."""
    found: list[BadCompose | Diagnostic] = []
    while (project := load_yaml(content))["services"]:
        ended = _config(content, root)
        if isinstance(ended, Diagnostic):
            return [*found, ended]
        if ended.code == 0:
            break
        refusal = _placed(_read(ended.output, project["services"]), project, root)
        found.append(refusal)
        if len(refusal.path) < 2:
            break
        content = _written(_without(project, {refusal.path[1]}))
    return found


def _placed(refusal: BadCompose, project: Mapping[str, Any], root: Path) -> BadCompose:
    """A refusal that names no service, at the one that is refused alone with the same words."""
    services = project["services"]
    if refusal.path or len(services) > _TRIED_ALONE:
        return refusal
    for name in services:
        ended = _config(_written(_without(project, services.keys() - {name})), root)
        if isinstance(ended, Ended) and ended.code and _read(ended.output, ()) == refusal:
            return replace(refusal, path=("services", name))
    return refusal


def _written(project: Mapping[str, Any]) -> bytes:
    """A project as JSON, which YAML reads too."""
    return json.dumps(project, default=str).encode()


def _config(content: bytes, root: Path) -> Ended | Diagnostic:
    with TemporaryDirectory(prefix="stackctl-check-") as folder:
        path = Path(folder) / c.COMPOSE_FILE
        path.write_bytes(content)
        env_file = root / c.ENV_FILE
        given = ["--env-file", str(env_file)] if env_file.is_file() else []
        return command.check(CONFIG, "compose", "--file", str(path), *given, "config", "--quiet", env=environment(root))


def _read(output: str, services: Collection[str]) -> BadCompose:
    """Compose's own words, at the service that they name."""
    lines = [line.strip() for line in output.splitlines() if not _NOISE.search(line)]
    words = _LEAD.sub("", lines[-1]) if lines else "it failed without any output"
    place = _PLACE.search(words)
    if place and place[1] in services:
        parts = re.findall(r"[A-Za-z0-9_-]+", place[2])
        path: Place = ("services", place[1], *(int(part) if part.isdigit() else part for part in parts))
        return BadCompose(path, words)
    named = next((match[1] for match in _SERVICE.finditer(words) if match[1] in services), None)
    return BadCompose(("services", named) if named else (), words)

"""The servers' own checkers, given many trees in one call."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl import tools
from stackctl.tree import load_yaml
from tests.pinned import pinned

_DEADLINE_SECONDS = 120
# Keys of a service of Compose that name others.
_REFERS = {"depends_on", "links", "network_mode", "ipc", "pid", "volumes_from", "extends"}
# Both say which file comes next, and promtool also which rules.
_BEGINS = re.compile(r"^Checking '?(?P<path>/[^']+?)'?(?:$|\s+(?:SUCCESS|FAILED)|panic:)", re.MULTILINE)


@dataclass(frozen=True)
class Checker:
    """A `program` that reads a `file` of each tree of a runtime; `arguments` come before the paths of all."""

    program: str
    runtime: str
    file: str
    arguments: tuple[str, ...]


def checkers() -> list[Checker]:
    """promtool and amtool; a tree for Docker is read by those of the image's version, where there are such."""
    found = []
    for runtime in (c.DOCKER, c.NATIVE):
        own = pinned("promtool") if runtime == c.DOCKER else None
        promtool = str(own or tools.require("promtool").path)
        amtool = str(tools.require("amtool").path)
        found += [
            Checker(promtool, runtime, c.PROMETHEUS_FILE, ("check", "config")),
            Checker(promtool, runtime, c.WEB_FILE, ("check", "web-config")),
            Checker(amtool, runtime, c.ALERTMANAGER_FILE, ("check-config",)),
        ]
    return found


def refused_by(checker: Checker, folders: Sequence[Path]) -> dict[Path, str]:
    """The folders whose tree a checker refuses, with its words.

    All trees are read by one call. When it fails, those that its words are about are read alone, and the others again
    by one call, until these are accepted.
    """
    left = {folder: str(file) for folder in folders if (file := folder / checker.runtime / checker.file).is_file()}
    found: dict[Path, str] = {}
    while left and (said := _words(checker, list(left.values()))) is not None:
        named = [folder for folder in left if any(str(folder) + os.sep in line for line in _failures(said))]
        alone = {folder: words for folder in named if (words := _words(checker, [left[folder]])) is not None}
        if not alone:
            alone = _halved(checker, left)
        found |= alone
        left = {folder: file for folder, file in left.items() if folder not in alone}
    return found


def _halved(checker: Checker, files: dict[Path, str]) -> dict[Path, str]:
    """The same by halves, where the words do not say which it is."""
    said = _words(checker, list(files.values()))
    if said is None or len(files) == 1:
        return {} if said is None else dict.fromkeys(files, said)
    items = list(files.items())
    middle = len(items) // 2
    return _halved(checker, dict(items[:middle])) | _halved(checker, dict(items[middle:]))


def _failures(said: str) -> Iterator[str]:
    """The lines that say which file is read, of the parts that do not end well."""
    begins = [match.start() for match in _BEGINS.finditer(said)]
    for begin, end in zip(begins, [*begins[1:], len(said)], strict=False):
        if "FAILED" in said[begin:end] or "panic:" in said[begin:end]:
            yield said[begin:].partition("\n")[0]


def _words(checker: Checker, files: Sequence[str]) -> str | None:
    """What a checker says of files that it does not accept, None when it accepts all of them."""
    command = [checker.program, *checker.arguments, *files]
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=_DEADLINE_SECONDS
    )
    return ran.stdout if ran.returncode else None


class Compose:
    """`docker compose config`: it reads one project a call, and is not asked for services that it has accepted."""

    def __init__(self, root: Path) -> None:
        self._environment = {**os.environ, "STACKCTL_SOURCE": ".", "STACKCTL_ROOT": str(root), "COMPOSE_PROFILES": "*"}
        self._accepted: set[str] = set()
        self.calls = 0

    def refused(self, folders: Sequence[Path]) -> dict[Path, str]:
        """The folders whose compose.yaml it refuses, with its words."""
        with ThreadPoolExecutor(2) as pool:
            return {folder: said for folder, said in zip(folders, pool.map(self._words, folders), strict=True) if said}

    def _words(self, folder: Path) -> str:
        file = folder / c.DOCKER / c.COMPOSE_FILE
        parts = _parts(load_yaml(file.read_bytes()))
        if parts <= self._accepted:
            return ""
        command = ["docker", "compose", "--file", str(file), "config", "--quiet"]
        self.calls += 1
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, env=self._environment, timeout=_DEADLINE_SECONDS
        )
        if ran.returncode:
            return ran.stdout + ran.stderr
        self._accepted |= parts
        return ""


def _parts(project: dict[str, Any]) -> set[str]:
    """What Compose judges by itself: each service, with the names that it may refer to, and all that is no service."""
    services: dict[str, Any] = project.pop("services")
    shared = [sorted(project.get(key, ())) for key in ("volumes", "networks")]
    found = {json.dumps(project, sort_keys=True)}
    for service in services.values():
        # It differs with every setting, and is no name of anything.
        labels = service.get("labels", {})
        if isinstance(labels, dict):
            labels.pop("stackctl.spec", None)
        names = sorted(services) if _REFERS & service.keys() else []
        found.add(json.dumps([service, names, shared], sort_keys=True))
    return found

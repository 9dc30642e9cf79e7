"""One exporter of a manifest as it is started, in Docker and natively."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackctl.components import registry
from stackctl.manifest import load, read
from stackctl.model import Stack
from stackctl.render import render
from stackctl.tree import Tree

RUNTIMES = ("docker", "native")
# Each runtime, with the host by which its units reach this machine.
MACHINE = [("docker", "host.docker.internal"), ("native", "localhost")]


@dataclass(frozen=True)
class Started:
    """What an exporter is started with, and the tree that it reads."""

    command: tuple[str, ...]
    environment: dict[str, str]
    tree: Tree

    def text(self, path: str) -> str:
        return self.tree.files[path].content.decode()


def stack_with(folder: Path, name: str, settings: str) -> Stack:
    """Return the stack of a manifest that has only the exporter `name`, with `settings` in YAML."""
    return load(_manifest(folder, name, settings), {})


def problems_of(folder: Path, name: str, settings: str) -> list[str]:
    """Return the summaries of what is wrong with these settings."""
    return [problem.summary for problem in read(_manifest(folder, name, settings), {}).problems]


def started(folder: Path, name: str, settings: str, runtime: str) -> Started:
    """Return how a runtime starts the exporter `name`."""
    tree = render(stack_with(folder, name, settings), runtime)
    if runtime == "native":
        unit = tree.unit(name)
        assert unit
        return Started(unit.command, dict(unit.env), tree)
    known = registry.find(name)
    service = tree.yaml("compose.yaml")["services"][known.service if known else name]
    return Started(tuple(service["command"]), service.get("environment") or {}, tree)


def jobs_of(folder: Path, name: str, settings: str) -> list[dict[str, Any]]:
    """Return the scrape jobs of the exporter `name`."""
    tree = render(stack_with(folder, name, settings), "native")
    jobs = tree.yaml("prometheus/prometheus.yml")["scrape_configs"]
    return [job for job in jobs if job["job_name"] != "prometheus"]


def _manifest(folder: Path, name: str, settings: str) -> Path:
    path = folder / "stack.yml"
    path.write_text(f"version: 1\nname: shop\nexporters: {{{name}: {settings}}}\n")
    return path

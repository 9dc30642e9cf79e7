"""Versions of a stack's components, compared with what is supported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from stackctl.components import registry
from stackctl.model import Server
from stackctl.runtimes import registry as runtimes


@dataclass(frozen=True)
class Row:
    """A component. `version` is "" where it is not known; `ends` is the last day of its support, if that is known."""

    component: str
    version: str
    is_over: bool
    ends: date | None
    default: str


def rows_of(manifest: Path) -> list[Row]:
    """Return the components of the stack that `manifest` declares. Raises InputError for a bad manifest."""
    from stackctl.manifest import load
    from stackctl.state import State
    from stackctl.support import support_of

    stack = load(manifest)
    running = State.beside(manifest).running()
    runtime = runtimes.find(running.runtime) if running else None
    runs_images = runtime is None or runtime.runs_images
    rows = []
    for component in stack.components:
        version = _of_image(component) if runs_images else _of_binary(component)
        found = support_of(component.name, version, date.today())
        default = _shown(_numbers(registry.of(component).version))
        rows.append(Row(component.name, found.version, found.is_over, found.ends, default))
    return rows


def _of_image(component: Server) -> tuple[int, ...]:
    from stackctl.components.release import image_version

    return image_version(component.image)


def _of_binary(component: Server) -> tuple[int, ...]:
    from stackctl.errors import Unavailable
    from stackctl.tools import locate

    try:
        tool = locate(registry.of(component).tool)
        return _numbers(tool.version) if tool else ()
    except Unavailable:
        return ()


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def _shown(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))

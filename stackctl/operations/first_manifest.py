"""The first manifest of a stack: what is monitored, free ports, files that are written without overwriting any."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.starter import Found, Listening, MetricsUrl

FILE_MODE = 0o644


def find(urls: Iterable[MetricsUrl]) -> list[Found]:
    """Return what `urls` serve, or where there are none what serves metrics on this machine."""
    from stackctl.starter import find_local, look_at

    return [look_at(url) for url in dict.fromkeys(urls)] or find_local()


def drafted(folder: Path, found: Sequence[Found]) -> dict[str, bytes]:
    """Return the files of a stack in `folder` that monitors what was `found`."""
    from stackctl.starter import Draft, draft_files, stack_name

    return draft_files(Draft(stack_name(folder.resolve().name), found, choose_ports()))


def choose_ports() -> dict[str, Listening]:
    """A port on loopback for each component of a first manifest: its usual one, else the next that is free."""
    from stackctl.components import registry

    chosen: dict[str, Listening] = {}
    for component in (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA, "node"):
        usual = registry.component(component).port
        spoken_for = {each.port for each in registry.running()} | {each.port for each in chosen.values()}
        chosen[component] = first_free([usual, *(port for port in range(usual, 65536) if port not in spoken_for)])
    return chosen


def first_free(ports: Iterable[int]) -> Listening:
    """The first of `ports` that is free on loopback, with those that were not."""
    from stackctl.errors import Unavailable
    from stackctl.runtimes.ports import refusal
    from stackctl.starter import Listening

    taken: list[int] = []
    for port in ports:
        if refusal(f"{c.LOOPBACK}:{port}") is None:
            return Listening(port, tuple(taken))
        taken.append(port)
    raise Unavailable.of(
        "port.none-free", "no port is free on this machine", remedy="Stop the programs that use them, and try again."
    )


def write(folder: Path, files: Mapping[str, bytes], *, force: bool) -> None:
    """Write `files` below `folder`, each whole. Raises InputError, and writes nothing, when one is there already."""
    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import InputError
    from stackctl.state import disk

    if folder.exists() and not folder.is_dir():
        raise InputError.of(
            "usage.option", f"{folder} is a file, not a folder", remedy="Name a folder; it is created if it is missing."
        )
    there = [] if force else [path for name in files if os.path.lexists(path := folder / name)]
    if there:
        *others, last = [Diagnostic("init.exists", f"{path} already exists") for path in there]
        remedy = "Name another folder, or overwrite with --force."
        raise InputError(*others, Diagnostic("init.exists", last.summary, remedy=remedy))
    for name, content in files.items():
        path = folder / name
        with disk.explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.write_file(path, content, FILE_MODE)


def fitting(manifest: Path) -> list[str]:
    """Return lines that suggest packs for a manifest. None while a variable that an example needs is not set yet."""
    from stackctl.errors import InputError
    from stackctl.manifest import load
    from stackctl.manifest.packs.fits import fits
    from stackctl.manifest.packs.library import Library
    from stackctl.operations.suggest import suggestions

    with suppress(InputError):
        return suggestions(fits(load(manifest), Library()))
    return []

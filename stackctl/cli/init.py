"""`stackctl init`: a first manifest, from what this machine shows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.starter import Found, Listening, MetricsUrl

FILE_MODE = 0o644


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to write to.", show_default="here")] = Path(),
    source: Annotated[
        list[str] | None, typer.Option("--from", metavar="URL", help="What to monitor: a metrics URL, or host:port.")
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(
            "--example",
            metavar="NAME",
            help="Start from an example; choices: dag-workflow, data-pipeline, dishtayantra, mojo-compute, pybase or "
            "quickstart.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write a commented stack.yml with first alerts and a first dashboard.

    Monitors what --from names, else what serves metrics on this machine, else the machine itself.
    """
    from stackctl.errors import InputError
    from stackctl.starter import example_files, parse_url

    if example and source:
        raise InputError.of(
            "usage.conflict", "--example and --from cannot be used together", remedy="Use only one of them."
        )
    if example:
        found: list[Found] = []
        files = example_files(example)
    else:
        urls = [parse_url(text) for text in source or []]
        found = _found(urls)
        files = _drafted(folder, found)
    write(folder, files, force=force)
    _report(folder, files, found)


def _drafted(folder: Path, found: list[Found]) -> dict[str, bytes]:
    from stackctl.starter import Draft, draft_files, stack_name

    return draft_files(Draft(stack_name(folder.resolve().name), found, choose_ports()))


def _found(urls: list[MetricsUrl]) -> list[Found]:
    """Return what there is to monitor, and print it as it is found."""
    from stackctl.report import console
    from stackctl.starter import find_local, look_at

    if not urls:
        console.note("looking for metrics on this machine's ports")
    found = [look_at(url) for url in dict.fromkeys(urls)] or find_local()
    for each in found:
        console.note(f"{console.mark('pass' if each.scrape else 'warn')} {each}")
    if not found:
        console.note(f"{console.mark('skip')} nothing serves metrics here: only the machine itself is monitored")
    return found


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
    there = [] if force else [path for name in files if (path := folder / name).exists() or path.is_symlink()]
    if there:
        *others, last = [Diagnostic("init.exists", f"{path} already exists") for path in there]
        remedy = "Name another folder, or overwrite with --force."
        raise InputError(*others, Diagnostic("init.exists", last.summary, remedy=remedy))
    for name, content in files.items():
        path = folder / name
        with disk.explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.write_file(path, content, FILE_MODE)


def _report(folder: Path, files: Mapping[str, bytes], found: list[Found]) -> None:
    from stackctl.report import console

    for name in files:
        console.out(f"wrote {folder / name}")
    for line in _meanings(found):
        console.note(line)
    console.out("\nnext:")
    for command in _next(folder, found):
        console.out(f"  {command}")
    _suggest(folder / c.MANIFEST)


def _suggest(manifest: Path) -> None:
    """Say which packs fit, unless a variable that an example needs is not set yet."""
    from stackctl.errors import InputError
    from stackctl.manifest import load
    from stackctl.manifest.packs.fits import fits
    from stackctl.manifest.packs.library import Library
    from stackctl.operations.suggest import suggest

    with suppress(InputError):
        suggest(fits(load(manifest), Library()))


def _meanings(found: list[Found]) -> Iterator[str]:
    """Yield remarks on things that are not as they should be."""
    for each in found:
        if each.scrape is None:
            yield f"{each.url} is written as given; `stackctl verify` fails until it serves metrics"


def _next(folder: Path, found: list[Found]) -> Iterator[str]:
    import shlex

    if folder.resolve() != Path.cwd():
        yield f"cd {shlex.quote(str(folder))}"
    # Elsewhere Docker runs in a virtual machine that forwards to the loopback of its host.
    unreachable = sys.platform == "linux" and any(each.loopback_only for each in found)
    runtime = " --runtime native" if unreachable else ""
    yield f"stackctl up{runtime}{'   # Docker cannot reach services that listen on loopback only' if runtime else ''}"
    yield "stackctl verify"

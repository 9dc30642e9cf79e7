"""`stackctl init`: a first manifest, from what this machine shows."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.starter import Found


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
    from stackctl.operations.first_manifest import drafted, find, write
    from stackctl.report import console
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
        if not urls:
            console.note("looking for metrics on this machine's ports")
        found = find(urls)
        _show_found(found)
        files = drafted(folder, found)
    write(folder, files, force=force)
    _report(folder, files, found)


def _show_found(found: Sequence[Found]) -> None:
    from stackctl.report import console

    for each in found:
        console.note(f"{console.mark('pass' if each.scrape else 'warn')} {each}")
    if not found:
        console.note(f"{console.mark('skip')} nothing serves metrics here: only the machine itself is monitored")


def _report(folder: Path, files: Mapping[str, bytes], found: list[Found]) -> None:
    from stackctl.operations.first_manifest import fitting
    from stackctl.report import console

    for name in files:
        console.out(f"wrote {folder / name}")
    for line in _meanings(found):
        console.note(line)
    console.out("\nnext:")
    for command in _next(folder, found):
        console.out(f"  {command}")
    for line in fitting(folder / c.MANIFEST):
        console.note(line)


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

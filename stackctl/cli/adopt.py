"""`stackctl adopt`: a manifest from the files of a set-up that somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Output, options
from stackctl.cli.values import Format

if TYPE_CHECKING:
    from stackctl.adopt.compare import Compared
    from stackctl.diagnostic import Diagnostic
    from stackctl.operations.adopting import Written


def adopt(
    context: typer.Context,
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR|FILE...|URL...]",
            help="The folder of the set-up, a file or several Compose files, or the servers that run.",
            show_default="here",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Write nothing; show how the manifest differs from it, and exit 1 on any."),
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Begin with the data of Prometheus and Alertmanager (`data: {from: ...}`)."),
    ] = False,
    external: Annotated[
        bool,
        typer.Option("--external", help="Prove servers that go on running (`runtime: external`)."),
    ] = False,
    output: Output = Format.text,
    allow_outside: AllowOutside = False,
) -> None:
    """Write a stack.yml for a set-up that exists: Compose file, prometheus.yml, alertmanager.yml, Grafana's files.

    With URLs, it is what these servers have loaded; rules and dashboards are written next to the manifest. Logins come
    from the environment, as for `verify --prometheus`.

    Nothing of it is changed: the manifest names its files where they are, from the folder above all of them on. Secrets
    in clear text go to .env. What the manifest has no words for is listed, with the reason, and the new configuration
    is compared with the old one.
    """
    from stackctl.cli.reports import report
    from stackctl.operations.adopting import adopt_setup, compare_setup

    if compare:
        same = compare_setup(source or ["."], options(context).manifest)
        if output is Format.text:
            _show_comparison(same)
        else:
            report(options(context), same.differences)
        raise typer.Exit(1 if same.differences else 0)
    written = adopt_setup(source or ["."], take_over=take_over, external=external)
    if output is Format.text:
        _show_written(written, " --allow-outside" if allow_outside else "", take_over=take_over, external=external)
    else:
        report(options(context), written.remarks)


def _show_written(written: Written, option: str, *, take_over: bool, external: bool) -> None:
    """Print what was written, and what comes next; `option` is one that each later command needs too."""
    import shlex

    from stackctl.report import console

    _show(written.remarks)
    for path in written.paths:
        console.out(f"wrote {path}")
    if written.compared:
        _show_comparison(written.compared)
    elif written.problems or not external:
        number = len(written.problems)
        found = "a problem" if number == 1 else f"{number} problems"
        console.note(f"{console.mark('warn')} not compared yet: `stackctl check` finds {found} in the new manifest")
    console.out("\nnext:")
    folder = written.manifest.parent
    if folder.resolve() != Path.cwd():
        console.out(f"  cd {shlex.quote(str(folder))}")
    console.out(f"  stackctl check{option}")
    if external:
        console.out(f"  stackctl verify{option}     # compares it with what they have loaded")
        return
    up = f"stackctl up{option}{' --take-over' if take_over else ''}"
    if written.stop:
        console.out(f"  {written.stop}      # the old one: its ports are needed")
    console.out(f"  {up}{'' if written.stop else '      # stop the old one first: its ports are needed'}")


def _show_comparison(same: Compared) -> None:
    from stackctl.report import console
    from stackctl.report.quantity import counted

    _show(same.differences)
    counts = f"{counted(same.targets, 'target')}, {counted(same.rules, 'rule')}, {counted(same.routes, 'route')}"
    mark = console.mark("warn" if same.differences else "pass")
    console.out(f"{mark} the same in both: {counts}")


def _show(remarks: Iterable[Diagnostic]) -> None:
    from stackctl.report import console

    for remark in remarks:
        place = f"{remark.position}: " if remark.position else ""
        console.note(f"{console.mark('warn')} {place}{remark.summary}")
        for line in (remark.cause, f"help: {remark.remedy}" if remark.remedy else ""):
            if line:
                console.note(f"    {line}")

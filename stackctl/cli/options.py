"""The options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.values import Format, GraphFormat

if TYPE_CHECKING:
    from stackctl.model import Stack


@dataclass
class Options:
    """State of the running command, filled in while the command line is read. The console knows how to print.

    manifest  the manifest, as the user named it
    command   the name of the command, "" until it is known
    output    the format of its report
    in_cluster  the stack, once `own_manifest` was asked, where a cluster runs it
    external  the same, where somebody else runs its servers
    """

    manifest: Path = field(default_factory=Path)
    command: str = ""
    output: Format = Format.text
    in_cluster: Stack | None = None
    external: Stack | None = None


def options(context: typer.Context) -> Options:
    """Return the shared options of the running command."""
    return context.ensure_object(Options)


def own_manifest(context: typer.Context) -> Path:
    """Return the manifest, for a command that acts on what stackctl runs.

    Raises InputError where the manifest is about servers that somebody else runs, or about a cluster, and the command
    is not for those.
    """
    from stackctl.operations.named_runtime import refused_or_found

    given = options(context)
    found = refused_or_found(given.manifest, given.command)
    given.in_cluster = found if found and found.kubernetes else None
    given.external = found if found and found.external else None
    return given.manifest


def _choose_output(context: typer.Context, output: Format) -> Format:
    options(context).output = output
    if output is not Format.text:
        from stackctl.report import console

        console.reserve_output()
    return output


def _choose_graph_output(context: typer.Context, output: GraphFormat) -> GraphFormat:
    # What fails is reported as JSON too; a diagram has no form for it.
    _choose_output(context, Format.json if output is GraphFormat.json else Format.text)
    return output


def _allow_outside(wanted: bool) -> bool:
    if wanted:
        from stackctl.manifest import outside

        outside.allow()
    return wanted


# An option of every command that reads a manifest; what it does is done when it is read.
AllowOutside = Annotated[
    bool,
    typer.Option(
        "--allow-outside",
        callback=_allow_outside,
        envvar="STACKCTL_ALLOW_OUTSIDE",
        help="Also read files outside of the manifest's folder.",
    ),
]
# An option of every command that refuses or reports what the manifest can accept under `ignore`.
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore", metavar="CODE,...", help="Accept these codes or families, as `ignore` in the manifest; repeatable."
    ),
]
# An option of every command that reports diagnostics; failures are written in this format too.
Output = Annotated[
    Format, typer.Option("--output", "-o", callback=_choose_output, help="Format of the report on stdout.")
]
# An option of commands that print a graph.
GraphOutput = Annotated[
    GraphFormat,
    typer.Option("--output", "-o", callback=_choose_graph_output, help="Format of the tree on stdout."),
]
# Options of commands that ask servers at URLs, without a manifest.
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", metavar="FILE", help="CA of the certificates of these servers.")
]
CertFile = Annotated[
    Path | None, typer.Option("--cert-file", metavar="FILE", help="Client certificate for these servers.")
]
KeyFile = Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="And its key.")]

"""The options that every command shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class Options:
    """What was given before the command's name and concerns the commands; how to print is the console's."""

    manifest: Path


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
        help="Read files outside of the manifest's folder too.",
    ),
]


def options(context: typer.Context) -> Options:
    """The shared options of a running command."""
    found = context.find_object(Options)
    if found is None:
        raise AssertionError("the root callback sets the options")
    return found

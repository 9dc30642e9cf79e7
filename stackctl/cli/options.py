"""The options that every command shares."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer


@dataclass(frozen=True)
class Options:
    """What was given before the command's name and concerns the commands; how to print is the console's."""

    manifest: Path


def options(context: typer.Context) -> Options:
    """The shared options of a running command."""
    found = context.find_object(Options)
    if found is None:
        raise AssertionError("the root callback sets the options")
    return found

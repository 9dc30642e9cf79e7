"""Programs of a native stack: those of its components."""

from __future__ import annotations

from dataclasses import replace

from stackctl.components import registry
from stackctl.components.release import Release

RELEASES = tuple(replace(each.release, version=each.version) for each in registry.running() if each.release)

PROGRAMS = {program.name: program for release in RELEASES for program in release.programs}
INSTALLABLE = tuple(program.name for release in RELEASES for program in release.programs)


def installable(source: str) -> tuple[str, ...]:
    """The programs that can come from a source: "archive", "debian", or "auto" for either."""
    return tuple(
        program.name
        for release in RELEASES
        if source == "auto" or (release.archive if source == "archive" else release.packages)
        for program in release.programs
    )


def release_of(name: str) -> Release:
    """The release that the program `name` is part of. Raises KeyError for a name that is not in the catalogue."""
    return _RELEASE_BY_PROGRAM[name]


_RELEASE_BY_PROGRAM = {program.name: release for release in RELEASES for program in release.programs}

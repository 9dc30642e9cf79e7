"""The shape of what is published: programs, their releases, and the archives that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One executable: the name stackctl and upstream use, and the other names it is installed under."""

    name: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True)
class Archive:
    """Location and form of a release that upstream publishes. `{name}` and so on are filled in for this machine.

    home     the address of upstream's own files; a mirror has those of every project at
             `PROJECT/releases/download/vVERSION/`
    folder   where the file is below `home`
    name     the name of the file: an archive, or the program itself
    sums     the files that may hold its checksum: the first is upstream's, next to it or a whole address; a mirror may
             have any that is next to it
    whole    whether the server needs all of the archive, and not only its programs
    """

    home: str = "https://github.com/prometheus"
    folder: str = "{project}/releases/download/v{version}"
    name: str = "{project}-{version}.{system}-{machine}.tar.gz"
    sums: tuple[str, ...] = ("sha256sums.txt",)
    whole: bool = False


@dataclass(frozen=True)
class Release:
    """Programs that are published together and so always have one version. The first is the server.

    `version` is the pinned upstream release, `minimum` the oldest that stackctl works with. `packages` are
    Debian's, and `fixed_file` is a file that Debian's build reads at that absolute path or does not start.
    `home_file` is one that the server looks for in the folder of its installation, which it needs to know.
    `archive` is where upstream publishes it, None where stackctl does not take it from there. `homepage` says where to
    get it by hand.
    """

    project: str
    programs: tuple[Program, ...]
    version: str = ""
    minimum: str = "0"
    packages: tuple[str, ...] = ()
    fixed_file: str = ""
    home_file: str = ""
    archive: Archive | None = Archive()
    homepage: str = ""

    @property
    def server(self) -> Program:
        return self.programs[0]


def tag(image: str) -> str:
    """Return the version in the tag of an image: natively and in Docker a stack runs the same versions."""
    return image.rpartition(":")[2].removeprefix("v").partition("-")[0]


def image_version(image: str) -> tuple[int, ...]:
    """Return the version that an image's tag names: (3, 13, 5) for `prom/prometheus:v3.13.5`, () when it names none."""
    match = re.search(r":v?(\d+)\.(\d+)(?:\.(\d+))?[^/]*$", image.partition("@")[0])
    return tuple(int(number) for number in match.groups() if number) if match else ()

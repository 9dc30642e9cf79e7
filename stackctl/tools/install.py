"""Get programs that are missing: from upstream's archives, else from the distribution's packages."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from stackctl.errors import InputError, Problem, Unavailable
from stackctl.tools import archive, cache, debian
from stackctl.tools.catalogue import Program, Release, release_of
from stackctl.tools.locate import Tool, is_at_least, locate, require, version_of

AUTO, ARCHIVE, DEBIAN = "auto", "archive", "debian"
SOURCES = (AUTO, ARCHIVE, DEBIAN)

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Report nothing."""


def install(
    names: Sequence[str], *, source: str = AUTO, base_url: str | None = None, progress: Progress = _silent
) -> list[Tool]:
    """Make sure that the programs `names` can be run, and return them in that order.

    With the source "auto", what is already here at a sufficient version is kept, and what is missing comes from
    upstream's archives or, failing that, from Debian's packages. With "archive" or "debian", only what that source
    has put into the cache is kept. Programs of one release come together. Nothing outside the cache is written.

    `base_url` replaces the address of upstream's archives, and `progress` is told each step. Raises InputError for
    a name or a source that does not exist, and Unavailable when a program cannot be had.
    """
    if source not in SOURCES:
        raise InputError.of(f"{source} is not a source of tools", remedy=f"use one of {', '.join(SOURCES)}")
    releases = _releases(names)
    with cache.locked():
        missing = [release for release in releases if not _have(release, source)]
        for release in missing:
            _refuse_uninstallable(release)
        if missing:
            _fetch(missing, source, base_url or os.environ.get(archive.BASE_URL_VARIABLE), progress)
    return [require(name) for name in names]


def _releases(names: Sequence[str]) -> list[Release]:
    for name in names:
        locate(name)  # raises for a name that is not in the catalogue
    return list(dict.fromkeys(release_of(name) for name in names))


def _have(release: Release, source: str) -> bool:
    """Whether every program of `release` is here, runs, and is new enough; from `source`, unless that is "auto"."""
    if source != AUTO and cache.origin(release.project) != source:
        return False
    tools = [locate(program.name) for program in release.programs]
    try:
        return all(tool and is_at_least(tool.version, release.minimum) for tool in tools)
    except Unavailable:
        return False


def _fetch(missing: Sequence[Release], source: str, base_url: str | None, progress: Progress) -> None:
    """Try the sources in their order for all that is missing. Raises Unavailable with every source's reason."""
    problems: list[Problem] = []
    for name in (ARCHIVE, DEBIAN) if source == AUTO else (source,):
        try:
            if name == ARCHIVE:
                _from_archives(missing, base_url or archive.DEFAULT_BASE_URL, progress)
            else:
                _from_debian(missing, progress)
            return
        except archive.ChecksumMismatch:
            raise  # another source must not paper over a download that somebody may have tampered with
        except Unavailable as error:
            problems += error.problems
            progress(f"not from {name}: {error.problems[0].summary}")
            missing = [release for release in missing if not _have(release, AUTO)]
    raise Unavailable(*problems)


def _refuse_uninstallable(release: Release) -> None:
    if not release.version:
        raise Unavailable.of(
            f"stackctl cannot install {release.project}", remedy=f"install it and put it on PATH: {release.homepage}"
        )


def _from_archives(releases: Sequence[Release], base_url: str, progress: Progress) -> None:
    for release in releases:
        with cache.staging() as folder:
            archive.fetch(release, base_url, folder, progress)
            _prove(release, folder)
            place = cache.publish(folder, project=release.project, version=release.version, source=ARCHIVE)
        progress(f"installed {release.project} {release.version} in {place}")


def _from_debian(releases: Sequence[Release], progress: Progress) -> None:
    """Take each release from the newest suite that has it at a sufficient version, and whose build runs here."""
    missing = list(releases)
    problems: list[Problem] = []
    for suite in debian.suites():
        progress(f"reading the package index of {suite.name}")
        try:
            suite.update()
            available = suite.versions([package for release in missing for package in release.packages])
        except Unavailable as error:
            problems += error.problems
            continue
        for release in list(missing):
            try:
                if _from_suite(suite, release, available, progress):
                    missing.remove(release)
            except Unavailable as error:
                problems += error.problems
        if not missing:
            return
    lacking = (
        Problem(
            f"no suite of this machine's mirror has {release.project} {release.minimum} or newer that runs here",
            remedy="use `--source archive`, or put the binaries on PATH yourself",
        )
        for release in missing
    )
    raise Unavailable(*lacking, *problems)


def _from_suite(suite: debian.Suite, release: Release, available: dict[str, str], progress: Progress) -> bool:
    """Install `release` from `suite`. False when the suite has none, or only one that is too old."""
    version = available.get(release.packages[0], "")
    complete = all(package in available for package in release.packages)
    if not complete or not is_at_least(debian.upstream_version(version), release.minimum):
        return False
    progress(f"downloading {', '.join(release.packages)} {version} from {suite.name}")
    with cache.staging() as folder:
        suite.unpack(release.packages, folder)
        for program in release.programs:
            _expose(program, release.fixed_file, folder)
        _prove(release, folder)
        # An epoch's colon would split the paths in PATH.
        name = version.replace(":", "_")
        place = cache.publish(folder, project=release.project, version=name, source=DEBIAN)
    progress(f"installed {release.project} {version} in {place}")
    return True


def _expose(program: Program, fixed_file: str, folder: Path) -> None:
    """Give `program` its upstream name at the top of the unpacked packages in `folder`."""
    binary = next((name for name in program.names if (folder / "usr/bin" / name).is_file()), None)
    if binary is None:
        raise Unavailable.of(f"the package has no {program.name}", remedy="use `--source archive`")
    entry = folder / program.name
    if not fixed_file:
        entry.symlink_to(Path("usr/bin") / binary)
        return
    entry.write_text(_LAUNCHER.format(name=program.name, binary=binary, fixed_file=fixed_file))
    entry.chmod(0o755)


def _prove(release: Release, folder: Path) -> None:
    """Start every program once. Raises Unavailable when one does not run, for one when it needs a newer libc."""
    for program in release.programs:
        version_of(folder / program.name)


# Every step replaces the process before it, so the program keeps the pid that the launcher was started with.
# A relative `lowerdir` spares quoting: the path of the cache may hold a colon or a comma.
_LAUNCHER = """\
#!/bin/sh
# Debian's {name} reads {fixed_file}, and does not start without it.
# Where that is not there, run it in a mount namespace of its own, in which this package's files lie over /usr/share.
set -e
here=$(dirname "$(readlink -f "$0")")
program="$here/usr/bin/{binary}"
[ -e {fixed_file} ] && exec "$program" "$@"
[ "$(id -u)" = 0 ] || user="--user --map-root-user"
exec unshare $user --mount -- /bin/sh -ec '
    cd "$0/usr"
    mount -t overlay overlay -o lowerdir=share:/usr/share /usr/share
    cd "$OLDPWD"
    exec "$@"
' "$here" "$program" "$@"
"""

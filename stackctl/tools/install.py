"""Get programs that are missing: from upstream's archives, else from the distribution's packages.

The sources are imported where they are used: most callers of this package only locate a tool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.components.release import Program, Release
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, Unavailable
from stackctl.tools import cache
from stackctl.tools.catalogue import release_of
from stackctl.tools.locate import Tool, is_at_least, locate, require, version_of

if TYPE_CHECKING:
    from stackctl.tools import debian

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

    `base_url` replaces the address of upstream's archives, and `progress` gets each step. Raises InputError for
    a name or a source that does not exist, and Unavailable when a program cannot be had.
    """
    if source not in SOURCES:
        raise InputError.of(
            "usage.option", f"{source} is not a source of tools", remedy=f"Use one of {', '.join(SOURCES)}."
        )
    releases = _releases(names)
    with cache.locked():
        missing = [release for release in releases if not _have(release, source)]
        if missing:
            _fetch(missing, source, base_url, progress)
    return [require(name) for name in names]


def _releases(names: Sequence[str]) -> list[Release]:
    for name in names:
        locate(name)  # raises for a name that is not in the catalogue
    return list(dict.fromkeys(release_of(name) for name in names))


def _have(release: Release, source: str) -> bool:
    """Return whether every program of `release` is installed, runs, and is new enough; from `source`, unless "auto"."""
    if source != AUTO and cache.origin(release.project) != source:
        return False
    tools = [locate(program.name) for program in release.programs]
    try:
        return all(tool and _is_enough(tool.version, release.minimum) for tool in tools)
    except Unavailable:
        return False


def _is_enough(version: str, minimum: str) -> bool:
    """Return whether a version is sufficient. A build without one was made by somebody who knows what it is."""
    return not version or is_at_least(version, minimum)


def _fetch(missing: Sequence[Release], source: str, base_url: str | None, progress: Progress) -> None:
    """Try the sources in their order for all that is missing. Raises Unavailable with every source's reason."""
    from stackctl.tools import archive

    problems: list[Diagnostic] = []
    for name in (ARCHIVE, DEBIAN) if source == AUTO else (source,):
        try:
            if name == ARCHIVE:
                _from_archives(missing, base_url or archive.mirror(), progress)
            else:
                _from_debian(missing, progress)
            return
        except archive.ChecksumMismatch:
            raise  # another source must not paper over a download that somebody may have tampered with
        except Unavailable as error:
            problems += error.problems
            progress(f"cannot install from {name}: {error.problems[0].summary}")
            missing = [release for release in missing if not _have(release, AUTO)]
    raise Unavailable(*problems)


def _from_archives(releases: Sequence[Release], mirror: str, progress: Progress) -> None:
    from stackctl.tools import archive

    for release in (release for release in releases if release.archive):
        with cache.staging() as folder:
            archive.fetch(release, mirror, folder, progress)
            _prove(release, folder, f"upstream's {release.version}")
            place = cache.publish(folder, project=release.project, version=release.version, source=ARCHIVE)
        progress(f"installed {release.project} {release.version} in {place}")
    elsewhere = [release.project for release in releases if not release.archive]
    if elsewhere:
        names = ", ".join(elsewhere)
        remedy = "On Debian, `stackctl tools install --source debian` has them; elsewhere put them on PATH."
        raise Unavailable.of(
            "tools.no-archive", f"{names}: stackctl installs none from upstream archives", remedy=remedy
        )


def _from_debian(releases: Sequence[Release], progress: Progress) -> None:
    """Install `releases` from the machine's mirror. Raises Unavailable for those it lacks, after getting the others."""
    from stackctl.tools import launcher

    blocked = [release for release in releases if not launcher.is_possible(release)]
    packaged = [release for release in releases if release.packages and release not in blocked]
    unpackaged = [release for release in releases if not release.packages]
    missing, problems = _from_suites(packaged, progress)
    if blocked or missing or unpackaged:
        lacking = [launcher.obstacle(release) for release in blocked]
        lacking += [_lacking(release) for release in (*missing, *unpackaged)]
        raise Unavailable(*lacking, *(problems if missing else []))


def _from_suites(releases: Sequence[Release], progress: Progress) -> tuple[list[Release], list[Diagnostic]]:
    """Take each release from the newest suite that has it at a sufficient version, and whose build runs here.

    Returns the releases that no suite had, and every reason met on the way.
    """
    from stackctl.tools import debian

    missing, problems = list(releases), list[Diagnostic]()
    for suite in debian.suites() if missing else ():
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
            break
    return missing, problems


def _lacking(release: Release) -> Diagnostic:
    if not release.packages:
        remedy = f"Use `--source archive`, or install it from {release.homepage} and put it on PATH."
        return Diagnostic("tools.no-package", f"Debian has no package of {release.project}", remedy=remedy)
    return Diagnostic(
        "tools.no-package",
        f"no suite of this machine's mirror has {release.project} {release.minimum} or newer that runs here",
        remedy="Use `--source archive`, or put the binaries on PATH yourself.",
    )


def _from_suite(suite: debian.Suite, release: Release, available: dict[str, str], progress: Progress) -> bool:
    """Install `release` from `suite`. False when the suite has none, or only one that is too old."""
    from stackctl.tools.debian import upstream_version

    version = available.get(release.packages[0], "")
    complete = all(package in available for package in release.packages)
    if not complete or not is_at_least(upstream_version(version), release.minimum):
        return False
    progress(f"downloading {', '.join(release.packages)} {version} from {suite.name}")
    with cache.staging() as folder:
        suite.unpack(release.packages, folder)
        for program in release.programs:
            _expose(program, release, folder)
        _prove(release, folder, f"{suite.name}'s {version}")
        # An epoch's colon would split the paths in PATH.
        name = version.replace(":", "_")
        place = cache.publish(folder, project=release.project, version=name, source=DEBIAN)
    progress(f"installed {release.project} {version} in {place}")
    return True


def _expose(program: Program, release: Release, folder: Path) -> None:
    """Give `program` its upstream name at the top of the unpacked packages in `folder`."""
    from stackctl.tools import launcher

    binary = next((name for name in program.names if (folder / "usr/bin" / name).is_file()), None)
    if binary is None:
        raise Unavailable.of("tools.package", f"the package has no {program.name}", remedy="Use `--source archive`.")
    entry = folder / program.name
    if release.fixed_file:
        launcher.write(entry, binary, release.fixed_file)
    else:
        entry.symlink_to(Path("usr/bin") / binary)


def _places(folder: Path, program: Program) -> tuple[Path, ...]:
    """Return the paths that a program may have in a release; the last is the usual one."""
    return folder / "bin" / program.name, folder / program.name


def _prove(release: Release, folder: Path, origin: str) -> None:
    """Start every program once. Raises Unavailable when one does not run, for one when it needs a newer libc."""
    for program in release.programs:
        try:
            version_of(next(path for path in _places(folder, program) if path.is_file()))
        except Unavailable as error:
            raise Unavailable.of(
                "tools.does-not-run",
                f"{program.name} does not run on this machine ({origin})",
                cause=error.problems[0].cause,
                remedy="Use another `--source`, or put one that runs here on PATH.",
            ) from error

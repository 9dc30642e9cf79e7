"""Upstream's own release archives: downloaded, checked against the published sums, and only then unpacked."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import tarfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from stackctl.bounds.json_text import loads
from stackctl.components.release import Archive, Release
from stackctl.diagnostic import Diagnostic
from stackctl.errors import StackctlError, Unavailable

if TYPE_CHECKING:
    import requests

BASE_URL_VARIABLE = "STACKCTL_TOOLS_BASE_URL"

_MIRRORED = "{project}/releases/download/v{version}"
# The most that a list of checksums may be.
_SUMS_BYTES = 1 << 20
_TIMEOUT_SECONDS = (5, 30)  # to connect, and between two pieces of an answer
_PIECE_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv7l": "armv7",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}


class ChecksumMismatch(Unavailable):
    """Raised for a download that is not what upstream published."""


def mirror() -> str:
    """The address of a mirror of upstream's projects, from the environment; "" for upstream's own addresses."""
    return os.environ.get(BASE_URL_VARIABLE) or ""


def fetch(release: Release, mirror: str, folder: Path, progress: Callable[[str], None]) -> None:
    """Put `release`, at its pinned version, into the empty `folder`: its programs, or all of it where they need it.

    `mirror` is the address that upstream's projects lie under, "" for upstream's own. Raises Unavailable when the
    archive cannot be had for this machine, and ChecksumMismatch, before anything is unpacked, when it is not the
    published one.
    """
    name = archive_name(release)
    downloads = _downloads(release, mirror)
    expected, source = _published_sum(release, mirror, downloads, name)
    packed = folder / f".{name}"
    progress(f"downloading {downloads}/{name}")
    actual = _download(f"{downloads}/{name}", packed)
    if actual != expected:
        packed.unlink()
        raise ChecksumMismatch.of(
            "tools.checksum",
            f"{downloads}/{name} is not the published archive",
            cause=f"Its sha256 is {actual}, and {source} says {expected}.",
            remedy="Try again; if the error persists, do not trust that address.",
        )
    if name.endswith(".tar.gz"):
        _unpack(packed, release, folder)
        packed.unlink()
    else:
        packed.chmod(0o755)
        packed.rename(folder / release.server.name)


def archive_name(release: Release) -> str:
    """The file name of `release` for this machine. Raises Unavailable where upstream publishes none."""
    return _filled(_archive(release).name, release)


def _archive(release: Release) -> Archive:
    assert release.archive  # noqa: S101 - asked for by releases that have one only
    return release.archive


def _downloads(release: Release, mirror: str) -> str:
    """The address of the folder that the archive is in."""
    archive = _archive(release)
    base, folder = (mirror, _MIRRORED) if mirror else (archive.home, archive.folder)
    return f"{base.rstrip('/')}/{_filled(folder, release)}".rstrip("/")


def _filled(template: str, release: Release, name: str = "") -> str:
    system, machine = _SYSTEMS.get(platform.system()), _MACHINES.get(platform.machine().lower())
    if not system or not machine:
        raise Unavailable.of(
            "tools.no-archive",
            f"there is no upstream archive for {platform.system()} on {platform.machine()}",
            remedy=f"Build {release.project} and put it on PATH.",
        )
    known = {"project": release.project, "version": release.version, "system": system, "machine": machine}
    return template.format(**known, name=name)


def _published_sum(release: Release, mirror: str, downloads: str, name: str) -> tuple[str, str]:
    """The published checksum of `name`, and the file that holds it. Raises Unavailable when there is none."""
    sums = _archive(release).sums
    wanted = [one for one in sums if "://" not in one] if mirror else sums[:1]
    filled = [_filled(one, release, name) for one in wanted]
    urls = [one if "://" in one else f"{downloads}/{one}" for one in filled]
    problems: list[Diagnostic] = []
    for url in urls:
        try:
            text = _text(url)
        except Unavailable as error:
            problems += error.problems
            continue
        if found := _sum_in(text, name):
            return found, url.rpartition("/")[2]
        problems.append(
            Diagnostic(
                "tools.archive",
                f"{url} has no line for {name}",
                cause="Without a published checksum the archive cannot be trusted.",
                remedy="Use a complete mirror, or `--source debian` on Debian and Ubuntu.",
            )
        )
    raise Unavailable(*problems)


def _sum_in(text: str, name: str) -> str:
    """The sha256 of `name` in a list of checksums, in a file of this one alone, or in GitHub's answer; else ""."""
    if text.lstrip().startswith("{"):
        with suppress(ValueError, AttributeError, TypeError):
            assets = {each.get("name"): each.get("digest") for each in loads(text).get("assets", ())}
            return str(assets.get(name) or "").removeprefix("sha256:").lower()
        return ""
    lines = [line.split() for line in text.splitlines()]
    sums = {parts[1].lstrip("*"): parts[0].lower() for parts in lines if len(parts) == 2}
    alone = [parts[0].lower() for parts in lines if len(parts) == 1]
    return sums.get(name) or (alone[0] if len(lines) == 1 and alone and _SHA256.fullmatch(alone[0]) else "")


def _text(url: str) -> str:
    with _get(url) as response:
        return bytes(response.raw.read(_SUMS_BYTES, decode_content=True)).decode(errors="replace")


def _download(url: str, to: Path) -> str:
    """Write what `url` answers into the file `to`, and return its sha256."""
    digest = hashlib.sha256()
    with _get(url) as response, to.open("wb") as file:
        for piece in response.iter_content(_PIECE_BYTES):
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


@contextmanager
def _get(url: str) -> Iterator[requests.Response]:
    import requests

    try:
        with requests.get(url, stream=True, timeout=_TIMEOUT_SECONDS) as response:
            response.raise_for_status()
            yield response
    except (requests.RequestException, OSError) as error:
        raise Unavailable.of(
            "tools.download",
            f"cannot download {url}",
            cause=str(error),
            remedy=f"Check the network and proxy, or name a mirror with `--base-url` or {BASE_URL_VARIABLE}.",
        ) from error


def _unpack(packed: Path, release: Release, folder: Path) -> None:
    """Copy the programs, or all files of a release that needs them, out of the archive.

    No other name in it is ever used as a path, and of all files only those that stay inside of the folder.
    """
    programs = {program.name for program in release.programs}
    found: set[str] = set()
    try:
        with tarfile.open(packed) as archive:
            for member in archive:
                place = _place(member, release, packed.name.lstrip(".").removesuffix(".tar.gz"), programs - found)
                if place and (content := archive.extractfile(member)):
                    _write(content, folder / place, member.mode | (0o111 if Path(place).name in programs else 0))
                    found.add(Path(place).name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _unusable(packed.name.lstrip("."), str(error)) from error
    if missing := programs - found:
        raise _unusable(packed.name.lstrip("."), f"It has no {', '.join(sorted(missing))}.")


def _place(member: tarfile.TarInfo, release: Release, top: str, wanted: Collection[str]) -> str:
    """Return a member's path in the release's folder, "" for one that does not belong in it."""
    if not member.isfile():
        return ""
    if not _archive(release).whole:
        name = member.name.removeprefix(f"{top}/")
        return name if name != member.name and name in wanted else ""
    parts = member.name.split("/")[1:]  # what is above them is named by the version, and not always alike
    is_inside = parts and not member.name.startswith("/") and all(part not in ("", ".", "..") for part in parts)
    return "/".join(parts) if is_inside else ""


def _write(content: IO[bytes], path: Path, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(0o755 if mode & 0o100 else 0o644)


def _unusable(name: str, why: str) -> StackctlError:
    return Unavailable.of(
        "tools.archive", f"{name} cannot be unpacked", cause=why, remedy="Use another mirror with `--base-url`."
    )

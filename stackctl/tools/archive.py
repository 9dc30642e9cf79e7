"""Upstream's own release archives: downloaded, checked against the published sums, and only then unpacked."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from stackctl.errors import StackctlError, Unavailable
from stackctl.tools.catalogue import Release

if TYPE_CHECKING:
    import requests

DEFAULT_BASE_URL = "https://github.com/prometheus"
BASE_URL_VARIABLE = "STACKCTL_TOOLS_BASE_URL"

_SUMS = "sha256sums.txt"
_TIMEOUT_SECONDS = (5, 30)  # to connect, and between two pieces of an answer
_PIECE_BYTES = 1 << 20
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
    """What was downloaded is not what upstream published."""


def default_base_url() -> str:
    """The address of upstream's projects: a mirror's from the environment, else upstream's own."""
    return os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL


def fetch(release: Release, base_url: str, folder: Path, progress: Callable[[str], None]) -> None:
    """Put the programs of `release`, at its pinned version, into the empty `folder`.

    `base_url` is the address that upstream's projects lie under. Raises Unavailable when the archive cannot be
    had for this machine, and ChecksumMismatch, before anything is unpacked, when it is not the published one.
    """
    name = archive_name(release)
    downloads = f"{base_url.rstrip('/')}/{release.project}/releases/download/v{release.version}"
    expected = _published_sum(f"{downloads}/{_SUMS}", name)
    packed = folder / name
    progress(f"downloading {downloads}/{name}")
    actual = _download(f"{downloads}/{name}", packed)
    if actual != expected:
        packed.unlink()
        raise ChecksumMismatch.of(
            f"{downloads}/{name} is not the published archive",
            cause=f"Its sha256 is {actual}, and {_SUMS} says {expected}.",
            remedy="Try again; if it stays so, do not trust that address.",
        )
    _unpack(packed, release, folder)
    packed.unlink()


def archive_name(release: Release) -> str:
    """The file name of `release` for this machine. Raises Unavailable where upstream publishes none."""
    system, machine = _SYSTEMS.get(platform.system()), _MACHINES.get(platform.machine().lower())
    if not system or not machine:
        raise Unavailable.of(
            f"there is no upstream archive for {platform.system()} on {platform.machine()}",
            remedy=f"Build {release.project} and put it on PATH.",
        )
    return f"{release.project}-{release.version}.{system}-{machine}.tar.gz"


def _published_sum(url: str, name: str) -> str:
    with _get(url) as response:
        lines = (line.split() for line in response.text.splitlines())
        sums = {parts[1].lstrip("*"): parts[0].lower() for parts in lines if len(parts) == 2}
    if name not in sums:
        raise Unavailable.of(
            f"{url} has no line for {name}",
            cause="Without a published checksum the archive cannot be trusted.",
            remedy="Use a complete mirror, or `--source debian` on Debian and Ubuntu.",
        )
    return sums[name]


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
            f"cannot download {url}",
            cause=str(error),
            remedy=f"Check the network and proxy, or name a mirror with `--base-url` or {BASE_URL_VARIABLE}.",
        ) from error


def _unpack(packed: Path, release: Release, folder: Path) -> None:
    """Copy the programs, and nothing else, out of the archive: no other name in it is ever used as a path."""
    top = packed.name.removesuffix(".tar.gz")
    wanted = {f"{top}/{program.name}": program.name for program in release.programs}
    try:
        with tarfile.open(packed) as archive:
            for member in archive:
                if member.isfile() and member.name in wanted and (content := archive.extractfile(member)):
                    _write_program(content, folder / wanted.pop(member.name))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _unusable(packed.name, str(error)) from error
    if wanted:
        raise _unusable(packed.name, f"It has no {', '.join(wanted.values())}.")


def _write_program(content: IO[bytes], path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(0o755)


def _unusable(name: str, why: str) -> StackctlError:
    return Unavailable.of(f"{name} cannot be unpacked", cause=why, remedy="Use another mirror with `--base-url`.")

"""Data of containers of somebody else: in a volume or a folder, which a container of our own sees read-only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackctl import conventions as c
from stackctl.components.component import BLOCK_FILE, StoredData
from stackctl.errors import Unavailable
from stackctl.runtimes import found_data
from stackctl.runtimes.docker import command, containers, engine, volume
from stackctl.runtimes.docker.command import Limit
from stackctl.runtimes.protocol import DataFile

if TYPE_CHECKING:
    from docker import APIClient

_PLACE = "/source"
# Each part begins with a line that no file name can be, as it has a slash.
_NAMES, _SIZE, _BLOCK = "//names", "//size", "//block "
# A server that is given no place for its data has it in `data`, below the folder that its image has a volume for.
_ENTER = f"""\
cd {_PLACE}
has() {{ for name in wal chunks_head nflog silences; do [ ! -e "$1/$name" ] || return 0; done; return 1; }}
if ! has . && has {c.DATA_FOLDER}; then cd {c.DATA_FOLDER}; fi
"""
_SURVEY = f"""\
{_ENTER}
echo {_NAMES}; ls -A
echo {_SIZE}; du -sk .
for file in */{BLOCK_FILE}; do
  [ -f "$file" ] || continue
  echo "{_BLOCK}${{file%/*}}"; cat "$file"; echo
done
"""


def survey(client: APIClient, project: str, source: str, root: Path, image: str) -> StoredData:
    """Return what is in a volume, or in a folder below `root`, by the shell of `image`.

    Raises Unavailable for what is not there, or cannot be read.
    """
    said = _said(_mount(client, project, source, root), source, image, _SURVEY)
    folder = root / source
    used_by = _container_with(client, source, root)
    if not used_by and found_data.is_folder(source) and folder.is_dir():
        used_by = found_data.user_of(folder)
    names, size, blocks = _parts(said)
    return StoredData(names, blocks, size, used_by)


def _said(mount: str, source: str, image: str, script: str) -> str:
    """Return the output of a script that sees the data. Raises Unavailable."""
    ran = command.run(
        Limit.WORK,
        *("run", "--rm", "--network", "none", "--read-only", "--user", "0", "--cap-drop", "ALL"),
        # With this alone root reads the files of any owner.
        *("--cap-add", "DAC_READ_SEARCH", "--mount", mount),
        *("--entrypoint", "sh", image, "-euc", script),
    )
    if ran.returncode:
        raise _refused(source, ran.stderr.strip(), "Make it readable to root in a container.")
    return ran.stdout


def reader(project: str, unit: str) -> str:
    """Return the name of the container by which the data for a unit is read."""
    return f"{project}-{unit}-source"


def read(client: APIClient, project: str, unit: str, source: str, root: Path, image: str) -> Iterator[DataFile]:
    """Yield the files of a volume or folder, from a container that never starts.

    Raises Unavailable and the errors of the engine.
    """
    name = reader(project, unit)
    forget(project, unit)
    mount = _mount(client, project, source, root)
    place = _said(mount, source, image, f"{_ENTER}pwd").strip()
    ran = command.run(Limit.WORK, "create", "--name", name, "--network", "none", "--mount", mount, image)
    if ran.returncode:
        raise _refused(source, ran.stderr.strip(), "Correct what the engine reports.")
    try:
        pieces, _ = client.get_archive(name, place)
        yield from volume.unpacked(pieces)
    finally:
        forget(project, unit)


def forget(project: str, unit: str) -> None:
    """Remove the container of a `read` that was interrupted, if there is one: the volume could not be removed."""
    command.run(Limit.WORK, "rm", "--force", reader(project, unit))


def _mount(client: APIClient, project: str, source: str, root: Path) -> str:
    """Return the read-only mount, as a line of CSV.

    Raises Unavailable where there is nothing to mount, as Docker would make it.
    """
    from docker.errors import NotFound

    if found_data.is_folder(source):
        folder = root / source
        if not folder.is_dir():
            raise _refused(
                source, f"{folder} is not a folder.", "Correct the path, or remove `data` to begin without data."
            )
        return f'type=bind,"source={folder}",target={_PLACE},readonly'
    with engine.explained():
        try:
            labels = client.inspect_volume(source)["Labels"] or {}
        except NotFound:
            remedy = "`docker volume ls` lists the volumes. Correct the name, or remove `data` to begin without data."
            raise _refused(source, "Docker has no such volume.", remedy) from None
    if labels.get(containers.PROJECT) == project and c.LABEL_VOLUME in labels:
        cause = "The stack has made it itself: `down --volumes` would remove both."
        raise _refused(source, cause, "Name the volume of the servers that ran before.")
    # Docker would fill an empty volume from the image.
    return f'type=volume,"source={source}",target={_PLACE},readonly,volume-nocopy'


def _container_with(client: APIClient, source: str, root: Path) -> str:
    """Return the running container that mounts the data, "" for none."""
    place = (root / source).resolve()
    with engine.explained():
        for row in client.containers():
            if any(_is_place(mount, source, place) for mount in row.get("Mounts") or ()):
                return f"container {row['Names'][0].lstrip('/')}"
    return ""


def _is_place(mount: dict[str, Any], source: str, place: Path) -> bool:
    if not found_data.is_folder(source):
        return bool(mount.get("Name") == source)
    is_writable = mount.get("Type") == "bind" and bool(mount.get("RW", True))
    return is_writable and place.is_relative_to(mount.get("Source") or "/")


def _parts(said: str) -> tuple[frozenset[str], int, dict[str, str]]:
    names, size, blocks, part = set(), 0, dict[str, str](), ""
    for line in said.splitlines():
        if line in (_NAMES, _SIZE) or line.startswith(_BLOCK):
            part = line
        elif part == _NAMES:
            names.add(line)
        elif part == _SIZE:
            size = int(line.split()[0]) * 1024
        else:
            block = part.removeprefix(_BLOCK)
            blocks[block] = f"{blocks.get(block, '')}{line}\n"
    return frozenset(names), size, blocks


def _refused(source: str, cause: str, remedy: str) -> Unavailable:
    return Unavailable.of(
        found_data.CODE, f"{found_data.named(source)} cannot be taken over", cause=cause, remedy=remedy
    )

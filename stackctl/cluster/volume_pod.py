"""Reading and writing the volume of a server, in a pod next to it.

Runs by itself, with Python's own library alone: `python3 volume_pod.py COMMAND [ARGUMENT]`. Files pass as a line of
JSON with path, size and mode, and then that many bytes; the last line has the checksum of all before it. Whatever is
killed here can be run again: what is staged is of no use to a server until `switch`, which goes on where it ended.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

DATA = Path("/data")
# Folders of a restore, next to the data: what is to come, and what can be removed.
STAGED, DONE = ".stackctl-restore-", ".stackctl-done-"
# What the file system of a volume has for itself.
_SYSTEM = "lost+found"
_PIECE_BYTES = 1 << 20


def main(arguments: list[str]) -> None:
    """Run one command. An error is one line on stderr, and exit code 1."""
    command, *rest = arguments
    commands: dict[str, Callable[..., None]] = {
        "wait": wait,
        "read": read,
        "write": write,
        "switch": switch,
        "drop": drop,
        "list": show,
        "remove": remove,
    }
    try:
        commands[command](*rest)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(str(error))


def wait(seconds: str) -> None:
    """Keep the pod for so long, or until it is deleted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    time.sleep(float(seconds))


def read(folder: str = "") -> None:
    """Write the regular files of a folder of the data to stdout. What has gone meanwhile is left out."""
    out = _Summed(sys.stdout.buffer)
    for path in _files(DATA / folder):
        try:
            content = path.open("rb")
        except FileNotFoundError:
            continue
        with content:
            status = os.fstat(content.fileno())
            entry = {"path": path.relative_to(DATA / folder).as_posix(), "size": status.st_size}
            out.line({**entry, "mode": status.st_mode & 0o777})
            _copy(content, out, status.st_size)
    sys.stdout.buffer.write(_line({"sum": out.digest.hexdigest()}))
    sys.stdout.buffer.flush()


def write(token: str) -> None:
    """Stage the files that arrive on stdin. Fails unless all of them have arrived whole."""
    new = DATA / f"{STAGED}{token}" / "new"
    new.mkdir(parents=True)
    arrived = _Summed(sys.stdin.buffer)
    while True:
        before = arrived.digest.hexdigest()
        entry = json.loads(arrived.readline())
        if "sum" in entry:
            break
        path = new / entry["path"]
        if ".." in path.parts or not path.is_relative_to(new):
            raise ValueError(f"not a path of the data: {entry['path']}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            os.fchmod(out.fileno(), entry["mode"] | 0o600)
            _copy(arrived, out, entry["size"])
            out.flush()
            os.fsync(out.fileno())
    if entry["sum"] != before:
        raise ValueError("the data has not arrived whole")
    os.sync()


def switch(token: str) -> None:
    """Put what is staged in the place of the data, and remove that. Does the rest where it has begun before."""
    staged = DATA / f"{STAGED}{token}"
    new, old, emptied = staged / "new", staged / "old", staged / "emptied"
    if staged.exists():
        if not emptied.exists():
            old.mkdir(exist_ok=True)
            for each in _top(DATA):
                each.rename(old / each.name)
            os.sync()
            emptied.touch()
            os.sync()
        for each in [*new.iterdir()]:
            each.rename(DATA / each.name)
        os.sync()
        staged.rename(DATA / f"{DONE}{token}")
    drop()


def drop() -> None:
    """Remove all that restores have left, staged or done."""
    for each in DATA.iterdir():
        if each.name.startswith((STAGED, DONE)):
            shutil.rmtree(each)
    os.sync()


def show(folder: str) -> None:
    """Write the names in a folder of the data to stdout, as JSON."""
    found = DATA / folder
    sys.stdout.write(json.dumps(sorted(each.name for each in found.iterdir()) if found.is_dir() else []))


def remove(folder: str) -> None:
    """Remove a folder of the data."""
    shutil.rmtree(DATA / folder)


def _top(folder: Path) -> list[Path]:
    """The data in the folder of a volume."""
    ours = (STAGED, DONE)
    return sorted(each for each in folder.iterdir() if each.name != _SYSTEM and not each.name.startswith(ours))


def _files(folder: Path) -> Iterator[Path]:
    for top in _top(folder):
        found = [top] if not top.is_dir() or top.is_symlink() else sorted(top.rglob("*"))
        yield from (each for each in found if each.is_file() and not each.is_symlink())


class _Summed:
    """A stream, and the checksum of all that has passed."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def line(self, entry: dict[str, object]) -> None:
        self.write(_line(entry))

    def write(self, piece: bytes) -> None:
        self.digest.update(piece)
        self._stream.write(piece)

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self.digest.update(piece)
        return piece

    def readline(self) -> bytes:
        line = self._stream.readline()
        self.digest.update(line)
        return line


def _copy(source: IO[bytes] | _Summed, target: IO[bytes] | _Summed, size: int) -> None:
    while size:
        piece = source.read(min(size, _PIECE_BYTES))
        if not piece:
            raise ValueError("the data ended before its end")
        target.write(piece)
        size -= len(piece)


def _line(entry: dict[str, object]) -> bytes:
    return json.dumps(entry).encode() + b"\n"


if __name__ == "__main__":
    main(sys.argv[1:])

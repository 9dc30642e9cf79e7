"""Record of the files that a manifest is read from, and whether one of them is another one since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

# What tells one content of a file from the next: when and how much was written, to which file. None without a file.
Mark: TypeAlias = tuple[int, int, int] | None


@dataclass
class Reads:
    """Files as they were just before they were read, and patterns with the names that they matched."""

    files: dict[Path, Mark] = field(default_factory=dict)
    patterns: dict[tuple[str, Path], tuple[Callable[[], list[str]], list[str]]] = field(default_factory=dict)

    def have_changed(self) -> bool:
        """Return whether a file is another one, or gone, or there now, or a pattern matches others."""
        return any(_mark(path) != mark for path, mark in self.files.items()) or any(
            again() != names for again, names in self.patterns.values()
        )

    def folders(self) -> frozenset[Path]:
        """Return the folders in which such a change is seen, as far as they exist."""
        found = {folder for path in self.files for folder in (path.parent, path.resolve().parent)}
        for pattern, root in self.patterns:
            found |= set(_folders_of(pattern, root))
        return frozenset(_existing(folder.absolute()) for folder in found)


_reads: ContextVar[Reads | None] = ContextVar("reads", default=None)


@contextmanager
def recorded() -> Iterator[Reads]:
    """Record what is read from here on."""
    reads = Reads()
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)


def note(path: Path) -> None:
    """Take a file that is about to be read."""
    if (reads := _reads.get()) is not None:
        reads.files[path] = _mark(path)


def note_pattern(pattern: str, root: Path, again: Callable[[], list[str]], names: list[str]) -> None:
    """Take a pattern, which begins at `root`, with the `names` that it matches; `again` matches it again."""
    if (reads := _reads.get()) is not None:
        reads.patterns[pattern, root] = again, names


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _folders_of(pattern: str, root: Path) -> Iterator[Path]:
    """Yield each folder in which a pattern may match something, or a folder may come that is one of them."""
    level = [root]
    for part in pattern.split("/")[:-1]:
        yield from level
        if part == "**":
            level = [below for folder in level for below in (folder, *_below(folder))]
        else:
            level = [each for folder in level for each in folder.glob(part or ".") if each.is_dir()]
    yield from level
    if pattern.endswith("**"):
        yield from (below for folder in level for below in _below(folder))


def _below(folder: Path) -> Iterator[Path]:
    """Yield the folders below one, without hidden ones and links, as patterns are matched."""
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.is_dir() and not each.is_symlink() and not each.name.startswith("."):
            yield each
            yield from _below(each)


def _existing(folder: Path) -> Path:
    while not folder.is_dir():
        folder = folder.parent
    return folder

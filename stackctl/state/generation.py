"""A generation: one immutable written tree, named by its content."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl import ownership
from stackctl.bounds.files import read_bytes, read_text
from stackctl.errors import Unavailable
from stackctl.state import disk
from stackctl.tree import File, Tree, Unit, digest, load_units

if TYPE_CHECKING:
    from stackctl.access import Access


# What stackctl has written itself may be larger than what a person writes.
_MOST = 256 << 20


@dataclass(frozen=True)
class Generation:
    """A tree on disk. `id` is the hash of its content, `path` its absolute folder."""

    id: str
    path: Path

    def written_at(self) -> float:
        """Return when it was written, as Unix time; when it was used last, where its index is gone."""
        try:
            return (self.path / c.UNITS_FILE).stat().st_mtime
        except OSError:
            return self.path.stat().st_mtime

    def units(self) -> tuple[Unit, ...]:
        """Return the units that run on it. Raises Unavailable when the folder was damaged."""
        return self.index()[2]

    def index(self) -> tuple[str, str, tuple[Unit, ...]]:
        """The stack's name, the runtime it was rendered for, and its units. Raises as `units`."""
        path = self.path / c.UNITS_FILE
        try:
            return load_units(read_bytes(path, _MOST))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Unavailable.of(
                "generation.damaged",
                f"generation {self.id} has been damaged: {path}",
                cause=str(error),
                remedy="Run `stackctl up`: it rewrites damaged files.",
            ) from error

    def access(self, unit: Unit) -> Access:
        """Return the access of a client to `unit` while this is live, whatever the manifest says by then.

        Raises Unavailable when the files with its login cannot be read.
        """
        from stackctl.access import Access

        login = (unit.user, self._text(unit.password_file)) if unit.user else None
        return Access(unit.url, login, self._text(unit.ca_file) if unit.ca_file else "", unit.server_name)

    def _text(self, name: str) -> str:
        try:
            return read_text(self.path / name)
        except (OSError, ValueError) as error:
            cause = f"{getattr(error, 'strerror', None) or 'It is not text'}: {name}"
            remedy = "Run `stackctl up` as the user who started the stack: it rewrites damaged files."
            summary = f"the files of generation {self.id} cannot be read"
            raise Unavailable.of("generation.damaged", summary, cause=cause, remedy=remedy) from None


def identify(tree: Tree, salt: bytes) -> str:
    """The id of the generation that `tree` becomes.

    The salt goes into the hash with the secret bytes, so that the id, which is shown, is no way to try passwords.
    """
    parts: list[bytes | str] = [tree.runtime]
    for path, file in tree:
        parts += [path, "secret" if file.secret else "plain", salt + file.content if file.secret else file.content]
    return digest(*parts)


def read(generation: Generation, salt: bytes) -> Tree | None:
    """The tree that was written as `generation`; None when the folder does not hold that any more."""
    try:
        stack, runtime, units = generation.index()
        files = {
            name: File(read_bytes(path, _MOST), ownership.is_closed(path))
            for name, path in _files(generation.path).items()
        }
    except (OSError, Unavailable):
        return None
    tree = Tree(stack, runtime, files, units)
    return tree if identify(tree, salt) == generation.id else None


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}


def is_whole(folder: Path, tree: Tree) -> bool:
    """Return whether `folder` holds exactly the files of `tree`."""
    try:
        found = _files(folder)
        return found.keys() == tree.files.keys() and all(
            read_bytes(path, _MOST) == tree.files[name].content and ownership.is_closed(path) == tree.files[name].secret
            for name, path in found.items()
        )
    except OSError:
        return False


def write(tree: Tree, folder: Path) -> None:
    """Write `tree` at `folder`, where nothing is: next to it first, then renamed in one step.

    Raises OSError, and then leaves nothing.
    """
    made = Path(tempfile.mkdtemp(prefix=disk.TEMPORARY, dir=folder.parent))
    try:
        _fill(made, tree)
        made.rename(folder)
        disk.sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def repair(tree: Tree, folder: Path) -> None:
    """Make `folder` hold `tree` again, file by file, since servers may run on it. Raises OSError."""
    for path in _files(folder).values():
        if path.is_symlink() or path.relative_to(folder).as_posix() not in tree.files:
            path.unlink()
    known = {folder}
    for name, file in tree:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        if not (path.is_file() and read_bytes(path, _MOST) == file.content):
            known |= {parent for parent in path.parents if parent.is_dir()}
            _make_folders(folder, path.parent, known, tree)
            disk.write_file(path, file.content, 0o600)
        ownership.protect_file(path, name, file, tree)


def _fill(root: Path, tree: Tree) -> None:
    root.chmod(0o755)
    folders = {root}
    for name, file in tree:
        path = root / name
        _make_folders(root, path.parent, folders, tree)
        _write(path, name, file, tree)
    for folder in folders:
        disk.sync_folder(folder)


def _make_folders(root: Path, folder: Path, made: set[Path], tree: Tree) -> None:
    missing = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(root) and parent not in made]
    for path in reversed(missing):
        path.mkdir()
        ownership.protect_folder(path, path.relative_to(root).as_posix(), tree)
        made.add(path)


def _write(path: Path, name: str, file: File, tree: Tree) -> None:
    with path.open("xb") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(file.content)
        out.flush()
        ownership.protect_file(path, name, file, tree)
        os.fsync(out.fileno())

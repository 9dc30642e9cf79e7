"""A generation: one immutable written tree, named by its content."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stackctl import conventions as c
from stackctl.state import disk
from stackctl.tree import File, Tree, Unit, digest, load_units


@dataclass(frozen=True)
class Generation:
    """A tree on disk. `id` is the hash of its content, `path` its absolute folder."""

    id: str
    path: Path

    def units(self) -> tuple[Unit, ...]:
        """What runs on it. Raises OSError or ValueError when somebody has damaged the folder."""
        return self.index()[2]

    def index(self) -> tuple[str, str, tuple[Unit, ...]]:
        """The stack's name, the runtime it was rendered for, and its units."""
        return load_units((self.path / c.UNITS_FILE).read_bytes())


def identify(tree: Tree, salt: bytes) -> str:
    """The id of the generation that `tree` becomes.

    The salt goes into the hash with the secret bytes, so that the id, which is shown, is no way to try passwords.
    """
    parts: list[bytes | str] = [tree.runtime]
    for path, file in tree:
        parts += [path, "secret" if file.secret else "plain", salt + file.content if file.secret else file.content]
    return digest(*parts)


def is_whole(folder: Path, tree: Tree) -> bool:
    """Whether `folder` holds exactly the files of `tree`."""
    try:
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
        return found.keys() == tree.files.keys() and all(
            path.read_bytes() == tree.files[name].content for name, path in found.items()
        )
    except OSError:
        return False


def write(tree: Tree, folder: Path) -> None:
    """Write `tree` at `folder`: beside it first, then renamed in one step. Raises OSError, and then leaves nothing."""
    made = Path(tempfile.mkdtemp(prefix=disk.TEMPORARY, dir=folder.parent))
    try:
        _fill(made, tree)
        if folder.exists():
            disk.remove_folder(folder)
        made.rename(folder)
        disk.sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _fill(root: Path, tree: Tree) -> None:
    group = secrets_group()
    root.chmod(0o755)
    os.chown(root, -1, group)
    folders = {root}
    for name, file in tree:
        path = root / name
        _make_folders(root, path.parent, folders, group)
        _write(path, file, group)
    for folder in folders:
        disk.sync_folder(folder)


def _make_folders(root: Path, folder: Path, made: set[Path], group: int) -> None:
    missing = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(root) and parent not in made]
    for path in reversed(missing):
        path.mkdir()
        path.chmod(0o750 if path.name == c.SECRETS_DIR else 0o755)
        os.chown(path, -1, group)
        made.add(path)


def _write(path: Path, file: File, group: int) -> None:
    with path.open("xb") as out:
        os.fchmod(out.fileno(), 0o640 if file.secret else 0o644)
        os.fchown(out.fileno(), -1, group)
        out.write(file.content)
        out.flush()
        os.fsync(out.fileno())


def secrets_group() -> int:
    """The group that the servers read secret files by.

    Root can give the files to the group of the containers' user. Anyone else keeps their own group, and the
    containers join it.
    """
    return int(c.DEFAULT_CONTAINER_USER) if os.geteuid() == 0 else os.getegid()

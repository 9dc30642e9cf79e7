"""The plain tree on disk, for review and GitOps: writing it, and telling how a folder differs from it."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackctl import conventions as c
from stackctl import ownership
from stackctl.bounds.files import read_bytes
from stackctl.errors import InputError, cannot_write
from stackctl.tree import File, Tree

# Git's own folder may lie in a tree that is kept for GitOps; it is neither ours nor stale.
_FOREIGN = frozenset({".git"})
# The files by which a folder shows that we have written it.
_MARKERS = (c.UNITS_FILE, c.EXPORT_MARKER)


@dataclass(frozen=True)
class Difference:
    """Difference of the file at `path` of a folder from the tree: `kind` is "added", "changed" or "removed".

    "added" is a file that only the tree has. `old` and `new` are its contents, None where there is none.
    """

    path: str
    kind: str
    old: bytes | None
    new: bytes | None
    secret: bool

    def unified(self) -> str:
        """The difference as a unified diff. Of a secret only that it differs."""
        if self.secret:
            return f"secret {self.kind}: {self.path}\n"
        before, after = _lines(self.old), _lines(self.new)
        here = f"a/{self.path}" if self.old is not None else "/dev/null"
        there = f"b/{self.path}" if self.new is not None else "/dev/null"
        lines = difflib.unified_diff(before, after, here, there)
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def differences(tree: Tree, folder: Path) -> list[Difference]:
    """Return the differences of `folder` from `tree`, by path: files missing, changed, and too many."""
    present = set(_present(folder))
    found = []
    for path in sorted(present | tree.files.keys()):
        file = tree.files.get(path)
        old = read_bytes(folder / path) if path in present else None
        new = file.content if file else None
        if old != new:
            kind = "added" if old is None else "removed" if new is None else "changed"
            found.append(Difference(path, kind, old, new, secret=_is_secret(path, file, folder / path)))
    return found


def write(tree: Tree, folder: Path, *, force: bool = False) -> None:
    """Make `folder` hold `tree` and nothing else.

    Raises InputError, before anything is changed, when the folder holds files and no tree of ours, unless `force`;
    then what is not in the tree stays. All files are written next to their places first, so that a full disk or a
    missing permission leaves the folder as it was; then each takes its place in one step.
    """
    ours = any((folder / marker).is_file() for marker in _MARKERS)
    _refuse_foreign(folder, ours or force)
    try:
        _place(tree, folder, opened=ours or not any(_present(folder)))
        if ours:
            _remove_stale(tree, folder)
    except OSError as error:
        cause = f"{error.strerror or error}: {error.filename or folder}"
        raise cannot_write(
            error, f"cannot write {folder}", cause=cause, remedy="Choose another folder with --out."
        ) from error


def _refuse_foreign(folder: Path, allowed: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError.of("usage.option", f"{folder} is not a folder", remedy="Choose another with --out.")
    if not allowed and any(_present(folder)):
        raise InputError.of(
            "render.foreign-files",
            f"{folder} holds files that stackctl has not written",
            cause=f"It contains neither {' nor '.join(_MARKERS)}.",
            remedy="Choose an empty or a new folder, or add --force to write into this one anyway.",
        )


def _place(tree: Tree, folder: Path, *, opened: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if opened and tree.has_users:
        # Whatever the umask: the folder is mounted, and the users of containers have to pass through it.
        folder.chmod(0o755)
    with tempfile.TemporaryDirectory(prefix=".stackctl-", dir=folder) as name:
        staged = Path(name)
        for number, (_, file) in enumerate(tree):
            (staged / str(number)).write_bytes(file.content)
        for number, (path, file) in enumerate(tree):
            _make_parents(folder, path, tree)
            ownership.protect_file(staged / str(number), path, file, tree)
            (staged / str(number)).replace(folder / path)


def _make_parents(folder: Path, path: str, tree: Tree) -> None:
    for parent in reversed(Path(path).parents):
        place = folder / parent
        if parent == Path() or (place.is_dir() and parent.parts[0] != c.SECRETS_DIR):
            continue
        place.mkdir(exist_ok=True)
        ownership.protect_folder(place, parent.as_posix(), tree)


def _is_secret(path: str, file: File | None, place: Path) -> bool:
    """Return whether the difference of a file is not shown: one of the two is secret."""
    return (
        path.startswith(f"{c.SECRETS_DIR}/")
        or (file is not None and file.secret)
        or (place.is_file() and ownership.is_closed(place))
    )


def _remove_stale(tree: Tree, folder: Path) -> None:
    for path in _present(folder):
        if path not in tree.files:
            (folder / path).unlink()
    for place, _, _ in os.walk(folder, topdown=False):
        relative = Path(place).relative_to(folder)
        if relative.parts and relative.parts[0] not in _FOREIGN and not any(Path(place).iterdir()):
            Path(place).rmdir()


def _present(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        if Path(place) == folder:
            folders[:] = [name for name in folders if name not in _FOREIGN]
        for name in names:
            yield (Path(place) / name).relative_to(folder).as_posix()


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode(errors="replace").splitlines(keepends=True)

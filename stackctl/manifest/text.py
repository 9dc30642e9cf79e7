"""Reading a file the user wrote: whatever is there, the answer is its text or a problem, never a traceback."""

from __future__ import annotations

import codecs
import errno
import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from stackctl.bounds import files, permission
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import outside, reads
from stackctl.manifest.problems import Problems
from stackctl.source import Position

# Far above any real manifest (1,000 services with 10,000 targets are 1 MB), far below what hurts.
SIZE_LIMIT = 16 * 1024 * 1024


def read_named(root: Path, name: str, origin: Position, problems: Problems, *, secret: bool = False) -> str | None:
    """Return the text of the file `name` that the manifest names, or None with its problem added to `problems`.

    The path begins at the manifest's folder `root`.

    Every file that a manifest names is read here. Of a `secret` file no message shows a line, so it may have any name;
    another one may not be one that is known to hold secrets.
    """
    refused = outside.refusal(root, name, origin) if secret else outside.refusal_to_read(root, name, origin)
    if refused:
        problems.add(refused)
        return None
    return read_text(root / name, name, problems, origin)


def read_text(path: Path, shown: str, problems: Problems, origin: Position | None = None) -> str | None:
    """Return the text of `path`, or None with its problem added to `problems`.

    `shown` is how messages name the file; `origin` the place that asked for it (a manifest line), if any.
    """
    reads.note(path)
    try:
        data = files.read_bytes(path, SIZE_LIMIT)
    except OSError as error:
        problems.add(_unreadable(error, path, shown, origin))
        return None
    at = data.find(b"\0")
    try:
        if at < 0:
            return data.decode("utf-8-sig")
        what = "a zero byte"
    except UnicodeDecodeError as error:
        # The byte order mark is not in what the decoder counts.
        at = error.start + (len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0)
        what = f"the byte 0x{data[at]:02x}"
    line, column = data.count(b"\n", 0, at) + 1, at - (data.rfind(b"\n", 0, at) + 1) + 1
    summary = f"{shown} is not a text file in UTF-8: {what} in line {line}, at byte {column}"
    place = origin or Position(shown, line, column)
    problems.add(Diagnostic("file.encoding", summary, place, remedy="Save it as UTF-8 text."))
    return None


def _unreadable(error: OSError, path: Path, shown: str, origin: Position | None) -> Diagnostic:
    if isinstance(error, files.NotRegular):
        remedy = "Name the file inside it." if error.kind == "a directory" else "Name a regular file."
        return Diagnostic("file.unreadable", f"{shown} is {error.kind}, not a file", origin, remedy=remedy)
    if isinstance(error, files.TooLarge):
        summary = f"{shown} is too large: {error.size / 1e6:.0f} MB, the limit is {error.limit / 1e6:.0f} MB"
        return Diagnostic(
            "file.too-large", summary, origin, remedy="Check that this is the right file; split it if it is."
        )
    if error.errno == errno.ELOOP:
        return Diagnostic(
            "file.unreadable", f"{shown} is a symbolic link that points back to itself", origin, remedy="Fix the link."
        )
    if isinstance(error, FileNotFoundError):
        if path.is_symlink():
            return Diagnostic(
                "file.missing", f"{shown} is a symbolic link to {path.readlink()}, which does not exist", origin
            )
        return Diagnostic(
            "file.missing",
            f"{shown} does not exist",
            origin,
            remedy=f"Create it, or correct the path.{_neighbours(path)}",
        )
    if isinstance(error, PermissionError):
        refused = permission.refusal(path)
        cause, remedy = (refused.cause, refused.remedy) if refused else ("", "Give this user the right to read it.")
        return Diagnostic("file.unreadable", f"no permission to read {shown}", origin, cause, remedy)
    return Diagnostic("file.unreadable", f"{shown} cannot be read: {error.strerror}", origin)


def _neighbours(path: Path) -> str:
    """A hint at files of the same kind in the same folder, since a wrong name is the likeliest cause."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix == path.suffix)[:5]
    except OSError:
        return ""
    return f" {path.parent.name or path.parent}/ contains: {', '.join(names)}." if names else ""


def is_pattern(name: str, root: Path) -> bool:
    """Return whether a name of the manifest is a pattern, and not a file of the folder `root` with an odd name."""
    return bool(set("*?[") & set(name)) and not (root / name).is_file()


def named_files(pattern: str, root: Path, *, recursive: bool = False) -> list[str]:
    """The files that a path or a pattern of Go's names, from the folder `root` on, each as the pattern begins.

    `recursive` reads `**` as any number of folders, but for hidden ones. A pattern that leads out of the folder is not
    expanded where that is not allowed, but returned: reading it says why.
    """
    if not set("*?[") & set(pattern):
        return [pattern]
    fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0].rpartition("/")[0] or ("/" if pattern.startswith("/") else ".")
    if outside.refusal(root, fixed, None):
        return [pattern]
    found = _matching(pattern, root, recursive)
    reads.note_pattern(pattern, root, lambda: _matching(pattern, root, recursive), found)
    return [pattern] if any(outside.refusal(root, name, None) for name in found) else found


def _matching(pattern: str, root: Path, recursive: bool) -> list[str]:
    from glob import glob

    # Path.glob() refuses absolute patterns. Go negates a class by `^`, Python by `!`.
    asked = pattern.replace("[^", "[!")
    names = _below(asked, root) if recursive and "**" in asked.split("/") else glob(asked, root_dir=root)  # noqa: PTH207
    return sorted(name for name in names if (root / name).is_file())


def _below(pattern: str, root: Path) -> Iterator[str]:
    """The paths that match a pattern with `**`. Links to folders are not followed: they may lead in circles."""
    start = Path("/") if pattern.startswith("/") else root
    asked = pattern.lstrip("/")
    for path in start.glob(f"{asked}/*" if asked.endswith("**") else asked):
        name = path.as_posix() if pattern.startswith("/") else path.relative_to(root).as_posix()
        if not any(part.startswith(".") and part != ".." for part in PurePath(name).parts):
            yield name

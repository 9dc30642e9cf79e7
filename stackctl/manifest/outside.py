"""Files that a manifest may not name, because its author need not be the one who runs stackctl on it.

A manifest comes with a pull request, and messages about the files it names are printed where others read them. So files
outside of the manifest's folder are read only when the command line says so, and files that are known to hold secrets
are never read as anything that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from stackctl.diagnostic import Diagnostic
from stackctl.source import Position

OPTION = "--allow-outside"

# Names of folders, and endings of files, that hold what only their owner may see.
_PRIVATE_FOLDERS = frozenset({".aws", ".docker", ".git", ".gnupg", ".kube", ".ssh", ".stackctl"})
_PRIVATE_ENDINGS = frozenset({".env", ".jks", ".key", ".p12", ".password", ".pem", ".pfx", ".secret", ".token"})
# The endings of files whose lines messages may show. What has another one may be anything.
_FAMILIAR_ENDINGS = frozenset({".json", ".rule", ".rules", ".tmpl", ".yaml", ".yml"})


@dataclass
class _Permission:
    outside: bool = False


_permission = _Permission()


def allow() -> None:
    """Let this process read files outside of the manifest's folder."""
    _permission.outside = True


def is_allowed() -> bool:
    """Return whether files outside of the manifest's folder may be read."""
    return _permission.outside


@contextmanager
def allowed() -> Iterator[None]:
    """Let files outside of the manifest's folder be read within the context."""
    before = _permission.outside
    _permission.outside = True
    try:
        yield
    finally:
        _permission.outside = before


def refusal(root: Path, name: str, origin: Position | None) -> Diagnostic | None:
    """Return why the file or folder `name`, a path that begins at the folder `root`, may not be read; None if it may.

    Symbolic links are followed: what counts is where they lead.
    """
    return None if _permission.outside else _outside(name, origin, _real(root / name), _real(root))


def refusal_to_read(root: Path, name: str, origin: Position | None) -> Diagnostic | None:
    """Return why the file `name` may not be read, or not as something that is shown; None if it may."""
    real, home = _real(root / name), _real(root)
    outside = None if _permission.outside else _outside(name, origin, real, home)
    return outside or _private(name, origin, real, home)


def _outside(name: str, origin: Position | None, real: Path | None, home: Path | None) -> Diagnostic | None:
    # A link that leads to itself is reported by the reader.
    if real is None or home is None or real.is_relative_to(home):
        return None
    linked = "" if _leads_out(name) else f"It is, or is below, a symbolic link to {real}."
    return Diagnostic(
        "file.outside",
        f"{name} is outside of the manifest's folder",
        origin,
        linked,
        f"Copy it next to the manifest, or add {OPTION} to the command if you trust this manifest.",
    )


def _private(name: str, origin: Position | None, real: Path | None, home: Path | None) -> Diagnostic | None:
    """Return why a file may not be read as something that is shown."""
    if real is None or home is None:
        return None
    parts = real.relative_to(home).parts if real.is_relative_to(home) else (real.name,)
    last = PurePath(parts[-1] if parts else name)
    if not (_PRIVATE_FOLDERS & {*parts} or last.name.startswith(".") or last.suffix in _PRIVATE_ENDINGS):
        return None
    remedy = "Name a file that ends with `.yml`, `.yaml` or `.json`, and does not begin with a dot."
    return Diagnostic(
        "file.private", f"{name} may hold secrets, so it is not read as configuration", origin, remedy=remedy
    )


def discreet(problems: Iterable[Diagnostic], manifest: str) -> list[Diagnostic]:
    """Return `problems` without the lines and words of files whose names do not say that they are configuration.

    `manifest` is the file whose lines are always shown.
    """
    kept: list[Diagnostic] = []
    seen: set[str] = set()
    for problem in problems:
        at = problem.position
        if at is None or not _unfamiliar(at, manifest):
            kept.append(problem)
        elif at.file not in seen:
            seen.add(at.file)
            kept.append(_without_words(at))
    return kept


def _without_words(at: Position) -> Diagnostic:
    return Diagnostic(
        "file.format",
        "the file does not have the expected content",
        replace(at, text=""),
        "Its lines are not shown, because its name does not show that it is configuration.",
        f"Give it a name that ends with one of {', '.join(sorted(_FAMILIAR_ENDINGS))} to see what is wrong.",
    )


def _unfamiliar(at: Position, manifest: str) -> bool:
    return bool(at.line and at.file != manifest and PurePath(at.file).suffix not in _FAMILIAR_ENDINGS)


def _leads_out(name: str) -> bool:
    return PurePath(name).is_absolute() or ".." in PurePath(name).parts


def _real(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None

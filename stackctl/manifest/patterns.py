"""Entries of `rules` and `dashboards` that name several files by a pattern: one entry for each file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path as FolderPath
from typing import TypeVar

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document, Path
from stackctl.manifest.problems import Problems
from stackctl.manifest.rule_schema import PackSourceModel
from stackctl.manifest.text import is_pattern, named_files
from stackctl.manifest.validate import show_path
from stackctl.source import Position

S = TypeVar("S", bound=PackSourceModel)


def one_per_file(
    document: Document, key: str, sources: Sequence[S], root: FolderPath, problems: Problems
) -> list[tuple[Path, S]]:
    """Return the entries under `key` of the manifest, each with its place, with one for each file of a pattern.

    Paths begin at the manifest's folder `root`. A file is read once: by the entry that names it, or else by the first
    pattern that it matches. A pattern that matches no file is added to `problems`.
    """
    patterns = {at for at, source in enumerate(sources) if (name := _file(source)) and is_pattern(name, root)}
    taken = {os.path.normpath(_file(source)) for at, source in enumerate(sources) if at not in patterns}
    found: list[tuple[Path, S]] = []
    for at, source in enumerate(sources):
        place: Path = (key, at)
        if at not in patterns:
            found.append((place, source))
            continue
        names = named_files(_file(source), root, recursive=True)
        if not names:
            problems.add(no_match(_file(source), document.position((*place, "file"))))
        if source.says("override"):
            problems.add(_overridden(document, place))
        left = _without(names, taken)
        taken |= {os.path.normpath(name) for name in left}
        found += [(place, source.model_copy(update={"file": name})) for name in left]
    return found


def _file(source: PackSourceModel) -> str:
    return str(getattr(source, "file", None) or "")


def _without(names: Iterable[str], taken: set[str]) -> list[str]:
    return [name for name in names if os.path.normpath(name) not in taken]


def no_match(pattern: str, at: Position) -> Diagnostic:
    """The problem of a pattern that matches no file."""
    remedy = "Correct the pattern: it begins at the folder of the manifest."
    return Diagnostic("file.no-match", f"no file matches `{pattern}`", at, remedy=remedy)


def _overridden(document: Document, place: Path) -> Diagnostic:
    summary = f"{show_path(place)}.override: changes are for the alerts of one file, not of a pattern"
    remedy = "Name that file in an entry of its own, with the changes: the pattern leaves it out."
    return Diagnostic("manifest.value", summary, document.position((*place, "override"), key=True), remedy=remedy)

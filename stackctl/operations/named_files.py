"""Rule files and dashboards that are named on the command line, or are in folders that are."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stackctl.bounds.files import read_bytes
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError
from stackctl.manifest import Files

_ENDINGS = frozenset({".yml", ".yaml", ".rules", ".rule", ".json"})
_RULES = re.compile(r"^[{\"' ]*groups[\"']?\s*:", re.MULTILINE)
# The first key of a manifest, before all sections.
_MANIFEST = re.compile(r"^[\"']?version[\"']?:\s*1\s*$", re.MULTILINE)
_A_MANIFEST = "is a manifest, and not a rule file or a dashboard"
_DASHBOARD = re.compile(r'"(?:panels|rows|elements)"\s*:|^rows\s*:', re.MULTILINE)


def manifests_of(manifest: Path) -> list[Path]:
    """Return a manifest and its variants in the same folder: with `stack.yml`, `stack.prod.yml`, in their order."""
    variants = manifest.parent.glob(f"{glob.escape(manifest.name.partition('.')[0])}.*{glob.escape(manifest.suffix)}")
    return sorted({manifest, *variants}, key=lambda path: (path != manifest, path.name))


def find_files(paths: Iterable[Path], root: Path) -> Files:
    """Return the files, by their paths from the folder `root`, told apart by what is in them.

    In folders, files of other kinds are left out.

    Raises InputError for paths that do not exist, and for files of another kind.
    """
    problems: list[Diagnostic] = []
    found: dict[str, list[str]] = {"rules": [], "dashboards": []}
    for path in paths:
        if not path.exists():
            problems.append(Diagnostic("file.missing", f"{path} does not exist", remedy="Correct the path."))
            continue
        inside = list(_below(path)) if path.is_dir() else [path]
        kinds = {file: _kind(file) for file in inside}
        for file, kind in kinds.items():
            if kind:
                found[kind].append(os.path.relpath(file, root))
        if not any(kinds.values()):
            what = "contains neither rule files nor dashboards" if path.is_dir() else _other_kind(path)
            remedy = "Name files with `groups:` of rules, or dashboards of Grafana as JSON."
            if what == _A_MANIFEST:
                remedy = f"To check it, run `stackctl --manifest {path} check`."
            problems.append(Diagnostic("file.unreadable", f"{path} {what}", remedy=remedy))
    if problems:
        raise InputError(*problems)
    return Files(*(tuple(dict.fromkeys(names)) for names in found.values()))


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in _ENDINGS and not is_hidden and path.is_file():
            yield path


def _other_kind(path: Path) -> str:
    """Return what is said of a file that has neither rules nor a dashboard."""
    return _A_MANIFEST if _MANIFEST.search(_text(path)) else "is neither a rule file nor a dashboard"


def _text(path: Path) -> str:
    """Return the text of a file, "" where it cannot be read."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except (OSError, ValueError):
        return ""


def _kind(path: Path) -> str:
    """Return "rules" or "dashboards", "" for a file of another kind."""
    text = _text(path)
    if path.suffix == ".json" and _DASHBOARD.search(text):
        return "dashboards"
    return "rules" if _RULES.search(text) else "dashboards" if _DASHBOARD.search(text) else ""

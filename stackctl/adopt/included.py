"""Compose files that another one includes: their services are as those of the one, with the paths that lead there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackctl.adopt.compose import merged
from stackctl.adopt.source import Source, read_source
from stackctl.manifest.problems import Problems

# Files that include files that include files: more are a circle.
_DEPTH = 8


def with_included(compose: Source, folder: Path, problems: Problems, depth: int = 0) -> Source:
    """Return a Compose file with what it includes. What cannot be read is added to `problems`."""
    data = {key: value for key, value in compose.data.items() if key != "include"}
    for path, base in _included(compose) if depth < _DEPTH else ():
        source = read_source(folder, path, problems)
        if source:
            whole = with_included(source, folder, problems, depth + 1)
            data = merged(_moved(whole.data, base), data)
    return replace(compose, data=data)


def _included(compose: Source) -> Iterator[tuple[str, str]]:
    """Yield the paths of included files from the folder on, and where the paths in each begin, from `compose` on."""
    here = posixpath.dirname(compose.path)
    listed = compose.data.get("include")
    for entry in listed if isinstance(listed, list) else ():
        block = entry if isinstance(entry, Mapping) else {"path": entry}
        paths = block.get("path")
        for path in map(str, paths if isinstance(paths, list) else [paths] if paths else ()):
            base = str(block.get("project_directory") or posixpath.dirname(path))
            yield posixpath.normpath(posixpath.join(here, path)), base


def _moved(data: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The sections of a Compose file with paths that begin where `base` does."""
    moved = dict(data)
    services = data.get("services")
    if isinstance(services, Mapping):
        moved["services"] = {
            name: _service(block, base) if isinstance(block, Mapping) else block for name, block in services.items()
        }
    for kind in ("configs", "secrets"):
        known = data.get(kind)
        if isinstance(known, Mapping):
            moved[kind] = {name: _with_path(described, "file", base) for name, described in known.items()}
    return moved


def _service(block: Mapping[str, Any], base: str) -> dict[str, Any]:
    moved = dict(block)
    if isinstance(block.get("volumes"), list):
        moved["volumes"] = [_volume(each, base) for each in block["volumes"]]
    files = block.get("env_file")
    if isinstance(files, str):
        moved["env_file"] = _path(files, base)
    elif isinstance(files, list):
        moved["env_file"] = [
            _path(each, base) if isinstance(each, str) else _with_path(each, "path", base) for each in files
        ]
    build = block.get("build")
    if isinstance(build, str):
        moved["build"] = _path(build, base)
    elif isinstance(build, Mapping):
        moved["build"] = _with_path({"context": ".", **build}, "context", base)
    return moved


def _volume(written: Any, base: str) -> Any:
    if isinstance(written, Mapping):
        return _with_path(written, "source", base) if str(written.get("source") or "").startswith(".") else written
    source, colon, rest = str(written).partition(":")
    return f"{_path(source, base)}:{rest}" if colon and source.startswith(".") else written


def _with_path(block: Any, key: str, base: str) -> Any:
    if not isinstance(block, Mapping) or not block.get(key):
        return block
    return {**block, key: _path(str(block[key]), base)}


def _path(path: str, base: str) -> str:
    if not base or path.startswith(("/", "~", "$")) or "://" in path:
        return path
    return f"./{posixpath.normpath(posixpath.join(base, path))}"

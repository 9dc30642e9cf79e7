"""The Compose files of a set-up as one: with the files over it, and what it includes and extends."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stackctl.adopt.merging import OVERRIDE, RESET, merged, settled, tagged
from stackctl.adopt.moved import moved, moved_path
from stackctl.adopt.source import Source, read_source, with_texts
from stackctl.adopt.variables import filled, with_known
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.env_file import read_env
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.manifest.variables import read_variables
from stackctl.source import Position

TAGS = frozenset({RESET, OVERRIDE})
# Files that include files that include files: more are a circle. So are services that extend each other.
_DEPTH = 8


def read_project(folder: Path, paths: Sequence[str], variables: Mapping[str, str], problems: Problems) -> Source | None:
    """Return the Compose files at `paths` from `folder`, each over those before it, as one whose paths begin there.

    What they extend and include is in it. What cannot be read is added to `problems`; None if the first cannot.
    """
    reader = _Reader(folder, variables, problems)
    base = posixpath.dirname(paths[0])
    sources = [source for path in paths if (source := read_source(folder, path, problems, TAGS))]
    if not sources or sources[0].path != paths[0]:
        return None
    data = reader.whole(sources, base, 0)
    return replace(sources[0], data=data, others=tuple(reader.documents))


@dataclass(frozen=True)
class _Reader:
    """Reads what Compose files name, from `folder` on. `documents` are those of all files that it has read."""

    folder: Path
    variables: Mapping[str, str]
    problems: Problems
    documents: list[Document] = field(default_factory=list)

    def whole(self, sources: Sequence[Source], base: str, depth: int) -> dict[str, Any]:
        """Return what files that are used together say. Their paths begin at `base`."""
        data: Any = {}
        self.documents.extend(source.document for source in sources if source.document)
        for source in sources:
            data = merged(data, moved(self._with_extended(source, base), base, self.variables))
        data = settled(data)
        for paths, project, env in self._included(data, base) if depth < _DEPTH else ():
            found = [each for path in paths if (each := read_source(self.folder, path, self.problems, TAGS))]
            whole = self.whole(found, project, depth + 1)
            data = merged(_with_variables(whole, env), data)
        return {key: value for key, value in data.items() if key != "include"}

    def _included(self, data: Mapping[str, Any], base: str) -> Iterator[tuple[list[str], str, Mapping[str, str]]]:
        """Yield the files of each entry of `include`, where the paths in them begin, and variables of their own."""
        listed = data.get("include")
        for entry in listed if isinstance(listed, list) else ():
            block = entry if isinstance(entry, Mapping) else {"path": entry}
            named = block.get("path")
            texts = [str(each) for each in (named if isinstance(named, list) else [named] if named else [])]
            paths = [self._path(each, base) for each in texts]
            if paths:
                given = block.get("project_directory")
                project = self._path(str(given), base) if given else posixpath.dirname(paths[0])
                env = self._own_variables(block.get("env_file"), project, base)
                yield paths, project, {name: value for name, value in env.items() if name not in self.variables}

    def _own_variables(self, files: Any, project: str, base: str) -> Mapping[str, str]:
        """Return the variables of an entry of `include`: of its `env_file`, or else of the `.env` of its folder."""
        if not files:
            return read_variables(self.folder / project, {}, Problems(), Problems()) or {}
        found: dict[str, str] = {}
        for each in files if isinstance(files, list) else [files]:
            path = self._path(str(each), base)
            text = read_named(self.folder, path, Position(path), self.problems, secret=True)
            found |= (read_env(text, path, self.variables, self.problems, Problems()) or {}) if text is not None else {}
        return found

    def _with_extended(self, source: Source, base: str) -> dict[str, Any]:
        """A Compose file with what its services take from others by `extends`."""
        data = tagged(source)
        services = data.get("services")
        if isinstance(services, Mapping):
            data["services"] = {
                name: self._extended(block, services, source, base, 0) for name, block in services.items()
            }
        return data

    def _extended(self, block: Any, services: Mapping[str, Any], source: Source, base: str, depth: int) -> Any:
        """A service with what it takes from others. Paths begin at `base`."""
        extends = block.get("extends") if isinstance(block, Mapping) else None
        if not extends or depth > _DEPTH:
            return block
        wanted = extends if isinstance(extends, Mapping) else {"service": extends}
        name, file = str(wanted.get("service")), wanted.get("file")
        own = {key: value for key, value in block.items() if key != "extends"}
        if file is None:
            if not isinstance(services.get(name), Mapping):
                return self._missing(name, source, own)
            return merged(self._extended(services[name], services, source, base, depth + 1), own)
        other = read_source(self.folder, self._path(str(file), base), self.problems, TAGS)
        if other is None:
            return own
        self.documents.extend([other.document] if other.document else [])
        theirs = tagged(other).get("services")
        if not isinstance(theirs, Mapping) or not isinstance(theirs.get(name), Mapping):
            return self._missing(name, other, own)
        there = posixpath.dirname(other.path)
        found = self._extended(theirs[name], theirs, other, there, depth + 1)
        # From where the other file is to where paths of this one begin.
        between = posixpath.relpath(there or ".", base or ".")
        as_ours = moved({"services": {name: found}}, "" if between == "." else between, self.variables)
        return merged(as_ours["services"][name], own)

    def _missing(self, name: str, source: Source, own: Mapping[str, Any]) -> Mapping[str, Any]:
        summary = f"`extends` names the service `{name}`, which {source.path} does not have"
        remedy = "Compose does not read it either: correct it there."
        self.problems.add(Diagnostic("file.format", summary, source.at("services"), remedy=remedy))
        return own

    def _path(self, named: str, base: str) -> str:
        return posixpath.normpath(moved_path(filled(named, self.variables), base, self.variables))


def _with_variables(value: Any, variables: Mapping[str, str]) -> Any:
    """A part of an included file, with the variables filled in that only the `.env` next to it has."""
    return with_texts(value, lambda text: with_known(text, variables)) if variables else value

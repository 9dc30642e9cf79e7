"""The manifest: text -> positioned values -> schema -> cross-checks -> `Stack`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import redaction
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.errors import raise_if_any
from stackctl.manifest import outside
from stackctl.manifest.compose_places import is_in_compose
from stackctl.manifest.document import Document, Scalar, Value
from stackctl.manifest.including import with_included
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.salvage import Gone, salvage
from stackctl.manifest.text import read_text
from stackctl.manifest.variables import read_variables, substituter
from stackctl.manifest.written import as_written
from stackctl.model import Stack
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.manifest.packs.library import Library

# What the rest of a manifest is checked with when these two are wrong.
_STAND_INS: Mapping[str, Value] = {"version": Scalar("1"), "name": Scalar("unnamed")}

# Rule files and dashboards without a manifest: something is scraped, of which nothing is known.
_NO_MANIFEST = 'version: 1\nname: files\nservices: {something: {targets: ["localhost:9"]}}\n'

__all__ = ["Files", "Reading", "load", "load_packs", "read", "read_files"]


@dataclass(frozen=True)
class Files:
    """Rule files and dashboards, by their paths from the manifest's folder."""

    rules: tuple[str, ...] = ()
    dashboards: tuple[str, ...] = ()

    def has(self, path: str) -> bool:
        """Return whether a path is one of them, however it is written: `./a.yml` is `a.yml`."""
        return os.path.normpath(path) in map(os.path.normpath, (*self.rules, *self.dashboards))


@dataclass(frozen=True)
class Reading:
    """The stack that a manifest describes, as far as it can be read, and every problem of it and of its files.

    With problems, `stack` is what is left without what they are about, None where that is nothing, and `gone` says
    what is not in it.
    """

    stack: Stack | None
    problems: list[Diagnostic]
    gone: Gone


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Stack:
    """The stack that the manifest at `path` describes.

    Raises InputError with every problem of the manifest and of the files it names. Nothing is written.
    """
    reading = read(path, environ)
    raise_if_any(reading.problems)
    assert reading.stack  # noqa: S101 - without problems there is one
    return reading.stack


def read(path: Path, environ: Mapping[str, str] = os.environ) -> Reading:
    """Read the manifest at `path`, and return it with every problem of the manifest and of the files it names."""
    return read_files(Files(), path, environ)


def read_files(files: Files, path: Path | None, environ: Mapping[str, str] = os.environ) -> Reading:
    """Read files as if the manifest at `path` named them too. Without a manifest, nothing is known of what is scraped,
    and paths begin at the current folder.
    """
    shown = str(path) if path else ""
    problems, notes = Problems(), Problems()
    text = read_text(path, shown, problems) if path else _NO_MANIFEST
    root = path.parent.resolve() if path else Path.cwd()
    variables = read_variables(root, environ, problems, notes) if path else {}
    if text is None or variables is None:
        return _unread(*(_with_init(problem, path) for problem in problems) if path else problems)
    substitute = substituter(variables, keep=is_in_compose)
    document = parse(text, shown, substitute)
    if path:
        document = with_included(document, root, lambda text, file: parse(text, file, substitute), (path.name,))
    document.value = _without_extensions(document)
    if isinstance(document.value, dict):
        document.value = _naming(document.value, files)
    reading = _read(document, root)
    stack = replace(reading.stack, notes=tuple(notes)) if reading.stack else None
    return replace(reading, stack=stack, problems=as_written(reading.problems, document.filled))


def _naming(manifest: dict[str, Value], files: Files) -> dict[str, Value]:
    """Return a manifest that names files too, those that it does not name yet."""
    named = dict(manifest)
    for key, paths in (("rules", files.rules), ("dashboards", files.dashboards)):
        listed = named.get(key)
        there = listed if isinstance(listed, list) else []
        known = {os.path.normpath(str(each.get("file") if isinstance(each, dict) else each)) for each in there}
        more: list[Value] = [{"file": Scalar(path)} for path in paths if os.path.normpath(path) not in known]
        if more and (listed is None or there):
            named[key] = [*there, *more]
    if files.dashboards and named.get("grafana") is None:
        named["grafana"] = {}
    return named


def _read(document: Document, root: Path) -> Reading:
    if document.value is None:
        return _unread(*(document.problems or [_empty(document.file)]))
    if not isinstance(document.value, dict):
        return _unread(_not_a_mapping(document))
    return _reading(document, root)


def load_packs(path: Path | None) -> Library:
    """The packs that the manifest at `path` may use; those of stackctl alone without one.

    Raises InputError with every problem of the manifest's own packs.
    """
    from stackctl.manifest.packs.library import Library
    from stackctl.manifest.packs.own import read_library

    text = read_text(path, str(path), Problems()) if path else None
    document = parse(text or "", str(path))
    if path:
        document = with_included(document, path.parent.resolve(), parse, (path.name,))
    folders = document.value.get("packs") if isinstance(document.value, dict) else None
    if path is None or not isinstance(folders, list):
        return Library()
    problems = Problems()
    library = read_library(document, [str(folder) for folder in folders], path.parent.resolve(), problems)
    if library is None:
        raise_if_any(outside.discreet(problems, document.file))
        raise AssertionError("packs that cannot be read have problems")
    return library


def _unread(*problems: Diagnostic) -> Reading:
    return Reading(None, list(problems), Gone())


def _reading(document: Document, root: Path) -> Reading:
    """Every layer's problems. Each layer takes out what it refuses, and the next one reads what is left."""
    from stackctl.manifest.build import build
    from stackctl.manifest.crosscheck import crosscheck
    from stackctl.manifest.schema import Manifest

    left = salvage(document, Manifest, _STAND_INS)
    problems = _merge(document.problems, left.problems)
    if left.model is None:
        return Reading(None, problems, left.gone)
    redaction.publish({left.model.name, *left.model.services, *left.model.containers, *registry.names()})
    problems = _merge(problems, left.gone.independent(crosscheck(left.document, left.model)))
    found = Problems()
    stack = build(left.document, left.model, root, found)
    further = left.gone.independent(outside.discreet(found, document.file))
    return Reading(stack, _merge(problems, further), left.gone)


def _merge(first: Iterable[Diagnostic], second: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Both lists, without what the second says of a place that the first has already complained about."""
    places = {problem.position for problem in first}
    return [*first, *(problem for problem in second if problem.position not in places)]


def _without_extensions(document: Document) -> Value:
    """The top level without its `x-` keys, which hold anchors as they do in Compose files."""
    value = document.value
    return {k: v for k, v in value.items() if not k.startswith("x-")} if isinstance(value, dict) else value


def _empty(shown: str) -> Diagnostic:
    remedy = "Run `stackctl init`, or begin with `version: 1`, `name: shop` and `services:`."
    return Diagnostic("manifest.empty", "the manifest is empty", Position(shown), remedy=remedy)


def _not_a_mapping(document: Document) -> Diagnostic:
    got = "a list" if isinstance(document.value, list) else "plain text"
    remedy = "Begin with `version: 1`, `name: shop` and `services:`, each at the start of a line."
    return Diagnostic(
        "manifest.not-a-mapping", f"the manifest must be a mapping, not {got}", document.position(()), remedy=remedy
    )


def _with_init(problem: Diagnostic, path: Path) -> Diagnostic:
    if path.exists() or path.is_symlink():
        return problem
    return replace(problem, remedy=f"Run `stackctl init`, or name it with -f. {problem.remedy}")

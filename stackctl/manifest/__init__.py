"""The manifest: text -> positioned values -> schema -> cross-checks -> `Stack`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import InputError, Problem, raise_if_any
from stackctl.manifest import outside
from stackctl.manifest.document import Document, Value, parse
from stackctl.manifest.text import read_text
from stackctl.manifest.variables import read_variables, substituter
from stackctl.model import Stack
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.manifest.packs.library import Library

__all__ = ["load", "load_packs"]


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Stack:
    """The stack that the manifest at `path` describes.

    Raises InputError with every problem of the manifest and of the files it names. Nothing is written.
    """
    shown = str(path)
    text = read_text(path, shown)
    if isinstance(text, Problem):
        raise InputError(_with_init(text, path))
    root = path.parent.resolve()
    variables = read_variables(root, environ)
    if isinstance(variables, Problem):
        raise InputError(variables)
    document = parse(text, shown, substituter(variables, keep=_compose_resolves))
    document.value = _without_extensions(document)
    if document.value is None and not document.problems:
        raise InputError(_empty(shown))
    return _stack(document, root)


def load_packs(path: Path | None) -> Library:
    """The packs that the manifest at `path` may use; those of stackctl alone without one.

    Raises InputError with every problem of the manifest's own packs.
    """
    from stackctl.manifest.packs.library import Library
    from stackctl.manifest.packs.own import read_library

    text = read_text(path, str(path)) if path else ""
    document = parse("" if isinstance(text, Problem) else text, str(path))
    folders = document.value.get("packs") if isinstance(document.value, dict) else None
    if path is None or not isinstance(folders, list):
        return Library()
    library = read_library(document, [str(folder) for folder in folders], path.parent.resolve())
    if isinstance(library, list):
        raise_if_any(outside.discreet(library, document.file))
        raise AssertionError("packs that cannot be read have problems")
    return library


def _stack(document: Document, root: Path) -> Stack:
    from stackctl.manifest.build import build
    from stackctl.manifest.crosscheck import crosscheck
    from stackctl.manifest.schema import Manifest
    from stackctl.manifest.validate import validate

    if document.value is None:
        raise InputError(*document.problems)
    if not isinstance(document.value, dict):
        raise InputError(_not_a_mapping(document))
    manifest = validate(document, Manifest)
    if isinstance(manifest, list):
        raise_if_any(_merge(document.problems, manifest))
        raise AssertionError("a failed validation has problems")
    raise_if_any(_merge(document.problems, crosscheck(document, manifest)))
    stack = build(document, manifest, root)
    if isinstance(stack, list):
        raise_if_any(outside.discreet(stack, document.file))
        raise AssertionError("a failed build has problems")
    return stack


def _merge(first: list[Problem], second: list[Problem]) -> list[Problem]:
    """Both lists, without what the second says of a place that the first has already complained about."""
    places = {problem.position for problem in first}
    return [*first, *(problem for problem in second if problem.position not in places)]


def _compose_resolves(path: tuple[str | int, ...]) -> bool:
    """Whether variables at `path` are left to Compose, which keeps their values out of the rendered files."""
    return len(path) > 4 and path[0] == "services" and path[2:4] == ("run", "docker")


def _without_extensions(document: Document) -> Value:
    """The top level without its `x-` keys, which hold anchors as they do in Compose files."""
    value = document.value
    return {k: v for k, v in value.items() if not k.startswith("x-")} if isinstance(value, dict) else value


def _empty(shown: str) -> Problem:
    remedy = "Run `stackctl init`, or begin with `version: 1`, `name: shop` and `services:`."
    return Problem("the manifest is empty", Position(shown), remedy=remedy)


def _not_a_mapping(document: Document) -> Problem:
    got = "a list" if isinstance(document.value, list) else "plain text"
    remedy = "Begin with `version: 1`, `name: shop` and `services:`, each at the start of a line."
    return Problem(f"the manifest must be a mapping, not {got}", document.position(()), remedy=remedy)


def _with_init(problem: Problem, path: Path) -> Problem:
    if path.exists() or path.is_symlink():
        return problem
    return replace(problem, remedy=f"Run `stackctl init`, or name it with -f. {problem.remedy}")

"""Other manifests that one includes: parts that several stacks share, or a stack of which this one is a variant."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document, Path, Value
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named

KEY = "include"
# Lists to which an including manifest adds. All others it replaces, as it replaces texts.
_GROWING = frozenset({"rules", "dashboards", "packs", "ignore"})

_UNSET = "variable.not-set"

Parse = Callable[[str, str], Document]


def with_included(document: Document, root: pathlib.Path, parse: Parse, seen: tuple[str, ...] = ()) -> Document:
    """A manifest over those that it includes, the last of which is over the others.

    `root` is its folder, and `parse` reads a text as the manifest is read, with the name of its file. `seen` are the
    files that have led here. What is wrong with a file is added to the problems of the document.
    """
    problems = Problems()
    lower: Document | None = None
    for place, name in _names(document):
        at = document.position(place)
        if pathlib.PurePath(name).name != name:
            summary = f"{KEY}: `{name}` is not in the manifest's own folder"
            remedy = "Move it there, and name it without a folder: the paths in it begin there too."
            problems.add(Diagnostic("manifest.value", summary, at, remedy=remedy))
        elif name in seen:
            remedy = "Remove one of the two."
            problems.add(Diagnostic("manifest.conflict", f"{KEY}: `{name}` includes itself", at, remedy=remedy))
        elif (text := read_named(root, name, at, problems)) is not None:
            shown = str(pathlib.PurePath(document.file).with_name(name))
            found = with_included(parse(text, shown), root, parse, (*seen, name))
            lower = found if lower is None else over(lower, found)
    result = document if lower is None else over(lower, document)
    result.problems.extend(problems)
    return result


def _names(document: Document) -> Iterator[tuple[Path, str]]:
    """The files that a manifest includes. Anything but a list of texts is for the schema to refuse."""
    listed = document.value.get(KEY) if isinstance(document.value, dict) else None
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(name, str) and name:
            yield (KEY, index), str(name)


def over(lower: Document, upper: Document) -> Document:
    """The `upper` document over the `lower` one: mappings merge, some lists grow, all else is replaced."""
    places: dict[Path, tuple[Document, Path]] = {}

    def taken(document: Document, value: Value, to: Path, path: Path) -> Value:
        places[to] = (document, path)
        if isinstance(value, dict):
            return {key: taken(document, item, (*to, key), (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [taken(document, item, (*to, at), (*path, at)) for at, item in enumerate(value)]
        return value

    def merged(low: Value, high: Value, path: Path) -> Value:
        if isinstance(low, dict) and isinstance(high, dict):
            places[path] = (upper, path)
            removed = {key for key in low if key in high and high[key] is None}
            keys = [key for key in dict.fromkeys((*low, *high)) if key not in removed]
            return {key: one(low, high, key, path) for key in keys}
        if isinstance(low, list) and isinstance(high, list) and len(path) == 1 and path[0] in _GROWING:
            below = taken(lower, low, path, path)
            added = [taken(upper, item, (*path, at), (*path, at - len(low))) for at, item in enumerate(high, len(low))]
            return [*(below if isinstance(below, list) else ()), *added]
        return taken(upper, high, path, path)

    def one(low: dict[str, Value], high: dict[str, Value], key: str, path: Path) -> Value:
        below = (*path, key)
        if key not in high:
            return taken(lower, low[key], below, below)
        return merged(low[key], high[key], below) if key in low else taken(upper, high[key], below, below)

    value = upper.value if lower.value is None else merged(lower.value, upper.value, ())
    made = upper.over(lower, value, places)
    # A variable that is not set is missed only where its value still counts.
    unset = [each.position for each in lower.problems if each.position and each.code == _UNSET]
    left = {path for document, path in places.values() if document is lower}
    missed = {lower.position(path) for path in lower.paths(unset) if path in left}
    kept = [each for each in lower.problems if each.code != _UNSET or each.position in missed]
    made.problems = [*kept, *upper.problems]
    return made

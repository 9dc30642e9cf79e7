"""Rest of a document without everything that is wrong with it, so that the rest can be checked as well.

Every mistake is to be reported at once, those of the later layers too. What is taken out must not be missed there: a
mistake that may only come from that is left for the next time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document, Path, Value
from stackctl.manifest.validate import problems_of, show_path, written_path
from stackctl.source import Position

M = TypeVar("M", bound=BaseModel)

# Each time at least one value is taken out; what is needed above it goes the next time.
_ROUNDS = 12
# The keys by which other parts of a manifest name a part.
_NAMING = ("name", "alert", "record", "uid", "title")
# Key -> those whose values are compared with its value.
_COMPARED = {"scrape_interval": ("scrape_timeout",), "time": ("window",), "pushgateway": ("push",)}
_LEAD = re.compile(r"[\w.\[\]\"-]*?(\w+): ")


@dataclass(frozen=True)
class Salvage(Generic[M]):
    """The `model` of what is left of a document (None: nothing to speak of), and the `problems` of what is not.

    `document` has only what is left, each value with its place in the file.
    """

    model: M | None
    document: Document
    problems: list[Diagnostic]
    gone: Gone


@dataclass(frozen=True)
class Gone:
    """Parts that were taken out: the places around them, their names, the keys of values that are `compared` with them,
    and the sections that they were in.

    `moved` is how places of what is left are shown -> how the user would: in lists, what follows has moved up.
    """

    places: frozenset[Position] = frozenset()
    names: frozenset[str] = frozenset()
    compared: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)

    def independent(self, problems: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The problems that do not come from what is gone, in the user's words."""
        return [self._as_written(problem) for problem in problems if not self._explains(problem)]

    def _explains(self, problem: Diagnostic) -> bool:
        if problem.position is None and self.places:
            return True
        # Programs have names in quotes of their own.
        quoted = {name.strip("{}") for name in re.findall(r"[`\"]([^`\"]+)[`\"]", f"{problem.summary} {problem.cause}")}
        lead = _LEAD.match(problem.summary)
        compared = lead is not None and lead[1] in self.compared
        return problem.position in self.places or compared or bool(quoted & self.names)

    def _as_written(self, problem: Diagnostic) -> Diagnostic:
        found = [shown for shown in self.moved if problem.summary.startswith((f"{shown}:", f"{shown}.", f"{shown}["))]
        if not found:
            return problem
        shown = max(found, key=len)
        return replace(problem, summary=self.moved[shown] + problem.summary[len(shown) :])

    def __or__(self, other: Gone) -> Gone:
        return Gone(
            self.places | other.places,
            self.names | other.names,
            self.compared | other.compared,
            self.sections | other.sections,
            other.moved or self.moved,
        )


def salvage(document: Document, model: type[M], stand_ins: Mapping[str, Value] | None = None) -> Salvage[M]:
    """`document` as `model`, without what is wrong with it.

    `stand_ins` are values for keys of the top level that it cannot do without.
    """
    problems: list[Diagnostic] = []
    whole, gone = document, _gone_already(document)
    for _ in range(_ROUNDS):
        try:
            return Salvage(model.model_validate(document.value), document, problems, gone | _moved(whole, document))
        except ValidationError as error:
            details = error.errors(include_url=False)
        # What is missing because it was taken out is no mistake of the user's.
        problems = problems or problems_of(document, model, details)
        dropped = {_droppable(document, each) for each in details}
        gone |= _described(document, dropped)
        missing = {path[0] for path in dropped if len(path) == 1} & (stand_ins or {}).keys()
        if () in dropped or not isinstance(document.value, dict):
            absent = [key for key in stand_ins or {} if isinstance(document.value, dict) and key not in document.value]
            if not absent:
                return Salvage(None, document, problems, gone)
            missing |= set(absent)
        document = _without(document, dropped - {()})
        if isinstance(document.value, dict):
            document.value = {**document.value, **{str(key): (stand_ins or {})[str(key)] for key in missing}}
    return Salvage(None, document, problems, gone)


def _gone_already(document: Document) -> Gone:
    """Return what reading the document has left out already: what a section lacks may be one of these values."""
    left_out = {problem.position for problem in document.problems if problem.position}
    around = {
        document.position(path[:end], key=key)
        for path in document.paths(left_out)
        for end in range(len(path))
        for key in (False, True)
    }
    return Gone(frozenset(left_out | around))


def _droppable(document: Document, details: ErrorDetails) -> Path:
    """The smallest value that can be taken out with what an error is about: that itself, or what lacks it."""
    path, about_key = written_path(document, details)
    if details["type"] == "missing":
        return path
    return path if about_key or path else ()


def _moved(whole: Document, left: Document) -> Gone:
    """The items of lists that have another number now."""
    if left is whole:
        return Gone()
    before = {whole.position(path): show_path(path) for path in whole.places if path and isinstance(path[-1], int)}
    now = {show_path(path): left.position(path) for path in left.places if path and isinstance(path[-1], int)}
    written = {shown: before.get(place, shown) for shown, place in now.items()}
    return Gone(moved={shown: was for shown, was in written.items() if shown != was})


def _described(document: Document, dropped: Iterable[Path]) -> Gone:
    places: set[Position] = set()
    names: set[str] = set()
    compared: set[str] = set()
    for path in dropped:
        for end in range(len(path) + 1):
            places |= {document.position(path[:end]), document.position(path[:end], key=True)}
        if path and isinstance(path[-1], str):
            places |= {document.position((*path[:-1], key)) for key in _mapping(_at(document.value, path[:-1]))}
            names.add(path[-1])
            compared |= set(_COMPARED.get(path[-1], ()))
        value = _at(document.value, path)
        for each in value if isinstance(value, list) else [value]:
            names |= {str(item) for key, item in _mapping(each).items() if key in _NAMING}
    sections = frozenset(str(path[0]) for path in dropped if path)
    return Gone(frozenset(places), frozenset(names), frozenset(compared), sections)


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _at(value: Any, path: Path) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _without(document: Document, dropped: set[Path]) -> Document:
    """`document` without the values at some paths. In lists, what follows moves up."""
    places: dict[Path, Path] = {}

    def kept(value: Any, to: Path, written: Path) -> Any:
        places[to] = written
        if isinstance(value, dict):
            items = [(key, item) for key, item in value.items() if (*written, key) not in dropped]
            return {key: kept(item, (*to, key), (*written, key)) for key, item in items}
        if isinstance(value, list):
            left = [(index, item) for index, item in enumerate(value) if (*written, index) not in dropped]
            return [kept(item, (*to, at), (*written, index)) for at, (index, item) in enumerate(left)]
        return value

    return replace(document.rearranged(kept(document.value, (), ()), places), problems=document.problems)

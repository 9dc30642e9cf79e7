"""The variables in a Compose file, as Compose fills them in, and as the manifest writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_MARK = re.compile(r"\$\{([0-9]+)\}")
_NAME = re.compile(r"[A-Za-z_]\w*")
_BRACED = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:(?P<how>:?[-?+])(?P<word>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Reference:
    """A reference to a variable as it is `written`: `how` is one of `-`, `?` and `+`, or with a colon, or ""."""

    written: str
    name: str
    how: str = ""
    word: str = ""


def _parts(text: str) -> Iterator[str | Reference]:
    """Yield the parts of a text: what is text, with `$$` as one dollar, and references."""
    at = 0
    while at < len(text):
        dollar = text.find("$", at)
        if dollar < 0:
            break
        yield text[at:dollar]
        at = dollar + 1
        end = _end_of_braces(text, at) if text[at : at + 1] == "{" else 0
        braced = _BRACED.fullmatch(text[at + 1 : end]) if end else None
        bare = _NAME.match(text, at)
        if text[at : at + 1] == "$":
            yield "$"
            at += 1
        elif braced:
            at = end + 1
            yield Reference(text[dollar:at], braced["name"], braced["how"] or "", braced["word"] or "")
        elif bare:
            at = bare.end()
            yield Reference(f"${bare[0]}", bare[0])
        else:
            yield "$"
    yield text[at:]


def _end_of_braces(text: str, start: int) -> int:
    """Return where the brace that is open at `start` is closed, 0 for nowhere."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at
    return 0


def _replaced(text: str, replacement: Callable[[Reference], str]) -> str:
    return "".join(part if isinstance(part, str) else replacement(part) for part in _parts(text))


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` as Compose reads it: variables filled in, an unknown one is empty, `$$` is a dollar."""

    def value(reference: Reference) -> str:
        known = variables.get(reference.name)
        is_there = bool(known) if reference.how.startswith(":") else known is not None
        if reference.how.endswith("-") and not is_there:
            return filled(reference.word, variables)
        if reference.how.endswith("+"):
            return filled(reference.word, variables) if is_there else ""
        return known or ""

    return _replaced(text, value)


def as_manifest(text: str, variables: Mapping[str, str], *, required: bool = False) -> str:
    """Return `text` of a Compose file as the manifest writes it: a variable that nobody has set is empty in both.

    Unless it is `required`: then the manifest is refused until it is set.
    """

    return _replaced(text, lambda reference: _in_manifest(reference, variables, required=required))


def in_compose(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` of a Compose file, in Compose's words, with references of the two forms that the manifest fills in.

    These are `${NAME}` and `${NAME:-default}`. A variable that nobody has set is empty, as it is to Compose.
    """

    return _replaced(text.replace("$$", "$$$$"), lambda reference: _in_manifest(reference, variables))


def _in_manifest(reference: Reference, variables: Mapping[str, str], *, required: bool = False) -> str:
    """A reference in a form that the manifest fills in; what has none is filled in, as a default with `}` in it."""
    name, how = reference.name, reference.how
    if how.endswith("-"):
        default = filled(reference.word, variables)
        return f"${{{name}:-{default}}}" if "}" not in default else filled(reference.written, variables)
    if how.endswith("+"):
        return filled(reference.written, variables)
    return f"${{{name}}}" if required or name in variables or how.endswith("?") else f"${{{name}:-}}"


def with_known(text: str, variables: Mapping[str, str]) -> str:
    """Return `text` of a Compose file with these variables filled in. Others, and `$$`, stay as they are written."""

    def value(reference: Reference) -> str:
        is_known = reference.name in variables
        return filled(reference.written, variables).replace("$", "$$") if is_known else reference.written

    return _replaced(text.replace("$$", "$$$$"), value)


def with_marks(text: str, references: list[str]) -> str:
    """Return `text` of a Compose file with a mark, `${0}`, for each reference to a variable.

    The references are added to `references`, so that `without_marks` has them.
    """

    def mark(reference: Reference) -> str:
        references.append(reference.written)
        return f"${{{len(references) - 1}}}"

    return _replaced(text.replace("$$", "$$$$"), mark)


def without_marks(text: str, references: Sequence[str]) -> str:
    """Return a text with the references to variables that it has marks for."""
    return _MARK.sub(lambda match: references[int(match[1])] if int(match[1]) < len(references) else match[0], text)


def required_variables(text: str) -> Iterator[str]:
    """Yield the variables of a text that have no default."""
    for part in _parts(text):
        if isinstance(part, Reference) and not part.how.endswith(("-", "+")):
            yield part.name

"""Holding a document against the schema: the typed manifest, or every problem at its place in the user's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.base import Model, nested
from stackctl.manifest.document import Document, Path
from stackctl.manifest.fields import kind
from stackctl.manifest.problems import Problems

M = TypeVar("M", bound=BaseModel)
# Keys that other tools have, and the one that is meant.
_MEANT = {
    "port": "listen",
    "ports": "listen",
    "environment": "env",
    "expression": "expr",
    "query": "expr",
    "url": "targets",
}
# Types of pydantic's errors that have a code of their own.
_CODES = {"extra_forbidden": "manifest.unknown-key", "missing": "manifest.missing-key"}


def validate(document: Document, model: type[M], problems: Problems) -> M | None:
    """Return `document` as `model`; None if it is not one, with all that is wrong added to `problems`."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        problems.extend(problems_of(document, model, error.errors(include_url=False)))
        return None


def problems_of(document: Document, model: type[BaseModel], details: Iterable[ErrorDetails]) -> list[Diagnostic]:
    """Translate pydantic's errors into problems for users."""
    found = list(details)
    slips = {path for each in found if (path := _slip(model, each, document.value))}
    about = [each for each in found if not any(each["loc"][: len(slip)] == slip for slip in slips)]
    unknown = [ErrorDetails(type="extra_forbidden", loc=slip, msg="", input=None) for slip in sorted(slips)]
    return [_problem(document, model, each) for each in (*unknown, *about)]


def _slip(model: type[BaseModel], details: ErrorDetails, value: Any) -> Path:
    """The key that is none of a mapping, and too little to be one of the others that it may have; () for all else."""
    *path, key = details["loc"] or ("",)
    owner = _at(model, tuple(path), value) if details["type"] == "missing" else None
    return tuple(path) if owner and issubclass(owner, Model) and owner.essential == key else ()


def written_path(document: Document, details: ErrorDetails) -> tuple[Path, bool]:
    """The path in the document that an error is about, and whether it is about the key there.

    Of a missing key, the path of what lacks it.
    """
    about_key = bool(details["loc"]) and details["loc"][-1] == "[key]"
    path = details["loc"][:-1] if about_key else details["loc"]
    unknown = details["type"] == "extra_forbidden"
    key = unknown or details["type"] == "missing" or about_key
    written = _as_written(document, path[:-1] if key else path)
    return ((*written, path[-1]), True) if unknown or about_key else (written, False)


def show_path(path: Path) -> str:
    """`services.api.targets[1]`: a path as the user would say it."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            word = part if part and not set(part) & set(" .[]\"'") else f'"{part}"'
            shown += f".{word}" if shown else word
    return shown


def unknown_name(name: str, known: Iterable[str], what: str) -> str:
    """The remedy for a name that is not among `known`: the one that was meant, or all there are."""
    listed = list(known)
    close = closest(name, listed)
    if close:
        return f"Did you mean `{close}`?"
    return f"{what}: {', '.join(f'`{each}`' for each in listed) or 'none'}."


def _problem(document: Document, model: type[BaseModel], details: ErrorDetails) -> Diagnostic:
    # pydantic marks an error about a mapping's key by a last part "[key]"; the key is the part before.
    about_key = bool(details["loc"]) and details["loc"][-1] == "[key]"
    path = details["loc"][:-1] if about_key else details["loc"]
    unknown = details["type"] == "extra_forbidden"
    value = document.value
    message, remedy = _unknown_key(model, path, value) if unknown else _words(details, model, path, value)
    missing = details["type"] == "missing"
    key = unknown or missing or about_key
    written = _as_written(document, path[:-1] if key else path)
    position = document.position((*written, path[-1]) if unknown or about_key else written, key=key)
    shown = show_path(written)
    code = _CODES.get(details["type"], "manifest.value")
    return Diagnostic(code, f"{shown}: {message}" if shown else message, position, remedy=remedy)


def _as_written(document: Document, path: Path) -> Path:
    """`path` without what a short form leaves out: in `- localhost:8000`, the key `address`."""
    written: Path = ()
    for part in path:
        if document.holds((*written, part)):
            written = (*written, part)
    return written


def _unknown_key(model: type[BaseModel], path: Path, value: Any) -> tuple[str, str]:
    key = str(path[-1])
    owner = _at(model, path[:-1], value)
    known = sorted(_fields(owner))
    if key in (refused := owner.refused if owner and issubclass(owner, Model) else {}):
        reason, remedy = refused[key]
        return f"`{key}` is not possible: {reason}", remedy
    close = closest(key, known)
    if close:
        return f"unknown key `{key}`", f"Did you mean `{close}`?"
    if _MEANT.get(key) in known:
        return f"unknown key `{key}`", f"Did you mean `{_MEANT[key]}`?"
    if set(key) & set("()[]{}="):
        return f"unknown key `{key}`", "Inside `{...}` a comma ends a value: quote a value that holds one."
    others = getattr(owner, "others", None)
    or_kind = f", or one of these as its `{others.says_kind}`" if others and others.says_kind else ""
    more = f" Anything else needs its `{others.essential}`{or_kind}." if others else ""
    return f"unknown key `{key}`", f"Known here: {', '.join(known)}.{more}" if known else ""


def _words(details: ErrorDetails, model: type[BaseModel], path: Path, value: Any) -> tuple[str, str]:
    """pydantic's error types in the words of someone who has never heard of pydantic: message and remedy."""
    context: dict[str, Any] = details.get("ctx", {})
    match details["type"]:
        case "wrong":
            return context["message"], context.get("remedy", "")
        case "missing":
            return f"the key `{path[-1]}` is missing", _description(model, path, value)
        case "model_type" | "dict_type" | "model_attributes_type":
            given = details["input"]
            remedy = _by_name(path, given) or _mapping_remedy(_at(model, path, value), given)
            return f"expected a mapping, got {kind(given)}", remedy
        case "list_type":
            return f"expected a list, got {kind(details['input'])}", _list_remedy(details["input"])
        case "literal_error":
            allowed = context["expected"].replace("'", "`")
            remedy = _close(details["input"], allowed) or _description(model, path, value)
            return f"expected {allowed}, got {_quoted(details['input'])}", remedy
        case "too_short":
            return "the list is empty", ""
        case _:
            return details["msg"].removeprefix("Value error, "), ""


def _quoted(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) else kind(value)


def _list_remedy(value: Any) -> str:
    return f'Write `["{value}"]`.' if isinstance(value, str) and "\n" not in value else ""


def _by_name(path: Path, given: Any) -> str:
    """The remedy for a list whose items have names, in place of a mapping by these."""
    first = given[0] if isinstance(given, list) and given else None
    if not isinstance(first, dict) or not path or not isinstance(first.get("name"), str):
        return ""
    return f"Write each under its name: `{path[-1]}: {{{first['name']}: {{...}}}}`."


def _mapping_remedy(owner: type[BaseModel] | None, given: Any) -> str:
    """The remedy for what is `given` in place of a mapping of the form `owner`, as far as that is known."""
    known = _fields(owner)
    if "file" in known and isinstance(given, str) and "\n" not in given:
        return f"Write `file: {given}`."
    if "targets" in known and isinstance(given, str) and given and not set(given) & set(' \n"'):
        return f'Write `targets: ["{given}"]`.'
    return f"Known here: {', '.join(sorted(known))}." if known else ""


def _close(value: Any, allowed: str) -> str:
    close = closest(str(value), [word for word in allowed.split("`") if word.strip(", ")])
    return f"Did you mean `{close}`?" if close else ""


def closest(word: str, known: list[str]) -> str:
    """Return the word that was probably meant, "" where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, n=1)), "")


def _description(model: type[BaseModel], path: Path, value: Any) -> str:
    owner = _at(model, path[:-1], value)
    field = owner.model_fields.get(str(path[-1])) if owner else None
    return f"`{path[-1]}`: {field.description[0].lower()}{field.description[1:]}" if field and field.description else ""


def _fields(model: type[BaseModel] | None) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()} if model else set()


def _at(model: type[BaseModel], path: Path, value: Any) -> type[BaseModel] | None:
    """The model that describes the mapping at `path` of `value`."""
    annotation: Any = model
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
        owner = nested(annotation)
        if owner and str(part) in owner.model_fields:
            annotation = owner.model_fields[str(part)].annotation
            continue
        if owner and issubclass(owner, Model) and owner.others:
            annotation = owner.other(value)
            continue
        options = [option for option in (annotation, *get_args(annotation)) if get_origin(option) in (list, dict)]
        if not options:
            return None
        annotation = get_args(options[0])[-1]
    return nested(annotation)

"""Errors in a Compose file by the JSON schema of the Compose Specification, in words for the user."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from stackctl.bounds import files
from stackctl.data import data_dir

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Path = tuple[str | int, ...]

SCHEMA = ("compose-spec", "compose-spec.json")
# Compose puts a variable's value in its place before it reads the schema: what that gives is not known here.
_REFERENCE = re.compile(r"(?<!\$)(?:\$\$)*\$\{")
_KINDS = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


@dataclass(frozen=True)
class Fault:
    """Error at `path` of a Compose file; `key` says that it is the key there, and not its value."""

    path: Path
    words: str
    remedy: str = ""
    key: bool = False


def faults(project: object) -> list[Fault]:
    """All that the schema refuses in a Compose file that has been read as YAML."""
    errors = _validator().iter_errors(_as_json(project))
    found = [fault for error in errors for fault in _faults(error)]
    return list(dict.fromkeys(found))


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(files.read_bytes(data_dir("schemas").joinpath(*SCHEMA)))
    return schema


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(_schema())


def _definitions() -> dict[str, Any]:
    definitions: dict[str, Any] = _schema()["$defs"]
    return definitions


def _as_json(value: object) -> Any:
    """A value of YAML as Compose gives it to its schema: the keys of mappings are text."""
    if isinstance(value, Mapping):
        return {_key(key): _as_json(item) for key, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, list) else value


def _key(key: object) -> str:
    return json.dumps(key) if key is None or isinstance(key, bool) else str(key)


def _faults(error: ValidationError) -> Iterator[Fault]:
    error = _most_specific(error)
    path: Path = tuple(error.absolute_path)
    if isinstance(error.instance, str) and _REFERENCE.search(error.instance):
        return
    if error.validator in ("additionalProperties", "unevaluatedProperties") and isinstance(error.instance, dict):
        schema: Any = error.schema
        yield from _unknown_keys(path, error.instance, schema)
        return
    if error.validator in ("oneOf", "anyOf"):
        branches: Any = error.validator_value
        wanted = list(dict.fromkeys(kind for branch in branches for kind in _types(branch)))
        yield Fault(path, _expected(wanted, error.instance))
        return
    yield Fault(path, _words(error))


def _most_specific(error: ValidationError) -> ValidationError:
    """Of the alternatives that a value may be, what is wrong with it as the one that it was meant to be."""
    while error.validator in ("oneOf", "anyOf"):
        branches: dict[Any, list[ValidationError]] = {}
        for each in error.context or ():
            branches.setdefault(each.schema_path[0], []).append(each)
        meant = [
            found
            for found in branches.values()
            if not any(each.validator == "type" and not each.relative_path for each in found)
        ]
        if not meant:
            return error
        error = min((each for found in meant for each in found), key=lambda each: -len(each.absolute_path))
    return error


def _types(schema: Mapping[str, Any]) -> list[str]:
    if "$ref" in schema:
        return _types(_definitions()[schema["$ref"].rpartition("/")[2]])
    kinds = schema.get("type", [])
    nested = [kind for branch in schema.get("oneOf", ()) for kind in _types(branch)]
    return [*([kinds] if isinstance(kinds, str) else kinds), *nested]


def _named(schema: Mapping[str, Any], keyword: str) -> Iterator[str]:
    """The keys that a schema knows, of its parts too."""
    yield from schema.get(keyword, ())
    if "$ref" in schema:
        yield from _named(_definitions()[schema["$ref"].rpartition("/")[2]], keyword)
    for part in schema.get("allOf", ()):
        yield from _named(part, keyword)


def _unknown_keys(path: Path, instance: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Fault]:
    known = list(_named(schema, "properties"))
    patterns = list(_named(schema, "patternProperties"))
    for key in instance:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        close = get_close_matches(key, known, n=1)
        remedy = f"Did you mean `{close[0]}`?" if close else f"Known here: {', '.join(sorted(known))}." if known else ""
        yield Fault((*path, key), f"unknown key `{key}`", remedy, key=True)


def _words(error: ValidationError) -> str:
    value: Any = error.validator_value
    got: Any = error.instance
    match error.validator:
        case "type":
            return _expected([value] if isinstance(value, str) else value, got)
        case "enum":
            return f"expected {_listed(f'`{each}`' for each in value)}, got {_shown(got)}"
        case "required":
            missing = [key for key in value if key not in got]
            return f"the key {_listed(f'`{key}`' for key in missing)} is missing"
        case "uniqueItems":
            twice = next((item for index, item in enumerate(got) if item in got[:index]), "")
            return f"{_shown(twice)} is listed twice"
        case "minimum":
            return f"expected at least {value}, got {_shown(got)}"
        case "maximum":
            return f"expected at most {value}, got {_shown(got)}"
        case "pattern":
            return f"{_shown(got)} is not of the form `{value}`"
        case _:
            return str(error.message)


def _expected(kinds: Iterable[str], got: object) -> str:
    wanted = [_KINDS.get(kind, kind) for kind in kinds if not (kind == "null" and got is not None)]
    return f"expected {_listed(dict.fromkeys(wanted))}, got {_shown(got)}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _shown(value: object) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str | int | float):
        return "nothing" if value is None else f"`{json.dumps(value).strip(chr(34))}`"
    return "a mapping" if isinstance(value, Mapping) else "a list"

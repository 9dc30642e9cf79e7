"""Text and words, and what is said of a value of another form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def wrong(message: str, remedy: str = "") -> PydanticCustomError:
    """The error for a value of the wrong form. Braces in the texts are kept as they are."""
    return PydanticCustomError("wrong", "{message}", {"message": message, "remedy": remedy})


def text_of(value: Any) -> str:
    """Return a scalar's text. Raises the error of `wrong` for anything else."""
    if isinstance(value, str):
        return str(value)
    raise wrong(f"expected text, got {kind(value)}")


def _filled(value: Any) -> str:
    if not (text := text_of(value)).strip():
        raise wrong("the text is empty")
    return text


def _folder_title(value: Any) -> str:
    """The title of a folder in Grafana, which trims it."""
    text = text_of(value).strip()
    if text.lower() == "general":
        remedy = "Leave `folder` out: dashboards without a folder are at the top level."
        raise wrong(
            f"`{text}` is Grafana's name for the top level; it does not accept a folder with that title", remedy
        )
    return text


def _text_or_nothing(value: Any) -> str:
    return "" if value is None else text_of(value)


def kind(value: Any) -> str:
    """Describe the type of a value for users, never the value itself, which may be secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _off(value: Any) -> bool:
    if value == "off":
        return True
    remedy = "Did you mean `off`?" if value in ("false", "no", "disabled", "none") else ""
    raise wrong(f"expected `off` or a mapping, got {_quoted(value)}", remedy)


def _quoted(value: Any) -> str:
    return f"`{value}`" if isinstance(value, str) else kind(value)


def _filling(value: Any) -> str:
    text = text_of(value)
    if not re.fullmatch(r"[\w ./-]+", text):
        raise wrong(f"a placeholder's value can contain only letters, digits, spaces and `_`, `-`, `.`, `/`: `{text}`")
    return text


def _given(value: Any) -> Any:
    """Validate a pack's parameter: text, or labels. The pack decides which."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return {key: str(item) for key, item in value.items()}
    raise wrong(f"expected text or labels, got {kind(value)}")


def _boolean(value: Any) -> bool:
    text = text_of(value)
    if text not in ("true", "false"):
        other = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
        meant = other.get(text.lower(), text.lower() if text.lower() in ("true", "false") else "")
        raise wrong(f"expected `true` or `false`, got `{text}`", f"Did you mean `{meant}`?" if meant else "")
    return text == "true"


def matching(pattern: str | re.Pattern[str], otherwise: str, remedy: str) -> Callable[[Any], str]:
    """Return the validator of a text that matches a pattern as a whole; `otherwise` says what another one is."""

    def validated(value: Any) -> str:
        text = text_of(value)
        if not re.fullmatch(pattern, text):
            raise wrong(f"{otherwise}: `{text}`", remedy)
        return text

    return validated


def schema(kind: str | list[str], **more: Any) -> WithJsonSchema:
    """Return the schema of a type for editors: `kind` in the words of JSON Schema, and `more` keywords."""
    return WithJsonSchema({"type": kind, **more})


Text = Annotated[str, BeforeValidator(text_of), schema(["string", "number", "boolean"])]
# Text that may be left out: as in Prometheus' labels and annotations, nothing is empty text.
Filled = Annotated[str, BeforeValidator(_filled), schema(["string", "number", "boolean"], minLength=1)]
TextOrNothing = Annotated[str, BeforeValidator(_text_or_nothing), schema(["string", "number", "boolean", "null"])]
Texts = dict[Text, TextOrNothing]
FolderTitle = Annotated[str, BeforeValidator(_folder_title), schema(["string", "number", "boolean"])]
Off = Annotated[bool, BeforeValidator(_off), WithJsonSchema({"const": "off"})]
Filling = Annotated[str, BeforeValidator(_filling), schema(["string", "number"])]
Given = Annotated[Any, BeforeValidator(_given), schema(["string", "number", "boolean", "object"])]
Boolean = Annotated[bool, BeforeValidator(_boolean), schema("boolean")]

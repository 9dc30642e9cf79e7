"""Base of every mapping in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


def nested(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation, if it is one or an optional one."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((option for option in options if isinstance(option, type) and issubclass(option, BaseModel)), None)


class Model(BaseModel):
    """A mapping of the manifest. An empty one (`grafana:`) stands for all defaults."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        # Only the whole language is ever validated: a validator for each part would be built for nothing.
        defer_build=True,
    )

    # The key that a bare scalar stands for, where a mapping has such a short form.
    shorthand: ClassVar[str] = ""
    # The keys that hold lists, where one thing stands for a list of it.
    listable: ClassVar[frozenset[str]] = frozenset()
    # The keys that may stand without a value, as if they were not there.
    omissible: ClassVar[frozenset[str]] = frozenset()
    # The mapping under a key that is none of these, where there may be any; without its `essential` key it is taken for
    # a slip.
    others: ClassVar[type[Model] | None] = None
    essential: ClassVar[str] = ""
    # The key with which such a mapping is one of those that have keys.
    says_kind: ClassVar[str] = ""
    # Keys that people look for and that cannot be there: the reason, and what to do instead.
    refused: ClassVar[Mapping[str, tuple[str, str]]] = {}
    # The keys that hold mappings: named and left empty (`grafana:`), such a section is there with its defaults.
    sections: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.sections = frozenset(
            field.alias or name for name, field in cls.model_fields.items() if nested(field.annotation)
        )

    @classmethod
    def other(cls, _: Any) -> type[Model] | None:
        """Return the mapping that a value is under a key that is none of these."""
        return cls.others

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if value is None and not cls.shorthand:
            return {}
        if isinstance(value, str) and cls.shorthand:
            value = {cls.shorthand: value}
        if not isinstance(value, dict):
            return value
        written = {key: item for key, item in value.items() if item is not None or key not in cls.omissible}
        return {key: cls._long(key, item) for key, item in written.items()}

    @classmethod
    def _long(cls, key: str, value: Any) -> Any:
        """The long form of what is under a key."""
        if value is None:
            return {} if key in cls.sections else None
        return [value] if key in cls.listable and not isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say to editors what `_expand` accepts next to the mapping."""
        schema = handler.resolve_ref_schema(handler(core))
        for key in cls.listable:
            several = schema["properties"][key]
            schema["properties"][key] = {"anyOf": [several["items"], several], "description": several["description"]}
        if cls.shorthand:
            return {"anyOf": [schema["properties"][cls.shorthand], schema]}
        required = any(field.is_required() for field in cls.model_fields.values())
        return schema if required else {**schema, "type": ["object", "null"]}

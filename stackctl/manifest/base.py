"""What every mapping of the manifest language has in common."""

from __future__ import annotations

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
    # The keys that hold mappings: named and left empty (`grafana:`), such a section is there with its defaults.
    sections: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.sections = frozenset(name for name, field in cls.model_fields.items() if nested(field.annotation))

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if value is None and not cls.shorthand:
            return {}
        if isinstance(value, str) and cls.shorthand:
            return {cls.shorthand: value}
        if isinstance(value, dict):
            return {key: {} if item is None and key in cls.sections else item for key, item in value.items()}
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say to editors what `_expand` accepts beside the mapping."""
        schema = handler.resolve_ref_schema(handler(core))
        if cls.shorthand:
            return {"anyOf": [{"type": "string"}, schema]}
        required = any(field.is_required() for field in cls.model_fields.values())
        return schema if required else {**schema, "type": ["object", "null"]}

"""A value read as one of the types of the manifest, and what is said of one that is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refusal(kind: Any, value: object) -> tuple[str, str]:
    """The message, and the remedy."""
    with pytest.raises(ValidationError) as refused:
        read(kind, value)
    (error,) = refused.value.errors()
    return error["ctx"]["message"], error["ctx"]["remedy"]

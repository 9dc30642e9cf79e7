"""Numbers, and amounts with a unit."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from stackctl.manifest.fields.text import kind, matching, schema, text_of, wrong


def _objective(value: Any) -> float:
    number = real(value)
    if not 0 < number < 100:
        remedy = "100 leaves no error budget; use for example `99.9`." if number == 100 else "Write it like `99.9`."
        raise wrong(f"an objective must be a percentage between 0 and 100: `{value}`", remedy)
    return number


def _integer(value: Any) -> int:
    text = text_of(value)
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        raise wrong(f"expected a whole number, got `{text}`")
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise wrong(f"a whole number that is too large: `{text[:20]}...`")
    return int(text)


def _count(value: Any) -> int:
    number = _integer(value)
    if number < 0:
        raise wrong(f"expected zero or more, got `{number}`")
    return number


def _replicas(value: Any) -> int:
    number = _integer(value)
    if number < 1:
        raise wrong(f"expected one or more, got `{number}`")
    return number


def _number(value: Any) -> float:
    text = text_of(value)
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 < number < 1e6:
        raise wrong(f"expected a number greater than zero, got `{text}`")
    return number


def real(value: Any) -> float:
    """Return a finite number. Raises the error of `wrong` for anything else."""
    text = text_of(value)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise wrong(f"expected a number, got `{text}`")
    return number


def _bounds(value: Any) -> tuple[float, ...]:
    """The upper bounds of buckets. The last one of all histograms, +Inf, may be written or not."""
    if not isinstance(value, list):
        raise wrong(f"expected a list of numbers, got {kind(value)}")
    bounds = tuple(real(item) for item in (value[:-1] if value and value[-1] in ("+Inf", "Inf", ".inf") else value))
    if not bounds:
        raise wrong("there are no buckets", "Write the upper bound of each, like `[0.1, 0.5, 1, 5]`.")
    if list(bounds) != sorted(set(bounds)):
        shown = ", ".join(f"{bound:g}" for bound in sorted(set(bounds)))
        raise wrong("the buckets are not in ascending order", f"Write `[{shown}]`.")
    return bounds


def _fraction(value: Any) -> float:
    number = real(value)
    if not 0 <= number <= 1:
        raise wrong(f"a quantile must be between 0 and 1: `{value}`", f"Did you mean `{number / 100:g}`?")
    return number


def _range(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise wrong("expected two numbers: when idle, and when saturated", "Write them like `[0, 100]`.")
    return real(value[0]), real(value[1])


_size = matching(
    r"[0-9]{1,15}(\.[0-9]{1,15})?(B|KB|MB|GB|TB|PB|EB)",
    "not a size",
    "Write a number and a unit: `512MB`, `10GB`.",
)


def _memory(value: Any) -> str:
    text = text_of(value)
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?([bkmg]|[kmg]b)", text.lower()):
        raise wrong(f"not an amount of memory: `{text}`", "Write a number and a unit: `512m`, `2g`.")
    return text.lower()


Objective = Annotated[
    float, BeforeValidator(_objective), schema("number", exclusiveMinimum=0, exclusiveMaximum=100, examples=[99.9])
]
Integer = Annotated[int, BeforeValidator(_integer), schema("integer")]
Number = Annotated[float, BeforeValidator(_number), schema("number", exclusiveMinimum=0)]
Bounds = Annotated[
    tuple[float, ...], BeforeValidator(_bounds), schema("array", items={"type": "number"}, examples=[[0.1, 0.5, 1]])
]
Fraction = Annotated[float, BeforeValidator(_fraction), schema("number", minimum=0, maximum=1)]
Range = Annotated[
    tuple[float, float], BeforeValidator(_range), schema("array", items={"type": "number"}, minItems=2, maxItems=2)
]
RealNumber = Annotated[float, BeforeValidator(real), schema("number")]
Count = Annotated[int, BeforeValidator(_count), schema("integer", minimum=0)]
Replicas = Annotated[int, BeforeValidator(_replicas), schema("integer", minimum=1)]
Size = Annotated[str, BeforeValidator(_size), schema("string", examples=["10GB"])]
Memory = Annotated[str, BeforeValidator(_memory), schema("string", examples=["512m"])]

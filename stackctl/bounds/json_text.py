"""JSON from elsewhere: nested only so deep, so that whatever walks through it comes to an end."""

from __future__ import annotations

import json
from typing import Any

DEPTH = 200


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for what is not JSON, or nested more than DEPTH levels deep."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if is_deeper(value, DEPTH):
        raise ValueError(_TOO_DEEP)
    return value


def is_deeper(value: Any, depth: int) -> bool:
    """Return whether lists and mappings are nested more than `depth` levels deep."""
    level = [value]
    for _ in range(depth):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


_TOO_DEEP = f"it is nested more than {DEPTH} levels deep"

"""Locations of the files that ship with stackctl: templates, dashboards, rules and examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# The marks of our templates, Jinja's keywords for them: `{{` is Prometheus' and Go's.
DELIMITERS: dict[str, Any] = {
    "block_start_string": "[%",
    "block_end_string": "%]",
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
}
_PACKAGE = Path(__file__).parent


def data_dir(name: str) -> Path:
    """The folder `name` ("templates", "dashboards", "rules", "examples"): packed into a wheel, or of the checkout."""
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name

"""Where the files that ship with stackctl lie: templates, dashboards, rules and examples."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_dir(name: str) -> Path:
    """The folder `name` ("templates", "dashboards", "rules", "examples"): packed into a wheel, or of the checkout."""
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name

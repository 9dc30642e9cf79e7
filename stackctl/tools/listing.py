"""Programs that stackctl can use: which version of each is where."""

from __future__ import annotations

from stackctl.errors import Unavailable
from stackctl.tools.catalogue import PROGRAMS
from stackctl.tools.locate import locate, source_of


def rows_of_programs() -> list[dict[str, str | None]]:
    """Return name, version, origin and path of each program. All but the name are None for one that is not here."""
    return [_row(name) for name in PROGRAMS]


def _row(name: str) -> dict[str, str | None]:
    tool = locate(name)
    if tool is None:
        return {"tool": name, "version": None, "origin": None, "path": None}
    try:
        version = tool.version or "unknown"
    except Unavailable:
        version = "does not run"
    origin = f"{tool.origin} ({source_of(tool)})" if tool.origin == "cache" else tool.origin
    return {"tool": name, "version": version, "origin": origin, "path": str(tool.path)}

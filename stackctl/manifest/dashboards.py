"""Dashboards in Grafana's own JSON, as far as a manifest has to know them: uid, title and the whole definition."""

from __future__ import annotations

import json
from typing import Any

from stackctl.errors import Problem
from stackctl.model import Dashboard
from stackctl.source import Position
from stackctl.tree import digest


def read_dashboard(text: str, shown: str, folder: str, origin: Position) -> Dashboard | Problem:
    """The dashboard in `text`, or the problem with it.

    `shown` is how messages name the file, `origin` the manifest line that names it. A dashboard without a uid gets
    one from its path, so that it keeps its address from one rendering to the next.
    """
    try:
        definition: Any = json.loads(text)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1] if text else ""
        position = Position(shown, error.lineno, error.colno, line[:200])
        return Problem(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", position)
    except RecursionError:
        return Problem("not a dashboard: nested too deeply", Position(shown))
    if not isinstance(definition, dict):
        return Problem("not a dashboard: expected a JSON object", Position(shown))
    # "Export for sharing externally" and the HTTP API wrap the dashboard itself.
    if isinstance(definition.get("dashboard"), dict):
        definition = definition["dashboard"]
    uid = definition.get("uid") or digest(shown)
    return Dashboard(shown, str(uid), str(definition.get("title") or ""), folder, definition, origin)

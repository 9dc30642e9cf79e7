"""Drawing the dashboards of a running stack, without a Grafana."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackctl.model import Stack

INDEX = "index.html"


def preview(manifest: Path, out: Path) -> list[Path]:
    """Write a page for each dashboard of the manifest, drawn from what the stack's Prometheus has now, and an index.

    Raises InputError for a bad manifest or a folder that cannot be written, Unavailable when the stack does not run.
    """
    from stackctl import __version__
    from stackctl.errors import InputError
    from stackctl.manifest import load
    from stackctl.operations.contract_source import running_prometheus
    from stackctl.preview.frames import Source
    from stackctl.preview.page import draw, index_html, page_html
    from stackctl.promql import duration

    stack = load(manifest)
    if not stack.dashboards:
        raise InputError.of(
            "preview.no-dashboard",
            f"{manifest}: the manifest has no dashboards",
            remedy="Add a pack: `dashboards: [{pack: overview}]`.",
        )
    client, now = running_prometheus(manifest, stack), time.time()
    # One that does not answer is reported here, not in each panel.
    client.clock(60)
    interval = duration.seconds(stack.panel_interval)
    pages = {}
    for name, title, folder, definition in _rendered(stack):
        source = Source.of(client, definition, now, interval)
        pages[name] = (page_html(draw(definition, source), __version__), title, folder)
    listed = [(name, title, folder) for name, (_, title, folder) in pages.items()]
    written = {name: text for name, (text, _, _) in pages.items()}
    return _write(out, {INDEX: index_html(stack.name, listed, __version__), **written})


def _rendered(stack: Stack) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """File, title, folder and JSON of each dashboard, as Grafana would be given it."""
    from stackctl.render.grafana import dashboard_json
    from stackctl.render.scope import scope_of

    scope = scope_of(stack)
    for dashboard in stack.dashboards:
        definition = json.loads(json.dumps(dashboard_json(dashboard, scope)))
        yield f"{dashboard.uid}.html", dashboard.title or dashboard.path, dashboard.folder, definition


def _write(out: Path, pages: dict[str, str]) -> list[Path]:
    from stackctl.errors import InputError

    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError.of(
            "file.cannot-write", f"cannot write to {out}: {error.strerror}", remedy="Name another folder with --out."
        ) from None
    return [out / name for name in pages]

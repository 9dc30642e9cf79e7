"""Titles of dashboards that some versions of Grafana refuse."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.diagnostic import Diagnostic
from stackctl.model import Stack


def titled_like_folders(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for every dashboard that has the title of a folder."""
    folders = {dashboard.folder.lower() for dashboard in stack.dashboards if dashboard.folder}
    for dashboard in stack.dashboards:
        if stack.grafana and dashboard.title.strip().lower() in folders:
            yield Diagnostic(
                "dashboard.folder-title",
                f"{dashboard.path}: the dashboard has the title of a folder: `{dashboard.title}`",
                dashboard.origin,
                "Grafana before 11 does not load it: folders and dashboards share their names there.",
                "Give one of them another title, for example `Overview`.",
            )

"""The Prometheus of the pinned version, where tests/servers/prometheus has built it."""

from __future__ import annotations

from pathlib import Path

from stackctl.components import registry
from stackctl.tools import cache


def pinned(program: str) -> Path | None:
    """The program ("prometheus" or "promtool") of the version that stackctl pins, or None where it was not built."""
    version = registry.component("prometheus").version
    path = cache.cache_dir() / "servers" / f"prometheus-{version}" / program
    return path if path.is_file() else None

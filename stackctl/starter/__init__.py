"""The first manifest of a project: what can be found out about this machine, and the files to start from."""

from __future__ import annotations

from stackctl.starter.draft import Draft, Listening, draft_files
from stackctl.starter.example import example_files
from stackctl.starter.names import MetricsUrl, parse_url, stack_name
from stackctl.starter.probe import Found, find_local, look_at

__all__ = [
    "Draft",
    "Found",
    "Listening",
    "MetricsUrl",
    "draft_files",
    "example_files",
    "find_local",
    "look_at",
    "parse_url",
    "stack_name",
]

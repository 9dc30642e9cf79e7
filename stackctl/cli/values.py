"""Values of the command line that several commands read."""

from __future__ import annotations

from enum import Enum

from stackctl.errors import InputError
from stackctl.runtimes.registry import NAMES

# Where to run. The members come from a table, which mypy cannot read.
RuntimeName = Enum("RuntimeName", [(name, name) for name in ("auto", *NAMES)], type=str)  # type: ignore[misc]
NamedRuntime = Enum("NamedRuntime", [(name, name) for name in NAMES], type=str)  # type: ignore[misc]
AUTO, FIRST = RuntimeName("auto"), NamedRuntime(NAMES[0])


class Format(str, Enum):
    """The format of a report."""

    text = "text"
    json = "json"
    junit = "junit"
    github = "github"
    sarif = "sarif"


class GraphFormat(str, Enum):
    """The format in which a graph is printed."""

    text = "text"
    json = "json"
    mermaid = "mermaid"


def seconds(text: str, option: str) -> float:
    """A duration of the command line in seconds. Raises InputError when it is none."""
    from stackctl.promql import duration

    try:
        return duration.seconds(text)
    except ValueError:
        raise InputError.of(
            "usage.option", f"{option}: not a duration: `{text}`", remedy="Write a number and a unit: `30s`, `2m`."
        ) from None

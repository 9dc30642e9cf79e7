"""Values of the command line that several commands read."""

from __future__ import annotations

from enum import Enum

from stackctl.errors import InputError
from stackctl.runtimes.registry import NAMES

# Where to run. The members come from a table, which mypy cannot read.
RuntimeName = Enum("RuntimeName", [(name, name) for name in ("auto", *NAMES)], type=str)  # type: ignore[misc]
# The same with a cluster, which only `up` has to be asked for: the manifest says it for all commands.
UpRuntime = Enum("UpRuntime", [(name, name) for name in ("auto", *NAMES, "kubernetes")], type=str)  # type: ignore[misc]
NamedRuntime = Enum("NamedRuntime", [(name, name) for name in NAMES], type=str)  # type: ignore[misc]
AUTO, ANY, FIRST = RuntimeName("auto"), UpRuntime("auto"), NamedRuntime(NAMES[0])


class Format(str, Enum):
    """The format of a report."""

    text = "text"
    json = "json"
    junit = "junit"
    github = "github"
    sarif = "sarif"


class Output(str, Enum):
    """The format in which a command prints what it has found, where that is no report."""

    text = "text"
    json = "json"


class Severity(str, Enum):
    """The least severity of a finding that counts."""

    error = "error"
    warning = "warning"


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


def listen_address(text: str, option: str) -> tuple[str, int]:
    """Host and port to listen at: of `HOST:PORT`, of `:PORT`, for which the host is "", or of a port on loopback.

    Raises InputError for anything else.
    """
    from stackctl.conventions import LOOPBACK
    from stackctl.manifest.fields import split_address

    written = f"{LOOPBACK}:{text}" if text.isdigit() else f"0:{text[1:]}" if text.startswith(":") else text
    try:
        host, port = split_address(written)
    except ValueError as error:
        remedy = f"Write a port, `:9799`, or `{LOOPBACK}:9799`."
        raise InputError.of("usage.option", f"{option}: {error}: `{text}`", remedy=remedy) from None
    return "" if text.startswith(":") else host, port

"""The manifest that names its runtime: that of servers which somebody else runs, or of a cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import raise_if_any

if TYPE_CHECKING:
    from stackctl.model import Stack

_MENTIONS = ("runtime", "include")
_IN_CLUSTER = re.compile(r"^runtime:\s*[\"']?kubernetes\b", re.MULTILINE)


def refused_or_found(manifest: Path, command: str) -> Stack | None:
    """Return the stack of a manifest that names its runtime, None for any other.

    Raises InputError where `command` is not for that runtime; and as `stack_with_runtime`.
    """
    from stackctl.operations.cluster.refusal import refuse_in_cluster
    from stackctl.operations.external import refuse_external
    from stackctl.report.report import DRILL

    stack = stack_with_runtime(manifest)
    if stack and stack.external and command != DRILL:  # it has one of its own for them
        refuse_external(stack.external, manifest, command)
    if stack and stack.kubernetes:
        refuse_in_cluster(stack.kubernetes, command)
    return stack


def stack_with_runtime(manifest: Path) -> Stack | None:
    """Return the stack of a manifest with the key `runtime`, None for any other.

    A manifest with mistakes is no matter of this: the command reports them, or goes on without it. Of one for a
    cluster nothing is known here, so that its mistakes are raised as InputError.
    """
    from stackctl.bounds import files
    from stackctl.manifest import read
    from stackctl.manifest.text import SIZE_LIMIT

    try:
        text = files.read_text(manifest, SIZE_LIMIT)
    except (OSError, UnicodeDecodeError):
        return None
    if not any(word in text for word in _MENTIONS):
        return None  # most manifests, which are not read twice
    reading = read(manifest)
    stack = reading.stack
    if reading.problems and ((stack and stack.kubernetes) or _IN_CLUSTER.search(text)):
        raise_if_any(reading.problems)
    return stack if stack and not reading.problems and (stack.external or stack.kubernetes) else None

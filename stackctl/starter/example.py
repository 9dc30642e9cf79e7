"""The examples that ship with stackctl, as files to start from."""

from __future__ import annotations

import difflib
from pathlib import Path

from stackctl import conventions as c
from stackctl.bounds.files import read_bytes
from stackctl.data import data_dir
from stackctl.errors import InputError

# What only `make demo` needs.
_LEFT_OUT = frozenset({"demo.py"})


def example_files(name: str, examples: Path | None = None) -> dict[str, bytes]:
    """The files of the example `name`, by their relative paths. Raises InputError when there is no such example."""
    folder = examples or data_dir("examples")
    known = sorted(path.parent.name for path in folder.glob(f"*/{c.MANIFEST}"))
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else f"Available: {', '.join(known)}."
        raise InputError.of("usage.unknown-name", f"--example: there is no example `{name}`", remedy=hint)
    root = folder / name
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(root)): read_bytes(path)
        for path in paths
        if path.name not in _LEFT_OUT and not any(part.startswith((".", "__")) for part in path.relative_to(root).parts)
    }

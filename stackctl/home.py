"""Home of a state: a moved state follows its folder, and a copied one is a state of its own."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from stackctl.bounds import files
from stackctl.bounds.json_text import loads

FILE = "home.json"

Place = Literal["unmarked", "here", "moved", "copied"]


@dataclass(frozen=True)
class Home:
    """The state's own `id`, the absolute folder it was in last, when it was made (Unix time; 0 when unknown), and the
    runtime that has its data, "" for none."""

    id: str
    folder: str
    made_at: float = 0.0
    runtime: str = ""

    def dump(self) -> bytes:
        """The record as JSON."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()


def read(root: Path) -> Home | None:
    """The record in the state folder `root`, None when it is missing or damaged."""
    try:
        found = Home(**loads(files.read_bytes(root / FILE)))
    except (OSError, ValueError, TypeError):
        return None
    texts = (found.id, found.folder, found.runtime)
    sound = all(isinstance(text, str) for text in texts) and isinstance(found.made_at, int | float)
    return found if sound else None


def may_be_at(root: Path) -> bool:
    """Return whether the folder `root` holds a state of this machine, as far as this user may look at it."""
    try:
        return (root / FILE).exists()
    except OSError:
        return True


def place(root: Path, home: Home | None) -> Place:
    """Compare the state folder `root` with the location in its record.

    "unmarked" has no record. A folder whose former place cannot be looked at counts as copied: then nothing that runs
    is touched.
    """
    if home is None:
        return "unmarked"
    if home.folder == str(resolved(root)):
        return "here"
    former = Path(home.folder)
    try:
        if former.exists() and former.samefile(root):
            return "here"  # the same folder, by another mount
    except OSError:
        return "copied"
    other = read(former)
    return "copied" if other and other.id == home.id else "moved"


def resolved(root: Path) -> Path:
    """`root` without symbolic links, as every command calls it."""
    return Path(os.path.realpath(root))

"""Permission to read: which folder or file refuses this user, whose it is, and what would help."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Refusal:
    """A folder that `user` may not enter, or a file that it may not read, with its owner and its mode."""

    path: Path
    is_folder: bool
    owner: str
    mode: int
    user: str

    @property
    def cause(self) -> str:
        """The owner and the mode, and this user."""
        return f"{self.path} belongs to {self.owner} and has the mode {self.mode:04o}; this user is {self.user}."

    @property
    def remedy(self) -> str:
        """A step for the owner, or for this user without the owner."""
        right = "u+rx" if self.is_folder else "u+r"
        if self.owner == self.user:
            return f"Run `chmod {right} {self.path}`."
        verb = "enter" if self.is_folder else "read"
        return f"Run the command as {self.owner}, or let {self.user} {verb} {self.path}."


def refusal(path: Path) -> Refusal | None:
    """Return the first folder on the way to `path` that this user may not enter, or `path` if it may not be read.

    None when it may be read, does not exist, or is refused for a reason that no mode shows. Links are followed.
    """
    working, whole = Path.cwd(), path.absolute()
    for each in (*reversed(whole.parents), whole):
        try:
            found = each.stat()
        except OSError:
            return None
        is_folder = stat.S_ISDIR(found.st_mode)
        if not os.access(each, os.X_OK if is_folder else os.R_OK, effective_ids=os.access in os.supports_effective_ids):
            shown = each.relative_to(working) if working in each.parents else each
            return Refusal(shown, is_folder, _name(found.st_uid), stat.S_IMODE(found.st_mode), _name(os.geteuid()))
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"

"""The journal: one file that says which operation has begun and not ended, and what it would take to end or undo it.

An operation of several steps writes its entry before the first of them, again before each step that must be undone or
finished, and removes it after the last. So an entry that nobody works on is an operation that was interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from stackctl.bounds.json_text import loads

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Entry:
    """An operation that has begun.

    operation      the command: "up", "reload", "down", "backup", "restore", "drill", "take-over" or "move"; "unknown"
                   for a file that cannot be read
    started_at     Unix time
    runtime        where the stack runs, or is brought to
    stack          its name
    before         the generation that was live, "" for none
    going_to       the generation that is being brought in; since then nothing is known of what the servers have loaded
    units          `up`: the units it is about
    is_whole       `up`: whether those are all, so that what is not declared any more goes
    skipped        `up`: the units that do not run, each with its reason
    allow_missing  `up`: whether it had that option
    stopped        units that were stopped for a moment and have to run again
    token          part of the name of everything that is set aside
    aside          units whose data is set aside, or about to be
    in_place       all new data is in place: from then on the old is removed, until then it is put back
    existed        what the runtime had before a restore, which a failed one leaves alone: volumes, folders of data
    snapshot_at    when Prometheus was asked for a snapshot, as Unix time; 0 when it was not
    temporary      an unfinished file outside of the state
    volumes        `down`: whether the data goes too
    """

    operation: str
    started_at: float = 0.0
    runtime: str = ""
    stack: str = ""
    before: str = ""
    going_to: str = ""
    units: tuple[str, ...] = ()
    is_whole: bool = False
    skipped: Mapping[str, str] = field(default_factory=dict)
    allow_missing: bool = False
    stopped: tuple[str, ...] = ()
    token: str = ""
    aside: tuple[str, ...] = ()
    in_place: bool = False
    existed: tuple[str, ...] = ()
    snapshot_at: float = 0.0
    temporary: str = ""
    volumes: bool = False

    def dump(self) -> bytes:
        """The entry as JSON."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    @classmethod
    def load(cls, content: bytes) -> Entry:
        """The entry in `content`; one of the operation "unknown" when that is damaged."""
        try:
            found: dict[str, Any] = loads(content)
            values: dict[str, Any] = {key: tuple(val) if isinstance(val, list) else val for key, val in found.items()}
            entry = cls(**values)
        except (ValueError, TypeError, AttributeError):
            return cls(UNKNOWN)
        return entry if entry._is_sound() else cls(UNKNOWN)

    def _is_sound(self) -> bool:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple):
                sound = each.name in _LISTS and all(isinstance(item, str) for item in value)
            elif isinstance(value, dict):
                sound = each.name == "skipped" and all(isinstance(item, str) for item in value.values())
            else:
                sound = isinstance(value, _SCALARS.get(each.name, str)) and each.name not in _LISTS
            if not sound:
                return False
        return all(value.isalnum() or not value for value in (self.token, self.going_to, self.before))


_LISTS = {"units", "stopped", "aside", "existed"}
_SCALARS: dict[str, type | tuple[type, ...]] = {
    "started_at": (int, float),
    "snapshot_at": (int, float),
    "allow_missing": bool,
    "is_whole": bool,
    "in_place": bool,
    "volumes": bool,
    "skipped": (),
}

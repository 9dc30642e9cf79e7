"""The record of what the last `up` or `reload` left running."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from stackctl.bounds.json_text import loads


@dataclass(frozen=True)
class Running:
    """The running stack: `runtime` is "docker" or "native", `generation` the id that every unit has loaded.

    `units_skipped` holds the declared units that do not run, each with its reason, which names the option that
    allows it. `allow_missing` is whether `up` had that option. `started_at` is the Unix time of the last command that
    changed anything.

    `partly` is the id of another generation that some units may have loaded since, at the Unix time `partly_since`,
    because an `up` or `reload` failed, or was about some units only; "" when there is none. While it is set, what
    each unit has loaded is not known.
    """

    runtime: str
    generation: str
    units_skipped: Mapping[str, str] = field(default_factory=dict)
    started_at: float = 0.0
    partly: str = ""
    partly_since: float = 0.0
    allow_missing: bool = False

    def dump(self) -> bytes:
        """The record as JSON."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    @classmethod
    def load(cls, content: bytes) -> Running | None:
        """The record in `content`, or None when that is damaged: then the next `up` writes it again."""
        try:
            found = cls(**loads(content))
        except (ValueError, TypeError):
            return None
        return found if found._is_sound() else None

    def _is_sound(self) -> bool:
        texts = (self.runtime, self.generation, self.partly)
        numbers = (self.started_at, self.partly_since)
        return (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(number, int | float) for number in numbers)
            and isinstance(self.allow_missing, bool)
            and isinstance(self.units_skipped, dict)
            and all(isinstance(reason, str) for reason in self.units_skipped.values())
        )

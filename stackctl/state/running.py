"""The record of what the last finished `up` or `reload` left running, and of the one that has begun since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Running:
    """What runs: `runtime` is "docker" or "native", `generation` the id that every unit has loaded.

    `units_skipped` holds the declared units that do not run, each with its reason, which names the option that
    allows it. `allow_missing` is whether `up` had that option. `started_at` is the Unix time of the last command that
    changed anything.

    `going_to` is the id of the generation that an `up` or `reload` has begun to bring in since, at the Unix time
    `begun_at`, and "" when none has. While it is set, what each unit has loaded is not known.
    """

    runtime: str
    generation: str
    units_skipped: Mapping[str, str] = field(default_factory=dict)
    started_at: float = 0.0
    going_to: str = ""
    begun_at: float = 0.0
    allow_missing: bool = False

    def dump(self) -> bytes:
        """The record as JSON."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()

    @classmethod
    def load(cls, content: bytes) -> Running | None:
        """The record in `content`, or None when that is damaged: then the next `up` makes it anew."""
        try:
            return cls(**json.loads(content))
        except (ValueError, TypeError):
            return None

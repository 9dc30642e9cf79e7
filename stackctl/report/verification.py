"""The result of a `verify`, as data: what every format is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.report.panel_history import History


@dataclass(frozen=True)
class Verification:
    """The findings about one running stack.

    `begun` is when the look at it began (Unix time, 0.0 when that is not known) and `seconds` how long it took.
    `history` is what the panels have shown, where a report draws it.
    """

    stack: str
    runtime: str
    generation: str
    findings: tuple[Diagnostic, ...]
    seconds: float = 0.0
    begun: float = 0.0
    history: History | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings have each status."""
        return {status: sum(f.status == status for f in self.findings) for status in ("pass", "fail", "warn", "skip")}

    @property
    def ok(self) -> bool:
        """Nothing failed, and something passed: a verification that looked at nothing proves nothing."""
        return self.counts["fail"] == 0 and self.counts["pass"] > 0

"""The report of one command: what every format is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from stackctl.report.panel_history import History

VERIFY, DRILL, TEST = "verify", "drill", "test"
# Commands that prove something: without a pass they have proven nothing.
PROOFS = (VERIFY, DRILL)
_COUNTED = ("pass", "fail", "warn", "skip")


@dataclass(frozen=True)
class Report:
    """The diagnostics of one command about one stack.

    `begun` is when it began (Unix time, 0.0 when that is not known) and `seconds` how long it took. `history` is what
    the panels have shown, where a report draws it. `stack`, `runtime` and `generation` are "" where there is none. A
    warning fails one that `is_strict`.
    """

    stack: str
    runtime: str
    generation: str
    diagnostics: tuple[Diagnostic, ...]
    seconds: float = 0.0
    begun: float = 0.0
    history: History | None = None
    command: str = VERIFY
    is_strict: bool = False

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of diagnostics by status; suggestions are not counted."""
        return {status: sum(each.status == status for each in self.diagnostics) for status in _COUNTED}

    @property
    def ok(self) -> bool:
        """Nothing failed, and a proof has passed something too."""
        failed = self.counts["fail"] or (self.is_strict and self.counts["warn"])
        return not failed and (self.counts["pass"] > 0 or self.command not in PROOFS)

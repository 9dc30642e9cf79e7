"""What a review says of an expression."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """One thing about an expression. `certain` when it cannot be meant, else it is worth a look."""

    summary: str
    remedy: str
    certain: bool = True

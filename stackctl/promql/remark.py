"""Remark of a review on an expression."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """One thing about an expression, with the `code` of its kind.

    `certain` when it cannot be meant; else it is only a warning.
    """

    code: str
    summary: str
    remedy: str
    certain: bool = True

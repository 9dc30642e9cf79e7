"""Result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack


@dataclass(frozen=True)
class Checked:
    """A stack with which nothing is wrong, the review of its expressions, and what was not checked.

    `missing` are checkers that are not installed, `discoveries` keys that those of this machine do not know.
    """

    stack: Stack
    review: Review
    missing: tuple[str, ...]
    discoveries: tuple[str, ...] = ()

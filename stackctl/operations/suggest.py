"""Suggestion of packs that fit a stack and are not used, made only once."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.manifest.packs.fits import Fit
    from stackctl.model import Stack
    from stackctl.state import State

# More of them are for `stackctl packs list`.
_LINES = 5


def newly_fitting(stack: Stack, state: State) -> list[Fit]:
    """The packs that fit and have not been suggested for this stack. From now on they have."""
    from stackctl.manifest.packs.fits import fits
    from stackctl.manifest.packs.library import Library

    found = {f"{fit.kind} {fit.pack} {fit.place}": fit for fit in fits(stack, Library())}
    known = state.suggested()
    if found.keys() != known:
        state.suggest(found)
    return [fit for key, fit in found.items() if key not in known]


def suggestions(found: Collection[Fit]) -> list[str]:
    """Return lines that suggest packs for each service and component, or for those that have the same packs."""
    from stackctl.manifest.packs.fits import lines

    if not found:
        return []
    shown = lines(found)
    more = [f"{len(shown) - _LINES} more: `stackctl packs list`"] if len(shown) > _LINES else []
    heading = "packs that fit and are not used yet (`- pack: NAME`, for services with `services: [...]`):"
    return [heading, *(f"  {line}" for line in (*shown[:_LINES], *more))]

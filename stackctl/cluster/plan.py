"""The changes that make a cluster have the objects of a stack. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stackctl.cluster.objects import DATA, Thing, differences, unlisted

_SHOWN = 3


@dataclass(frozen=True)
class Change:
    """One object to create, update or delete, and why."""

    action: Literal["create", "update", "delete"]
    thing: Thing
    cause: str

    def __str__(self) -> str:
        return f"{self.action} {self.thing}: {self.cause}"


def change(thing: Thing, found: Mapping[str, Any] | None, applied: Mapping[str, Any]) -> Change | None:
    """Return the change from what was `found` to what would be `applied`, None where that is the same."""
    if found is None:
        return Change("create", thing, "it does not exist")
    paths = differences(found, applied)
    if not paths:
        return None
    rest = len(paths) - _SHOWN
    more = f" and {rest} more {'field' if rest == 1 else 'fields'}" if rest > 0 else ""
    return Change("update", thing, f"{', '.join(paths[:_SHOWN])}{more} changed")


def removals(found: Iterable[Thing], wanted: Sequence[Thing]) -> list[Change]:
    """Return the removal of each object that is not declared any more. Volumes stay, as they hold data, and so do the
    Secrets that keep generations. What a drill, a backup or a restore has left is removed in its own order."""
    staying = [each for each in found if each.is_generation or each.is_of_drill or each.is_of_copy]
    others = [each for each in found if each.kind != DATA and each not in staying]
    gone = unlisted(others, wanted)
    return [Change("delete", each, "it is not declared any more") for each in gone]

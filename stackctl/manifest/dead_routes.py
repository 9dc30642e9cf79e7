"""Routes that no alert can take, whatever its labels are: the matchers on the way exclude each other, or a route before
takes all that this one would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackctl.manifest.routes import Route
from stackctl.promql.review.conditions import listed_values, no_value
from stackctl.promql.selectors import Condition


@dataclass(frozen=True)
class DeadRoute:
    """A route that no alert can take, why, and the remedy."""

    route: Route
    summary: str
    remedy: str


def dead_routes(root: Route) -> Iterator[DeadRoute]:
    """Yield the routes of a tree that are dead, but not those below them.

    A route whose matchers could not be read may take anything.
    """
    yield from _below(root, ())


def _below(route: Route, above: Sequence[Condition]) -> Iterator[DeadRoute]:
    before: list[Route] = []
    for child in route.children:
        if child.conditions is None:
            continue
        wanted = (*above, *child.conditions)
        if dead := _excluded(child, wanted) or _overtaken(child, wanted, before):
            yield dead
        else:
            yield from _below(child, wanted)
        before.append(child)


def _excluded(route: Route, wanted: Sequence[Condition]) -> DeadRoute | None:
    for label in dict.fromkeys(each.label for each in wanted):
        conditions = list(dict.fromkeys(each for each in wanted if each.label == label))
        if no_value(conditions, ()):
            shown = " and ".join(f"`{each}`" for each in conditions)
            summary = f"no alert takes the route to `{route.receiver}`: it cannot have {shown}"
            return DeadRoute(route, summary, "Correct its matchers, or those of a route above it.")
    return None


def _overtaken(route: Route, wanted: Sequence[Condition], before: Sequence[Route]) -> DeadRoute | None:
    for other in before:
        if not other.goes_on and all(_is_implied(each, wanted) for each in other.conditions or ()):
            at = f" (line {other.origin.line})" if other.origin else ""
            summary = f"no alert takes the route to `{route.receiver}`: that to `{other.receiver}`{at} takes all before"
            return DeadRoute(route, summary, "Move it up, or write `continue: true` in the route before.")
    return None


def _is_implied(condition: Condition, wanted: Sequence[Condition]) -> bool:
    """Return whether all alerts that fulfil what is `wanted` fulfil a condition too."""
    return any(
        each == condition
        or ((values := listed_values(each)) and each.label == condition.label and all(map(condition.accepts, values)))
        for each in wanted
    )

"""Sides of an operator that never match, or that match by labels that no series has, so that nothing is compared.

That nothing matches now proves little: the series that would may come. So only what another sample does not change
counts: a label that all series of one side have and none of the other, targets that are of other jobs, and labels of
`on` that a side never has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import promql_parser as p

from stackctl.backing.verdict import Verdict
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels, Prometheus
from stackctl.promql.catalogue import BOUNDS, Catalogue
from stackctl.promql.nodes import COMPARISONS, bare, children, metrics, parse, text
from stackctl.promql.scopes import is_scope
from stackctl.promql.selectors import OF_NONE, is_scalar, word
from stackctl.promql.types.infer import value_of

# Where nothing matches, this gives both sides, as is meant. `unless` would never leave anything out.
_UNION = "or"
_INSTANCE = "instance"
# Series with the labels of whichever alerts fire; "" is any name.
_OF_ANY_LABELS = frozenset({"ALERTS", "ALERTS_FOR_STATE", ""})
# Which job has which targets: what was scraped in the last hour counts, as a target may be down.
_TARGETS = "group by (job, instance) (last_over_time(up[1h]))"


@dataclass(frozen=True)
class Match:
    """An operator, the series of both sides before a comparison with a number, and the labels that it compares.

    `is_on` tells whether `labels` are those that are compared, or those that are not.
    """

    operator: str
    left: str
    right: str
    labels: tuple[str, ...]
    is_on: bool

    @property
    def queries(self) -> tuple[str, str]:
        """The label sets of both sides, as queries."""
        labels = ", ".join(map(word, self.labels))
        grouped = f"group {'by' if self.is_on else 'without'} ({labels})"
        return f"{grouped} ({self.left})", f"{grouped} ({self.right})"

    @property
    def is_open(self) -> bool:
        """Return whether series of a side may come with any labels."""
        return not _OF_ANY_LABELS.isdisjoint(metrics(self.left) | metrics(self.right))

    @property
    def is_of_all(self) -> bool:
        """Return whether a side has no labels however it comes out, as `sum(x)`: it is about everything."""
        return any(value_of(side, Catalogue()).labels.possible == frozenset() for side in (self.left, self.right))


# The judgement of a match by the labels of both sides.
_Judge: TypeAlias = Callable[[Match, Sequence[Labels], Sequence[Labels]], Verdict | None]


def matches(expr: str) -> tuple[Match, ...]:
    """Return the operators of `expr` that need a match of their sides. Raises ValueError when it is not PromQL."""
    return tuple(_matches(parse(expr)))


def _matches(node: Any) -> Iterator[Match]:
    if isinstance(node, p.Call) and node.func.name in OF_NONE:
        return
    if isinstance(node, p.BinaryExpr) and str(node.op) != _UNION and not _has_scalar(node):
        matching = node.modifier.matching if node.modifier else None
        is_on = matching is not None and matching.type == p.LabelModifierType.Include
        labels = tuple(matching.labels) if matching else ()
        yield Match(str(node.op), _unfiltered(node.lhs), _unfiltered(node.rhs), labels, is_on)
    for child in children(node):
        yield from _matches(child)


def _has_scalar(node: Any) -> bool:
    return is_scalar(node.lhs) or is_scalar(node.rhs)


def _unfiltered(node: Any) -> str:
    """The text of a side without what only leaves some of its series out, in what it aggregates and calculates too."""
    node = bare(node)
    if isinstance(node, p.AggregateExpr):
        inside = text(node.expr)
        return f"{text(node).removesuffix(f'{inside})')}{_unfiltered(node.expr)})"
    if not isinstance(node, p.BinaryExpr):
        return text(node)
    operator = str(node.op)
    if operator in COMPARISONS and _has_scalar(node):
        return _unfiltered(node.rhs if is_scalar(node.lhs) else node.lhs)
    is_plain = node.modifier is None or not (node.modifier.matching or node.modifier.return_bool)
    if operator in ("and", "unless") or (operator in COMPARISONS and is_plain):
        return _unfiltered(node.lhs)
    left, right = text(node.lhs), text(node.rhs)
    between = text(node).removeprefix(left).removesuffix(right)
    return f"({_unfiltered(node.lhs)}){between}({_unfiltered(node.rhs)})"


def unmatched(client: Prometheus, expr: str, catalogue: Catalogue, coming: Collection[str] = ()) -> Verdict | None:
    """Return the failure of the first operator of `expr` whose sides never match or compare nothing, or None.

    `catalogue` are the metrics of the stack, `coming` labels that series may have later. Raises NoAnswer when
    Prometheus does not answer; what it refuses is reported by `rule.healthy`.
    """

    def verdict(match: Match, left: Sequence[Labels], right: Sequence[Labels]) -> Verdict | None:
        return (
            _compares_nothing(coming, match, left, right)
            or _are_apart(catalogue, match, left, right)
            or _never_matches(client, match, left, right)
        )

    return _first(client, matches(expr), verdict)


def compares_nothing(client: Prometheus, expr: str, coming: Collection[str] = ()) -> Verdict | None:
    """Return the failure of the first operator of `expr` that compares labels that a side never has, or None.

    It is as `unmatched` otherwise.
    """
    named = [each for each in matches(expr) if each.is_on and each.labels]
    return _first(client, named, partial(_compares_nothing, coming))


def _first(client: Prometheus, found: Sequence[Match], judge: _Judge) -> Verdict | None:
    if not found:
        return None
    try:
        sides = client.each([query for each in found for query in each.queries])
    except NoAnswer as error:
        if not error.status:
            raise
        return None
    labels = [[each for each, _ in series] for series in sides]
    pairs = zip(found, labels[::2], labels[1::2], strict=True)
    return next(
        (
            verdict
            for each, one, other in pairs
            if one and other and not each.is_open and (verdict := judge(each, one, other))
        ),
        None,
    )


def _compares_nothing(
    coming: Collection[str], match: Match, left: Sequence[Labels], right: Sequence[Labels]
) -> Verdict | None:
    """The failure of `on` with labels that a side does not have: it matches as if nothing were compared.

    Where no series has the label of a scope, as `cluster`, all are of the same one.
    """
    judged = [label for label in match.labels if not is_scope(label) and label not in coming]
    if not match.is_on or not judged or match.is_of_all:
        return None
    has = [any(each.get(label) for each in side for label in match.labels) for side in (left, right)]
    if all(has) or not all(any(not any(each.values()) for each in side) for side in (left, right)):
        return None
    shown = f"`{judged[0]}`" if len(judged) == 1 else " or ".join(f"`{label}`" for label in judged)
    where = "either side" if not any(has) else f"the {'right' if has[0] else 'left'}"
    result = "so all series match" if not any(has) else "so only series without it match"
    summary = f"no series on {where} of `{match.operator}` has the label {shown}, {result}"
    remedy = "Match by labels that both sides have; write `on ()` where any series is meant."
    return Verdict("fail", summary, remedy)


def _are_apart(catalogue: Catalogue, match: Match, left: Sequence[Labels], right: Sequence[Labels]) -> Verdict | None:
    """The failure of sides that have no value of a label in common, as rules and matchers give each its own."""
    names = _compared(match, left, right)
    one, other = (value_of(side, catalogue).labels for side in (match.left, match.right))
    label = one.apart(other, [name for name in names if name not in BOUNDS])
    if not label or {each.get(label) for each in left} & {each.get(label) for each in right}:
        return None
    first, second = (side.values[label][0] for side in (one, other))
    summary = (
        f"the sides of `{match.operator}` never match: "
        f'`{label}="{first}"` is on the left and `{label}="{second}"` on the right'
    )
    remedy = f"Leave the label out, as with `ignoring ({word(label)})`, or aggregate both sides to the same labels."
    return Verdict("fail", summary, remedy)


def _compared(match: Match, left: Sequence[Labels], right: Sequence[Labels]) -> list[str]:
    """The labels in which series of both sides have to agree."""
    return sorted(match.labels if match.is_on else {name for each in (*left, *right) for name in each})


def _never_matches(client: Prometheus, match: Match, left: Sequence[Labels], right: Sequence[Labels]) -> Verdict | None:
    names = _compared(match, left, right)
    if {_values(each, names) for each in left} & {_values(each, names) for each in right}:
        return None
    for name in names:
        owner = _only_owner(name, left, right)
        if owner:
            other = "right" if owner == "left" else "left"
            summary = (
                f"the sides of `{match.operator}` never match: "
                f"all series on the {owner} have the label `{name}`, none on the {other} has it"
            )
            return Verdict("fail", summary, _remedy(names, left, right))
    if _INSTANCE in names and _are_of_other_targets(client, left, right):
        one, other = (min(each[_INSTANCE] for each in side) for side in (left, right))
        summary = (
            f"the sides of `{match.operator}` never match: they are of different targets, "
            f'as `instance="{one}"` on the left and `instance="{other}"` on the right'
        )
        return Verdict("fail", summary, _remedy(names, left, right))
    return None


def _values(labels: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in names)


def _only_owner(name: str, left: Sequence[Labels], right: Sequence[Labels]) -> str:
    """The side of which all series have a label that none of the other has, or ""."""
    for owner, one, other in (("left", left, right), ("right", right, left)):
        if all(each.get(name) for each in one) and not any(each.get(name) for each in other):
            return owner
    return ""


def _are_of_other_targets(client: Prometheus, left: Sequence[Labels], right: Sequence[Labels]) -> bool:
    """Return whether no job has targets of both sides: one that has may serve the missing series yet."""
    jobs: dict[str, set[str]] = {}
    for labels, _ in client.values(_TARGETS):
        jobs.setdefault(labels.get(_INSTANCE, ""), set()).add(labels.get("job", ""))
    sides = [[jobs.get(each.get(_INSTANCE, ""), set()) for each in side] for side in (left, right)]
    if not all(owners for side in sides for owners in side):
        return False  # not an instance that this Prometheus scrapes
    one, other = (set[str]().union(*side) for side in sides)
    return not one & other


def _remedy(names: Sequence[str], left: Sequence[Labels], right: Sequence[Labels]) -> str:
    shared = [name for name in names if {each.get(name) for each in left} & {each.get(name) for each in right} - {None}]
    known = f"on ({', '.join(map(word, shared))})" if shared else "on (...)"
    return f"Match by labels that both sides have, as with `{known}`, or aggregate both sides to the same labels."

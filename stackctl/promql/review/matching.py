"""Two sides that are matched label by label and cannot match, and labels that are used after they were lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import BOUNDS, UNKNOWN_PART
from stackctl.promql.nearest import closest
from stackctl.promql.nodes import COMPARISONS, bare, matchers, text
from stackctl.promql.remark import Remark
from stackctl.promql.review.conditions import contradict
from stackctl.promql.review.reviewed import Look, Reviewed, window
from stackctl.promql.scopes import is_scope
from stackctl.promql.selectors import word
from stackctl.promql.types.functions import FOR_COUNTERS, PICKING
from stackctl.promql.types.pairs import is_filled, is_grouped
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import INFO, NUMBER, STATE, Labels

_ARITHMETIC = frozenset({"/", "*", "+", "-", "%", "^", "atan2"})


def _pairs(reviewed: Reviewed) -> Iterator[Remark]:
    """Pairs of sides of which no series matches, or of which each matches only itself."""
    for pair in reviewed.pairs:
        left, right = pair.below
        if pair.name == "or" or NUMBER in (left.value.kind, right.value.kind):
            continue
        one, other = _side(left), _side(right)
        is_plain = pair.node.modifier is None or pair.node.modifier.matching is None
        if pair.name != "unless" and is_plain and one and other and one.name and one.name == other.name:
            yield from _same_metric(reviewed, pair, one, other)
        else:
            yield from _no_match(reviewed, pair)


def _side(part: Typed) -> Typed | None:
    """The selector of a side that is not aggregated: `rate(x[5m])`, or `x`."""
    if part.is_call and part.name in FOR_COUNTERS and part.below and isinstance(part.below[0].node, p.MatrixSelector):
        return part.below[0].below[0]
    return part if part.is_selector else None


def _same_metric(reviewed: Reviewed, pair: Typed, one: Typed, other: Typed) -> Iterator[Remark]:
    left, right = matchers(one.node), matchers(other.node)
    known = reviewed.catalogue.known(one.name)
    closed = {name: values for name, values in ((known.labels if known else None) or {}).items() if name not in BOUNDS}
    result = ""
    if contradict(left | right, closed):
        result = "no series on one side matches the other"
    elif (left < right or right < left) and pair.name != "and" and _way(pair.below[0]) == _way(pair.below[1]):
        result = "each series matches only itself"
    if not result:
        return
    differing = sorted({name for name, _, _ in left ^ right})
    without = f"sum without ({', '.join(map(word, differing))})"
    fixed = f"{without} ({text(bare(pair.node.lhs))}) {pair.name} {without} ({text(bare(pair.node.rhs))})"
    summary = (
        f"both sides are matched on all labels, including {', '.join(f'`{name}`' for name in differing)}: {result}"
    )
    whole = reviewed.with_(pair, fixed)
    yield Remark("promql.no-match", summary, f"Write `{whole}`.", part=reviewed.at(pair), fix=whole)


def _way(side: Typed) -> tuple[str, ...]:
    """Return how a side selects its series. The same series in another window or at another time is another value."""
    selector = _side(side)
    assert selector is not None  # noqa: S101 - the caller has looked
    asked = side.below[0].node if side.is_call else side.node
    return tuple(
        map(
            str,
            (side.name if side.is_call else "", getattr(asked, "range", ""), selector.node.offset, selector.node.at),
        )
    )


def _no_match(reviewed: Reviewed, pair: Typed) -> Iterator[Remark]:
    """A label that is matched, which all series of one side have, and none of the other."""
    left, right = pair.below
    one, other = left.value.labels, right.value.labels
    modifier = pair.node.modifier
    matching = modifier.matching if modifier else None
    if modifier is not None and is_filled(modifier):
        return
    is_on = matching is not None and matching.type == p.LabelModifierType.Include
    named = frozenset(matching.labels) if matching else frozenset()
    matched = named if is_on else (one.named | other.named) - named
    bad = sorted(each for each in matched - {UNKNOWN_PART} if _is_only_on_one(each, one, other))
    if not bad and (label := one.apart(other, matched - BOUNDS)):
        yield _apart(reviewed, pair, label)
        return
    if not bad:
        if is_on:
            yield from _on_neither(reviewed, pair, named - {UNKNOWN_PART})
        return
    certain = any(
        (each in one.certain and not other.may_have(each)) or (each in other.certain and not one.may_have(each))
        for each in bad
    )
    certain = certain and pair.name != "unless" and reviewed.is_certain_of(pair)
    at = reviewed.at(pair, bad[0] if is_on else "")
    result = "so nothing is left out" if pair.name == "unless" else "so nothing matches"
    if is_on or one.possible is None or other.possible is None:
        label = bad[0]
        with_it, without_it = ("left", "right") if label in one.named else ("right", "left")
        summary = f"the {with_it} side has the label `{label}` and the {without_it} side does not, {result}"
        remedy = "Match by labels that both sides have, with `on (...)`, or keep the label on both sides."
        yield Remark("promql.no-match", summary, remedy, certain, at)
        return
    summary = f"the sides have different labels ({_listed(one.possible)}; {_listed(other.possible)}), {result}"
    fixed, is_of_all = "", pair.name in ("and", "unless") and not (one.possible and other.possible)
    if matching is None and is_of_all:
        fixed = reviewed.with_(pair, f"{text(pair.node.lhs)} {pair.name} on () {text(pair.node.rhs)}")
    elif matching is None and pair.name != "unless":
        # A label that one side has for certain, and the other only perhaps, may be what keeps them apart.
        alike = (each for each in one.possible & other.possible if (each in one.named) == (each in other.named))
        common = ", ".join(map(word, sorted(alike)))
        total = f"sum by ({common})" if common else "sum"
        pairs = f"{total} ({text(_inner(pair.node.lhs))}) {pair.name} {total} ({text(_inner(pair.node.rhs))})"
        fixed = reviewed.with_(pair, pairs)
    remedy = f"Write `{fixed}`." if fixed else "Match by labels that both sides have, with `on (...)`."
    # Of a calculation people want the sums, unless they have asked for others; of a condition they may want anything.
    is_meant = is_of_all or (
        pair.name in _ARITHMETIC and not any(_is_grouped(each) for each in (pair.node.lhs, pair.node.rhs))
    )
    yield Remark("promql.no-match", summary, remedy, certain, at, fixed if is_meant else "")


def _apart(reviewed: Reviewed, pair: Typed, label: str) -> Remark:
    """A label that both sides have, with values that are never the same."""
    one, other = (" or ".join(f"`{value}`" for value in side.value.labels.values[label]) for side in pair.below)
    result = "so nothing is left out" if pair.name == "unless" else "so nothing matches"
    summary = f"the label `{label}` is {one} on the left side and {other} on the right one, {result}"
    remedy = f"Leave it out of the match: `{pair.name} ignoring ({word(label)})`, or aggregate both sides without it."
    certain = pair.name != "unless" and reviewed.is_certain_of(pair) and not reviewed.is_exported(pair)
    return Remark("promql.no-match", summary, remedy, certain, reviewed.at(pair))


def _is_grouped(node: Any) -> bool:
    """Return whether a side is an aggregation by labels that somebody has chosen."""
    node = bare(node)
    return isinstance(node, p.AggregateExpr) and node.modifier is not None


def _on_neither(reviewed: Reviewed, pair: Typed, named: frozenset[str]) -> Iterator[Remark]:
    one, other = (side.value.labels for side in pair.below)
    lost = {label for label in named if not one.may_have(label) and not other.may_have(label)}
    is_of_all = any(side.possible == frozenset() for side in (one, other))
    # With another label that is there the sides are still matched, and all of one scope are meant to match.
    compares_nothing = lost == named and not is_of_all and not all(map(is_scope, lost))
    certain = compares_nothing and not reviewed.is_exported(pair) and reviewed.is_certain_of(pair)
    for label in sorted(lost):
        has = Labels.exactly((one.possible or frozenset()) & (other.possible or frozenset()))
        found = _lost_label(reviewed, pair, label, has, "so the sides are not matched by it")
        yield replace(found, certain=certain)


def _left_out(reviewed: Reviewed) -> Iterator[Remark]:
    """Exclusions by `unless` of everything: on the right is something that is always there, matched with all series."""
    for pair in reviewed.pairs:
        matching = pair.node.modifier.matching if pair.node.modifier else None
        of_all = matching is not None and matching.type == p.LabelModifierType.Include and not matching.labels
        if pair.name == "unless" and of_all and pair.below[1].value.is_there and not pair.below[0].value.is_there:
            summary = "`unless` leaves everything out: what is on its right is always there"
            remedy = "Put a condition on the right, as in `unless on () (hour() < 8)`."
            yield Remark("promql.never-true", summary, remedy, certain=False, part=reviewed.at(pair))


def _is_only_on_one(label: str, one: Labels, other: Labels) -> bool:
    return (label in one.named and not other.may_have(label)) or (label in other.named and not one.may_have(label))


def _inner(node: Any) -> Any:
    """Return the aggregated expression, where a side is a sum already."""
    node = bare(node)
    return node.expr if isinstance(node, p.AggregateExpr) and str(node.op) == "sum" else node


def _listed(labels: frozenset[str]) -> str:
    return ", ".join(f"`{label}`" for label in sorted(labels)) or "none"


def _many(reviewed: Reviewed) -> Iterator[Remark]:
    """Several series of a side with the same matched labels, which Prometheus refuses to match."""
    for pair in reviewed.pairs:
        modifier = pair.node.modifier
        if pair.name not in _ARITHMETIC | COMPARISONS or modifier is None or modifier.matching is None:
            continue
        sides = {"left": pair.below[0], "right": pair.below[1]}
        if is_grouped(modifier):
            del sides["left" if modifier.card == p.VectorMatchCardinality.ManyToOne else "right"]
        matching = modifier.matching
        is_on = matching.type == p.LabelModifierType.Include
        for which, side in sides.items():
            if side.value.kind in (INFO, STATE, NUMBER):
                continue
            labels = side.value.labels
            # A label with one value, or with values that are not known, may well be the same everywhere.
            free = [
                label
                for label, values in sorted(labels.values.items())
                if label in labels.certain and len(values) > 1 and (label in matching.labels) is not is_on
            ]
            if free:
                shown = ", ".join(f"`{label}`" for label in free)
                summary = f"the {which} side has several series with the same labels to match: they differ in {shown}"
                remedy = f"Aggregate them, as in `sum without ({', '.join(free)}) (...)`, or match by these labels too."
                yield Remark("promql.many-to-many", summary, remedy, certain=False, part=reviewed.at(pair))
                break


def _lost_by_aggregation(reviewed: Reviewed) -> Iterator[Remark]:
    """Labels of `by` that are lost already, or never were."""
    for part in reviewed.aggregations:
        modifier = part.node.modifier
        if modifier is None or modifier.type != p.AggModifierType.By or part.name in PICKING:
            continue
        inside = part.below[-1].value
        # Rules for many set-ups sum up targets by all labels that one of these may give them.
        if inside.metric == "up" and any(inside.labels.may_have(label) for label in modifier.labels):
            continue
        for label in modifier.labels:
            if label != UNKNOWN_PART and not inside.labels.may_have(label):
                yield _lost_label(reviewed, part, label, inside.labels, "so it is empty in the result")


def _lost_by_group(reviewed: Reviewed) -> Iterator[Remark]:
    """Labels of `group_left` that the other side does not have."""
    for pair in reviewed.pairs:
        modifier = pair.node.modifier
        if modifier is None or not is_grouped(modifier):
            continue
        is_left = modifier.card == p.VectorMatchCardinality.ManyToOne
        single, word_ = pair.below[1 if is_left else 0], "group_left" if is_left else "group_right"
        for label in modifier.group_labels or ():
            if label not in (UNKNOWN_PART, "__name__") and not single.value.labels.may_have(label):
                result = f"so `{word_}` removes it from the result"
                yield _lost_label(reviewed, pair, label, single.value.labels, result)


def _lost_sources(reviewed: Reviewed) -> Iterator[Remark]:
    """Labels that `label_replace` and `label_join` read, and that are not there."""
    for call in reviewed.calls:
        if call.name not in ("label_replace", "label_join"):
            continue
        sources = call.below[3:4] if call.name == "label_replace" else call.below[3:]
        labels = call.below[0].value.labels
        for source in sources:
            label = getattr(source.node, "val", "")
            if label and label != "__name__" and not labels.may_have(label):
                yield _lost_label(reviewed, call, label, labels, f"so `{call.name}()` reads nothing from it")


def _lost_label(reviewed: Reviewed, part: Typed, label: str, labels: Labels, result: str) -> Remark:
    """A label that `part` names in vain. Rules for many set-ups name labels that the targets of some of them have, and
    metrics of components are in most of these rules: there, only a label that is nearly another one is a mistake.
    """
    has = sorted(labels.possible or ())
    near = closest(label, has)
    remedy = f"Did you mean `{near}`?" if near else f"There are: {', '.join(has)}." if has else "There are no labels."
    is_precaution = not near and reviewed.is_exported(part)
    summary, at = f"there is no label `{label}` here, {result}", reviewed.at(part, label)
    return Remark("promql.lost-label", summary, remedy, certain=False, part=at, suggestion=is_precaution)


def _windows(reviewed: Reviewed) -> Iterator[Remark]:
    """The average of a histogram or a summary whose sum is of another window than its count."""
    for pair in reviewed.pairs:
        one, other = (window(each) for each in pair.below)
        if pair.name != "/" or one is None or other is None or one.node.range == other.node.range:
            continue
        names = one.below[0].name, other.below[0].name
        if names[0].endswith("_sum") and names[1] == f"{names[0].removesuffix('_sum')}_count":
            left, right = (each.node.range.total_seconds() for each in (one, other))
            summary = f"the sum is of {left:g} s and the count of {right:g} s, so the quotient is not an average"
            remedy = "Use the same window on both sides."
            yield Remark("promql.windows", summary, remedy, certain=False, part=reviewed.at(pair))


LOOKS: tuple[Look, ...] = (_pairs, _left_out, _many, _lost_by_aggregation, _lost_by_group, _lost_sources, _windows)

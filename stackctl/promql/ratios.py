"""Two sides that are matched label by label, and cannot match, or match each series with itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import BOUNDS, Catalogue
from stackctl.promql.nodes import Parsed, bare, matchers, metric, replaced, text
from stackctl.promql.remark import Remark
from stackctl.promql.selectors import Condition, word

_RATES = frozenset({"rate", "irate", "increase"})
_ARITHMETIC = frozenset({"/", "*", "+", "-", "%", "^", "atan2"})
_COMPARING = frozenset({">", "<", ">=", "<=", "==", "!="})
# Operators that keep only what both sides have, label by label.
_MATCHING = _ARITHMETIC | _COMPARING | {"and"}
# Functions that keep the labels of their argument.
_KEEPING = frozenset(
    [
        *_RATES,
        *("deriv", "idelta", "delta"),
        *(f"{kind}_over_time" for kind in ("avg", "min", "max", "sum", "count", "last")),
        *("abs", "ceil", "floor", "round", "ln", "log2", "log10", "exp", "sqrt", "clamp", "clamp_min", "clamp_max"),
    ]
)
# A regular expression that is a choice of plain words.
_WORDS = re.compile(r"[\w:/ -]+(\|[\w:/ -]+)*")


def ratios(parsed: Parsed, catalogue: Catalogue) -> Iterator[Remark]:
    """Yield remarks on each pair of sides."""
    for pair in parsed.pairs:
        if str(pair.op) not in _MATCHING or _says_how(pair):
            continue
        left, right = _side(pair.lhs), _side(pair.rhs)
        if left and right and metric(left) and metric(left) == metric(right):
            yield from _same_metric(parsed.tree, pair, catalogue)
        else:
            yield from _other_labels(parsed.tree, pair, catalogue)


def _says_how(pair: Any) -> bool:
    return pair.modifier is not None and pair.modifier.matching is not None


def _side(node: Any) -> Any:
    """The selector of a side that is not aggregated: `rate(x[5m])`, or `x`."""
    node = bare(node)
    if isinstance(node, p.Call) and node.func.name in _RATES and isinstance(node.args[0], p.MatrixSelector):
        return node.args[0].vector_selector
    return node if isinstance(node, p.VectorSelector) else None


def _same_metric(tree: Any, pair: Any, catalogue: Catalogue) -> Iterator[Remark]:
    left, right = matchers(_side(pair.lhs)), matchers(_side(pair.rhs))
    known = catalogue.series.get(metric(_side(pair.lhs)))
    closed = {name: values for name, values in ((known.labels if known else None) or {}).items() if name not in BOUNDS}
    result = ""
    if _contradict(left | right, closed):
        result = "no series on one side matches the other"
    elif (left < right or right < left) and str(pair.op) != "and" and _way(pair.lhs) == _way(pair.rhs):
        result = "each series matches only itself"
    if not result:
        return
    differing = sorted({name for name, _, _ in left ^ right})
    without = f"sum without ({', '.join(map(word, differing))})"
    fixed = f"{without} ({text(bare(pair.lhs))}) {pair.op} {without} ({text(bare(pair.rhs))})"
    summary = (
        f"both sides are matched on all labels, including {', '.join(f'`{name}`' for name in differing)}: {result}"
    )
    yield Remark("promql.no-match", summary, f"Write `{replaced(tree, pair, fixed)}`.")


def _way(side: Any) -> tuple[str, ...]:
    """Return how a side selects its series. The same series in another window or at another time is another value."""
    node, selector = bare(side), _side(side)
    asked = node.args[0] if isinstance(node, p.Call) else node
    parts = (
        getattr(getattr(node, "func", None), "name", ""),
        getattr(asked, "range", ""),
        selector.offset,
        selector.at,
    )
    return tuple(map(str, parts))


def _contradict(wanted: Collection[tuple[str, str, str]], closed: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether no series can fulfil all of the conditions. `closed` has labels with all that they may be."""
    conditions = [Condition(*each) for each in wanted]
    return any(
        _no_value([each for each in conditions if each.label == label], closed.get(label, ()))
        for label in {each.label for each in conditions}
    )


def _no_value(conditions: Collection[Condition], closed: Collection[str]) -> bool:
    """Return whether the conditions on one label exclude each other; where that is not certain, they do not."""
    for each in conditions:
        if (values := closed or _values(each)) and not any(all(c.accepts(v) for c in conditions) for v in values):
            return True
    patterns = {each.value for each in conditions if each.operator == "=~"}
    return any(each.operator == "!~" and each.value in patterns for each in conditions)


def _values(condition: Condition) -> list[str]:
    """All values that a condition accepts, or [] where they cannot be listed."""
    if condition.operator == "=":
        return [condition.value]
    listed = condition.operator == "=~" and _WORDS.fullmatch(condition.value)
    return condition.value.split("|") if listed else []


def _other_labels(tree: Any, pair: Any, catalogue: Catalogue) -> Iterator[Remark]:
    left, right = _label_set(pair.lhs, catalogue), _label_set(pair.rhs, catalogue)
    if left is None or right is None or left == right:
        return
    common = ", ".join(map(word, sorted(left & right)))
    summary = f"the sides have different labels ({_listed(left)}; {_listed(right)}), so nothing matches"
    total = f"sum by ({common})" if common else "sum"
    fixed = f"{total} ({text(_inner(pair.lhs))}) {pair.op} {total} ({text(_inner(pair.rhs))})"
    yield Remark("promql.no-match", summary, f"Write `{replaced(tree, pair, fixed)}`.")


def _label_set(node: Any, catalogue: Catalogue) -> frozenset[str] | None:
    """The labels of every series that `node` gives, or None when that is unknown."""
    node = bare(node)
    if isinstance(node, p.VectorSelector):
        known = catalogue.series.get(metric(node))
        return frozenset(known.labels) if known and known.labels is not None else None
    if isinstance(node, p.MatrixSelector):
        return _label_set(node.vector_selector, catalogue)
    if isinstance(node, p.Call) and node.func.name in _KEEPING:
        return _label_set(node.args[0], catalogue)
    if isinstance(node, p.AggregateExpr) and str(node.op) in ("sum", "avg", "min", "max", "count"):
        return _aggregated(node, catalogue)
    return None


def _aggregated(node: Any, catalogue: Catalogue) -> frozenset[str] | None:
    below = _label_set(node.expr, catalogue)
    if below is None:
        return None
    if node.modifier is None:
        return frozenset()
    named = frozenset(node.modifier.labels)
    return below & named if node.modifier.type == p.AggModifierType.By else below - named


def _inner(node: Any) -> Any:
    """Return the aggregated expression, where a side is a sum already."""
    node = bare(node)
    return node.expr if isinstance(node, p.AggregateExpr) and str(node.op) == "sum" else node


def _listed(labels: frozenset[str]) -> str:
    return ", ".join(f"`{label}`" for label in sorted(labels)) or "none"

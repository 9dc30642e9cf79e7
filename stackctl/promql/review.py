"""What a careful reviewer says of an expression: that it matches nothing, or does not mean what it seems to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import Catalogue, accepts

# What is right for a counter -> what is right for a gauge.
_FOR_GAUGES = {"rate": "deriv", "irate": "idelta", "increase": "delta"}
_RATES = frozenset({"rate", "irate", "increase"})
# Operators that keep only what both sides have, label by label.
_MATCHING = frozenset({"/", "*", "+", "-", "%", "^", ">", "<", ">=", "<=", "==", "!=", "and", "atan2"})
# Functions that keep the labels of their argument.
_KEEPING = frozenset(
    [
        *_FOR_GAUGES,
        *_FOR_GAUGES.values(),
        *(f"{kind}_over_time" for kind in ("avg", "min", "max", "sum", "count", "last")),
        *("abs", "ceil", "floor", "round", "ln", "log2", "log10", "exp", "sqrt", "clamp", "clamp_min", "clamp_max"),
    ]
)


@dataclass(frozen=True)
class Remark:
    """One thing about an expression. `certain` when it cannot be meant, else it is worth a look."""

    summary: str
    remedy: str
    certain: bool = True


def review(expr: str, catalogue: Catalogue) -> list[Remark]:
    """All there is to say about `expr`; nothing about one that does not parse."""
    try:
        tree = p.parse(expr)
    except ValueError:
        return []
    remarks = [remark for look in _LOOKS for remark in look(tree, catalogue)]
    return list(dict.fromkeys(remarks))


# -- who serves it --------------------------------------------------------------------------------------------


def _owners(tree: Any, catalogue: Catalogue) -> Iterator[Remark]:
    for selector in _selectors(tree):
        name = selector.name
        if not name or catalogue.owns(name):
            continue
        nearest = catalogue.nearest(name)
        if nearest:
            yield Remark(f"nothing serves `{name}`", f"Did you mean `{nearest}`?", catalogue.complete)
        elif catalogue.complete:
            remedy = "Add it to a contract, run the exporter that serves it, or take the expression out."
            yield Remark(f"nothing serves `{name}`: no contract, no component and no recording rule", remedy)


def _matchers(tree: Any, catalogue: Catalogue) -> Iterator[Remark]:
    for selector in _selectors(tree):
        known = catalogue.series.get(selector.name or "")
        if known is None or known.labels is None:
            continue
        for matcher in selector.matchers.matchers:
            if matcher.op not in (p.MatchOp.Equal, p.MatchOp.Re) or _may_be_empty(matcher):
                continue
            if matcher.name not in known.labels:
                yield _no_label(selector.name, matcher.name, known.labels)
            elif values := known.labels[matcher.name]:
                yield from _no_value(selector.name, matcher, values)


def _may_be_empty(matcher: Any) -> bool:
    return not matcher.value or (matcher.op == p.MatchOp.Re and accepts(matcher.value, [""]))


def _no_label(metric: str, label: str, labels: Any) -> Remark:
    near = _near(label, labels)
    remedy = f"Did you mean `{near}`?" if near else f"It has: {', '.join(sorted(labels)) or 'no labels'}."
    return Remark(f"`{metric}` has no label `{label}`, so this selects nothing", remedy)


def _no_value(metric: str, matcher: Any, values: tuple[str, ...]) -> Iterator[Remark]:
    regex = matcher.value if matcher.op == p.MatchOp.Re else re.escape(matcher.value)
    if not accepts(regex, values):
        near = _near(matcher.value, values)
        remedy = f'Did you mean `{matcher.name}="{near}"`?' if near else f"It may be: {', '.join(values)}."
        yield Remark(f"`{matcher.name}` of `{metric}` is never `{matcher.value}`", remedy)


def _near(word: str, known: Any) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1)), "")


# -- what is done with it -------------------------------------------------------------------------------------


def _rates(tree: Any, catalogue: Catalogue) -> Iterator[Remark]:
    """`rate()` of what is no counter."""
    for call in _all(tree, p.Call):
        if call.func.name not in _FOR_GAUGES or not isinstance(call.args[0], p.MatrixSelector):
            continue
        name = call.args[0].vector_selector.name or ""
        known = catalogue.series.get(name)
        if known and known.kind == "gauge":
            better = _FOR_GAUGES[call.func.name]
            fixed = _replaced(tree, call, f"{better}({_text(call.args[0])})")
            summary = f"`{call.func.name}()` of the gauge `{name}` takes every fall for a restart"
            yield Remark(summary, f"Write `{fixed}`.")


def _histograms(tree: Any, catalogue: Catalogue) -> Iterator[Remark]:
    """`histogram_quantile()` of what are no buckets, and the bare name of a histogram anywhere else."""
    inside: set[str] = set()
    for call in _all(tree, p.Call):
        if call.func.name != "histogram_quantile":
            continue
        bare = next((each for each in _selectors(call) if _is_histogram(each, catalogue)), None)
        inside |= {bare.name} if bare else set()
        argument = call.args[1].expr if isinstance(call.args[1], p.ParenExpr) else call.args[1]
        if bare:
            buckets = _text(bare).replace(bare.name, f"{bare.name}_bucket", 1)
            fixed = _replaced(tree, call, _quantile(call, f"sum by (le) (rate({buckets}[{_window(call)}]))"))
            yield Remark(f"the histogram `{bare.name}` has no series of that name", f"Write `{fixed}`.")
        elif isinstance(argument, p.AggregateExpr) and "le" in _lost(argument):
            fixed = _replaced(tree, argument, _with_le(argument))
            yield Remark("the label `le` is lost before `histogram_quantile()` needs it", f"Write `{fixed}`.")
        elif isinstance(argument, p.VectorSelector) and (argument.name or "").endswith("_bucket"):
            fixed = _replaced(tree, argument, f"rate({_text(argument)}[5m])")
            summary = "these buckets count since the start of the process, so the quantile hardly moves"
            yield Remark(summary, f"Write `{fixed}`.", certain=False)
    for selector in _selectors(tree):
        if _is_histogram(selector, catalogue) and selector.name not in inside:
            remedy = f"Write `{selector.name}_count`, `{selector.name}_sum` or `{selector.name}_bucket`."
            yield Remark(f"the histogram `{selector.name}` has no series of that name", remedy)


def _is_histogram(selector: Any, catalogue: Catalogue) -> bool:
    known = catalogue.series.get(selector.name or "")
    return known is not None and known.kind == "histogram"


def _window(node: Any) -> str:
    """The range in which `node` looks back already, or five minutes."""
    found = re.search(r"\[([^\]:]+)\]", str(node))
    return found[1] if found else "5m"


def _quantile(call: Any, argument: str) -> str:
    return f"histogram_quantile({_text(call.args[0])}, {argument})"


def _lost(aggregate: Any) -> set[str]:
    """`le`, when an aggregation takes it away."""
    modifier = aggregate.modifier
    if modifier is None:
        return {"le"}
    by = modifier.type == p.AggModifierType.By
    return set() if ("le" in modifier.labels) is by else {"le"}


def _with_le(aggregate: Any) -> str:
    modifier, inner = aggregate.modifier, _text(aggregate.expr)
    if modifier is None:
        return f"{aggregate.op} by (le) ({inner})"
    if modifier.type == p.AggModifierType.By:
        return f"{aggregate.op} by ({', '.join((*modifier.labels, 'le'))}) ({inner})"
    rest = [label for label in modifier.labels if label != "le"]
    return f"{aggregate.op} without ({', '.join(rest)}) ({inner})"


def _ratios(tree: Any, catalogue: Catalogue) -> Iterator[Remark]:
    """Two sides that are matched label by label and cannot match, or match each series with itself."""
    for pair in _all(tree, p.BinaryExpr):
        if str(pair.op) not in _MATCHING or _says_how(pair):
            continue
        left, right = _side(pair.lhs), _side(pair.rhs)
        if left and right and left.name and left.name == right.name:
            yield from _same_metric(tree, pair, left, right)
        else:
            yield from _other_labels(tree, pair, catalogue)


def _says_how(pair: Any) -> bool:
    return pair.modifier is not None and pair.modifier.matching is not None


def _side(node: Any) -> Any:
    """The selector of a side that is not aggregated: `rate(x[5m])`, or `x`."""
    node = _bare(node)
    if isinstance(node, p.Call) and node.func.name in _RATES and isinstance(node.args[0], p.MatrixSelector):
        return node.args[0].vector_selector
    return node if isinstance(node, p.VectorSelector) else None


def _same_metric(tree: Any, pair: Any, left: Any, right: Any) -> Iterator[Remark]:
    differing = sorted({name for name, _, _ in _conditions(left) ^ _conditions(right)})
    if not differing:
        return
    meets = _conditions(left) < _conditions(right) or _conditions(right) < _conditions(left)
    result = "each series meets only itself" if meets else "no series has its like on the other side"
    without = f"sum without ({', '.join(differing)})"
    fixed = f"{without} ({_text(_bare(pair.lhs))}) {pair.op} {without} ({_text(_bare(pair.rhs))})"
    summary = f"both sides are matched label by label, {', '.join(f'`{name}`' for name in differing)} too: {result}"
    yield Remark(summary, f"Write `{_replaced(tree, pair, fixed)}`.")


def _other_labels(tree: Any, pair: Any, catalogue: Catalogue) -> Iterator[Remark]:
    left, right = _label_set(pair.lhs, catalogue), _label_set(pair.rhs, catalogue)
    if left is None or right is None or left == right:
        return
    common = ", ".join(sorted(left & right))
    summary = f"the sides have different labels ({_listed(left)}; {_listed(right)}), so nothing matches"
    total = f"sum by ({common})" if common else "sum"
    fixed = f"{total} ({_text(_inner(pair.lhs))}) {pair.op} {total} ({_text(_inner(pair.rhs))})"
    yield Remark(summary, f"Write `{_replaced(tree, pair, fixed)}`.")


def _label_set(node: Any, catalogue: Catalogue) -> frozenset[str] | None:
    """The labels of every series that `node` gives, or None when that cannot be told."""
    node = _bare(node)
    if isinstance(node, p.VectorSelector):
        known = catalogue.series.get(node.name or "")
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
    """What is aggregated, where a side is a sum already."""
    node = _bare(node)
    return node.expr if isinstance(node, p.AggregateExpr) and str(node.op) == "sum" else node


def _listed(labels: frozenset[str]) -> str:
    return ", ".join(f"`{label}`" for label in sorted(labels)) or "none"


_LOOKS: tuple[Callable[[Any, Catalogue], Iterator[Remark]], ...] = (_owners, _matchers, _rates, _histograms, _ratios)


# -- the tree -------------------------------------------------------------------------------------------------


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    below = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector", "param")]
    for child in [*below, *(getattr(node, "args", None) or ())]:
        if child is not None:
            yield from _nodes(child)


def _all(tree: Any, kind: type) -> Iterator[Any]:
    return (node for node in _nodes(tree) if isinstance(node, kind))


def _selectors(tree: Any) -> Iterator[Any]:
    return _all(tree, p.VectorSelector)


def _bare(node: Any) -> Any:
    """`node` without brackets around it."""
    while isinstance(node, p.ParenExpr):
        node = node.expr
    return node


def _conditions(selector: Any) -> set[tuple[str, str, str]]:
    return {(matcher.name, str(matcher.op), matcher.value) for matcher in selector.matchers.matchers}


def _text(node: Any) -> str:
    """The expression as people write it: the parser adds empty braces."""
    return re.sub(r"(?<=[\w:])\{\}", "", str(node))


def _replaced(tree: Any, node: Any, text: str) -> str:
    """The whole expression with `text` in place of `node`."""
    return _text(tree).replace(_text(node), text, 1)

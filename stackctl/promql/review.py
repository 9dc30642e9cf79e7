"""Review of an expression: that it matches nothing, or does not mean what it seems to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import BOUNDS, Catalogue, accepts, spellings
from stackctl.promql.nodes import Parsed, bare, metric, replaced, selectors, text
from stackctl.promql.ratios import ratios
from stackctl.promql.remark import Remark
from stackctl.promql.selectors import word

# What is right for a counter -> what is right for a gauge.
_FOR_GAUGES = {"rate": "deriv", "irate": "idelta", "increase": "delta"}
# Bounds of buckets without a fraction; Prometheus writes larger ones with an exponent.
_WHOLE = re.compile(r"\d{1,6}")
# Aggregations whose result is some of the series that they are given.
_PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})


def review(expr: str, catalogue: Catalogue) -> list[Remark]:
    """All there is to say about `expr`; nothing about one that does not parse."""
    try:
        parsed = Parsed.of(expr)
    except ValueError:
        return []
    remarks = [remark for look in _LOOKS for remark in look(parsed, catalogue)]
    return list(dict.fromkeys(remarks))


# -- who serves it --------------------------------------------------------------------------------------------


def _owners(parsed: Parsed, catalogue: Catalogue) -> Iterator[Remark]:
    for selector in parsed.selectors:
        name = metric(selector)
        if not name or catalogue.owns(name):
            continue
        nearest = catalogue.nearest(name)
        if nearest:
            yield Remark(
                "promql.unknown-metric", f"nothing serves `{name}`", f"Did you mean `{nearest}`?", catalogue.complete
            )
        elif catalogue.complete:
            remedy = "Add it to a contract, run the exporter that serves it, or remove the expression."
            yield Remark(
                "promql.unknown-metric",
                f"nothing serves `{name}`: no contract, no component and no recording rule",
                remedy,
            )


def _matchers(parsed: Parsed, catalogue: Catalogue) -> Iterator[Remark]:
    for selector in parsed.selectors:
        known = catalogue.series.get(metric(selector))
        if known is None or known.labels is None:
            continue
        for matcher in selector.matchers.matchers:
            if matcher.op not in (p.MatchOp.Equal, p.MatchOp.Re) or _may_be_empty(matcher):
                continue
            if matcher.name not in (*known.labels, "__name__"):
                yield _no_label(metric(selector), matcher.name, known.labels)
            elif values := known.labels.get(matcher.name):
                yield from _no_value(metric(selector), matcher, values)


def _may_be_empty(matcher: Any) -> bool:
    return not matcher.value or (matcher.op == p.MatchOp.Re and accepts(matcher.value, [""]))


def _no_label(name: str, label: str, labels: Any) -> Remark:
    near = _near(label, labels)
    remedy = f"Did you mean `{near}`?" if near else f"It has: {', '.join(sorted(labels)) or 'no labels'}."
    return Remark("promql.unknown-label", f"`{name}` has no label `{label}`, so this selects nothing", remedy)


def _no_value(name: str, matcher: Any, values: tuple[str, ...]) -> Iterator[Remark]:
    regex = matcher.value if matcher.op == p.MatchOp.Re else re.escape(matcher.value)
    is_number = matcher.name in BOUNDS
    if not accepts(regex, [each for value in values for each in (spellings(value) if is_number else [value])]):
        near = "" if is_number else _near(matcher.value, values)
        remedy = f'Did you mean `{matcher.name}="{near}"`?' if near else f"It may be: {', '.join(values)}."
        yield Remark("promql.unknown-value", f"`{matcher.name}` of `{name}` is never `{matcher.value}`", remedy)


def _bounds(parsed: Parsed, catalogue: Catalogue) -> Iterator[Remark]:
    """Buckets selected by a whole number: since version 3 Prometheus writes each bound with a fraction."""
    for selector in parsed.selectors:
        name = metric(selector)
        if not name.endswith("_bucket") or not catalogue.owns(name):
            continue
        known = catalogue.series.get(name)
        bounds = (known.labels or {}).get("le", ()) if known else ()
        for matcher in selector.matchers.matchers:
            if matcher.name == "le" and matcher.op == p.MatchOp.Equal and _WHOLE.fullmatch(matcher.value):
                if bounds and f"{matcher.value}.0" not in bounds:
                    continue  # _matchers has reported it
                summary = f"`le` of `{name}` is never `{matcher.value}`: Prometheus writes bounds with a fraction"
                yield Remark("promql.bound", summary, f'Write `le="{matcher.value}.0"`.', name in catalogue.series)


def _near(word: str, known: Any) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1)), "")


# -- what is done with it -------------------------------------------------------------------------------------


def _rates(parsed: Parsed, catalogue: Catalogue) -> Iterator[Remark]:
    """`rate()` of what is not a counter."""
    for call in parsed.calls:
        if call.func.name not in _FOR_GAUGES or not isinstance(call.args[0], p.MatrixSelector):
            continue
        name = metric(call.args[0].vector_selector)
        known = catalogue.series.get(name)
        if known and known.kind == "gauge":
            better = _FOR_GAUGES[call.func.name]
            fixed = replaced(parsed.tree, call, f"{better}({text(call.args[0])})")
            summary = f"`{call.func.name}()` of the gauge `{name}` treats every decrease as a restart"
            yield Remark("promql.rate-of-gauge", summary, f"Write `{fixed}`.")


def _histograms(parsed: Parsed, catalogue: Catalogue) -> Iterator[Remark]:
    """`histogram_quantile()` of what are no buckets, and the bare name of a classic histogram anywhere else."""
    quantiles = [call for call in parsed.calls if call.func.name == "histogram_quantile"]
    inside: set[str] = set()
    for call in quantiles:
        whole = next((each for each in selectors(call) if _is_classic(metric(each), catalogue)), None)
        if whole is None:
            yield from _quantile_of_buckets(parsed.tree, bare(call.args[1]))
            continue
        name = metric(whole)
        inside.add(name)
        buckets = text(whole).replace(name, f"{name}_bucket", 1)
        fixed = replaced(parsed.tree, call, _quantile(call, f"sum by (le) (rate({buckets}[{_window(call)}]))"))
        yield Remark("promql.histogram-name", f"the histogram `{name}` has no series of that name", f"Write `{fixed}`.")
    for name in {metric(each) for each in parsed.selectors} - inside:
        if _is_classic(name, catalogue):
            remedy = (
                f"Write `{name}_count`, `{name}_sum` or `{name}_bucket`; for a native histogram, add `native: true` to "
                "its contract."
            )
            yield Remark("promql.histogram-name", f"the histogram `{name}` has no series of that name", remedy)


def _quantile_of_buckets(tree: Any, argument: Any) -> Iterator[Remark]:
    """Buckets have to keep `le`, and to be counted over a while. A native histogram is no set of buckets."""
    if not any(metric(each).endswith("_bucket") for each in selectors(argument)):
        return
    if isinstance(argument, p.AggregateExpr) and _loses_le(argument):
        fixed = replaced(tree, argument, _with_le(argument))
        yield Remark(
            "promql.le-lost", "the label `le` is lost before `histogram_quantile()` needs it", f"Write `{fixed}`."
        )
    elif isinstance(argument, p.VectorSelector):
        fixed = replaced(tree, argument, f"rate({text(argument)}[5m])")
        summary = "these buckets count since the start of the process, so the quantile hardly moves"
        yield Remark("promql.raw-buckets", summary, f"Write `{fixed}`.", certain=False)


def _is_classic(name: str, catalogue: Catalogue) -> bool:
    known = catalogue.series.get(name)
    return known is not None and known.kind == "histogram"


def _window(node: Any) -> str:
    """The range in which `node` looks back already, or five minutes."""
    found = re.search(r"\[([^\]:]+)\]", str(node))
    return found[1] if found else "5m"


def _quantile(call: Any, argument: str) -> str:
    return f"histogram_quantile({text(call.args[0])}, {argument})"


def _loses_le(aggregate: Any) -> bool:
    """Return whether an aggregation takes the label `le` away; those that pick series keep their labels."""
    if str(aggregate.op) in _PICKING:
        return False
    modifier = aggregate.modifier
    if modifier is None:
        return True
    return ("le" in modifier.labels) is not (modifier.type == p.AggModifierType.By)


def _with_le(aggregate: Any) -> str:
    modifier, inner = aggregate.modifier, text(aggregate.expr)
    if modifier is None:
        return f"{aggregate.op} by (le) ({inner})"
    if modifier.type == p.AggModifierType.By:
        return f"{aggregate.op} by ({', '.join(map(word, (*modifier.labels, 'le')))}) ({inner})"
    rest = [label for label in modifier.labels if label != "le"]
    return f"{aggregate.op} without ({', '.join(map(word, rest))}) ({inner})"


_LOOKS: tuple[Callable[[Parsed, Catalogue], Iterator[Remark]], ...] = (
    _owners,
    _matchers,
    _bounds,
    _rates,
    _histograms,
    ratios,
)

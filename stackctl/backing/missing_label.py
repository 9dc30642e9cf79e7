"""Verdicts on labels and values that no series of a metric has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from stackctl.backing.series import Series
from stackctl.backing.suggestion import is_misspelt, nearest, suggested_value
from stackctl.backing.verdict import Verdict, worst
from stackctl.promql.selectors import Condition, Selector


def missing_label(series: Series, selector: Selector) -> Verdict:
    """Return the verdict on `selector`, of whose metric there are series, but none with its labels."""
    wanted = [each for each in selector.conditions if each.wants]
    series.count(selector.only(each) for each in wanted)
    failing = [each for each in wanted if not series.has(selector.only(each))]
    if failing:
        return worst(_condition(series, selector.name, each, selector.excluded) for each in failing)
    if series.is_counter(selector.name):
        return Verdict("empty", f"`{selector.name}` has not been incremented with these labels yet")
    labels = series.labels(selector.name)
    for each in selector.conditions:
        if not each.accepts("") and each.label not in labels:
            return _no_label(selector.name, each.label, {*labels} - {"__name__"})
    remedy = "Query it with fewer label matchers."
    return Verdict("fail", f"no series of `{selector.name}` has this combination of labels", remedy)


def _condition(series: Series, name: str, wanted: Condition, excluded: bool = False) -> Verdict:
    """There are series of that name, but none that fulfils this condition."""
    promised = series.promised(name)
    come = Verdict("empty", f"no series of `{name}` has {wanted} yet")
    closed = promised.get(wanted.label, ())
    if closed and any(map(wanted.accepts, closed)):
        return come
    if wanted.label not in promised:
        labels = series.labels(name)
        if wanted.label not in labels and wanted.label in series.context.stack.prometheus.external_labels:
            remedy = "Leave it out: it is one of `external_labels`, which only samples and alerts that are sent have."
            return Verdict("fail", f"`{name}` has no label `{wanted.label}`", remedy)
        if wanted.label not in labels:
            return _no_label(name, wanted.label, {*labels, *promised} - {"__name__"})
    values = closed or series.values(wanted.label, Selector(name).text)
    if wanted.label == "job":
        values = tuple(value for value in values if value not in series.former_jobs)
    comes = excluded or series.is_counter(name) or wanted.label in promised
    may_come = wanted.label not in series.target_labels and comes
    if may_come and not closed and not is_misspelt(wanted, values):
        return come
    own = f"exported_{wanted.label}"
    if own in series.labels(name) and series.has(Selector(name).only(replace(wanted, label=own))):
        remedy = f"The target's own value is in `{own}`: compare that, or set `honor_labels: true` for the job."
        return Verdict("fail", f"no series of `{name}` has {wanted}", remedy)
    return Verdict("fail", f"no series of `{name}` has {wanted}", suggested_value(wanted, values))


def _no_label(name: str, label: str, labels: Iterable[str]) -> Verdict:
    inside = [each for each in labels if len(each) > 2 and (each in label or label in each)]
    near = min(inside, key=lambda each: abs(len(each) - len(label)), default="") or nearest(label, labels, 0.6)
    remedy = (
        f"Did you mean `{near}`? Correct the label." if near else f"It has: {', '.join(sorted(labels)) or 'no labels'}."
    )
    return Verdict("fail", f"`{name}` has no label `{label}`", remedy)

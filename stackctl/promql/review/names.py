"""Names: of metrics that nobody serves, of labels and values that they do not have."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import BOUNDS, UNKNOWN_PART, accepts, spellings
from stackctl.promql.nearest import closest, is_slip
from stackctl.promql.nodes import OPERATORS
from stackctl.promql.remark import Part, Remark
from stackctl.promql.review.conditions import no_value
from stackctl.promql.review.reviewed import Look, Reviewed
from stackctl.promql.selectors import Condition
from stackctl.promql.types.infer import series_value
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import Labels

# Bounds of buckets without a fraction; Prometheus writes larger ones with an exponent.
_WHOLE = re.compile(r"\d{1,6}")
# What only regular expressions have: a choice of words, or anything in a place.
_REGEX = re.compile(r"[.][*+]|^\^|\$$|^[\w.-]+(\|[\w.-]+)+$|\[[^\]]+\][*+]|^\d\.\.$|^\dxx\|")

# A choice of plain names.
_CHOICE = re.compile(r"[\w-]+(?:\|[\w-]+)*")
_BY_REGEX = {"=": "=~", "!=": "!~"}


def _owners(reviewed: Reviewed) -> Iterator[Remark]:
    catalogue = reviewed.catalogue
    for selector in reviewed.selectors:
        name = selector.name
        if not name:
            continue
        if catalogue.owns(name):
            yield from _misspelt(reviewed, selector)
            continue
        nearest = catalogue.nearest(name)
        if nearest:
            remedy, certain = f"Did you mean `{nearest}`?", catalogue.complete
            yield Remark("promql.unknown-metric", f"nothing serves `{name}`", remedy, certain, reviewed.at(selector))
        elif catalogue.complete:
            summary = f"nothing serves `{name}`: no contract, no component and no recording rule"
            remedy = "Add it to a contract, run the exporter that serves it, or remove the expression."
            yield Remark("promql.unknown-metric", summary, remedy, part=reviewed.at(selector))


def _misspelt(reviewed: Reviewed, selector: Typed) -> Iterator[Remark]:
    """A name that begins like those of a component and is nearly one of them. Any other may be of another version."""
    meant = reviewed.catalogue.misspelt(selector.name)
    if meant:
        summary, at = f"nothing serves `{selector.name}`", reviewed.at(selector)
        yield Remark("promql.unknown-metric", summary, f"Did you mean `{meant}`?", certain=False, part=at)


def _matchers(reviewed: Reviewed) -> Iterator[Remark]:
    for selector in reviewed.selectors:
        conditions = selector.node.matchers.matchers
        labels = series_value(selector.name, reviewed.catalogue).labels if conditions else Labels()
        for matcher in conditions:
            if matcher.name == "__name__" or UNKNOWN_PART in (matcher.name, matcher.value):
                continue
            values = labels.values.get(matcher.name, ())
            at = reviewed.at(selector, matcher.name)
            if _is_regex_as_text(matcher, values):
                yield _regex_as_text(matcher, at)
            elif matcher.op not in (p.MatchOp.Equal, p.MatchOp.Re):
                yield from _excludes_nothing(selector, matcher, values, at)
                yield from _excludes_all(selector, matcher, labels, at)
            elif not _may_be_empty(matcher):
                if not labels.may_have(matcher.name):
                    certain = selector.name != "up" and reviewed.is_certain_of(selector)
                    yield _no_label(selector.name, matcher.name, labels.possible or (), certain, at)
                elif values:
                    yield from _no_value(selector.name, matcher, values, at)


def _may_be_empty(matcher: Any) -> bool:
    return not matcher.value or (matcher.op == p.MatchOp.Re and accepts(matcher.value, [""]))


def _is_regex_as_text(matcher: Any, values: Collection[str]) -> bool:
    if matcher.op not in (p.MatchOp.Equal, p.MatchOp.NotEqual) or matcher.value in values:
        return False
    return bool(_REGEX.search(matcher.value)) and matcher.name not in BOUNDS


def _regex_as_text(matcher: Any, at: Part | None) -> Remark:
    operator = OPERATORS[str(matcher.op)]
    written = f'"{matcher.value}"'
    summary = f"`{matcher.name}{operator}{written}` looks for exactly these characters, and not by a regular expression"
    remedy = f"Write `{matcher.name}{_BY_REGEX[operator]}{written}`."
    return Remark("promql.regex-as-text", summary, remedy, certain=False, part=at)


def _excludes_nothing(selector: Typed, matcher: Any, values: Collection[str], at: Part | None) -> Iterator[Remark]:
    """A value that is excluded and does not exist, while one like it does. Others may be excluded as a precaution."""
    if matcher.op != p.MatchOp.NotEqual or not matcher.value or matcher.value in values or matcher.name in BOUNDS:
        return
    near = next((near for text in _cases(matcher.value) if (near := closest(text, values))), "")
    if near:
        summary = (
            f'`{matcher.name}!="{matcher.value}"` excludes nothing: `{selector.name}` has no such `{matcher.name}`'
        )
        yield Remark("promql.unknown-value", summary, f"Did you mean `{near}`?", certain=False, part=at)


def _excludes_all(selector: Typed, matcher: Any, labels: Labels, at: Part | None) -> Iterator[Remark]:
    """A regular expression that excludes each of several values. Of one value the rest may be awaited."""
    values = labels.values.get(matcher.name, ())
    if matcher.op != p.MatchOp.NotRe or len(values) < 2 or matcher.name not in labels.certain or matcher.name in BOUNDS:
        return
    if all(accepts(matcher.value, [value]) for value in values):
        summary = f'`{matcher.name}!~"{matcher.value}"` excludes all: `{matcher.name}` of `{selector.name}` is always'
        shown = f"{', '.join(values[:-1])} or {values[-1]}"
        remedy = "Correct the regular expression, or remove it."
        yield Remark("promql.no-value", f"{summary} {shown}", remedy, certain=False, part=at)


def _cases(text: str) -> tuple[str, ...]:
    return text, text.upper(), text.lower()


def _no_label(name: str, label: str, labels: Collection[str], certain: bool, at: Part | None) -> Remark:
    near = closest(label, labels)
    remedy = f"Did you mean `{near}`?" if near else f"It has: {', '.join(sorted(labels)) or 'no labels'}."
    summary = f"`{name}` has no label `{label}`, so this selects nothing"
    return Remark("promql.unknown-label", summary, remedy, certain, at)


def _no_value(name: str, matcher: Any, values: tuple[str, ...], at: Part | None) -> Iterator[Remark]:
    regex = matcher.value if matcher.op == p.MatchOp.Re else re.escape(matcher.value)
    is_number = matcher.name in BOUNDS
    if not accepts(regex, [each for value in values for each in (spellings(value) if is_number else [value])]):
        near = "" if is_number else closest(matcher.value, values)
        remedy = f'Did you mean `{matcher.name}="{near}"`?' if near else f"It may be: {', '.join(values)}."
        summary = f"`{matcher.name}` of `{name}` is never `{matcher.value}`"
        # Rules may be for other stacks too, whose jobs have other names.
        yield Remark("promql.unknown-value", summary, remedy, matcher.name != "job", at)


def _jobs(reviewed: Reviewed) -> Iterator[Remark]:
    """A job that does not exist, while one of nearly that name does, or a component of that name has another.

    Others may be for another stack.
    """
    jobs, renamed = reviewed.catalogue.jobs, reviewed.catalogue.renamed
    for selector in reviewed.selectors if jobs else ():
        for matcher in selector.node.matchers.matchers:
            named, at = _jobs_in(matcher), reviewed.at(selector, "job")
            for job in (each for each in named if each not in jobs):
                summary = f"there is no scrape job `{job}`"
                near = renamed.get(job) or closest(job, jobs)
                if job in renamed and not renamed[job]:
                    remedy = f"Remove `scrape: false` of `{job}`, or write the job that scrapes it."
                    yield Remark("promql.unknown-value", summary, remedy, certain=False, part=at)
                # Who names both knows of both: rules may be for stacks with the one or the other.
                elif near and near not in named and (job in renamed or is_slip(job, near)):
                    meant = f'job="{near}"' if matcher.op == p.MatchOp.Equal else near
                    yield Remark("promql.unknown-value", summary, f"Did you mean `{meant}`?", certain=False, part=at)


def _jobs_in(matcher: Any) -> list[str]:
    """Return the jobs that a condition names: one, or the alternatives of a regular expression that has only names."""
    if matcher.name != "job" or not matcher.value:
        return []
    if matcher.op == p.MatchOp.Equal:
        return [matcher.value]
    is_choice = matcher.op == p.MatchOp.Re and _CHOICE.fullmatch(matcher.value)
    return matcher.value.split("|") if is_choice else []


def _contradictions(reviewed: Reviewed) -> Iterator[Remark]:
    """Conditions of one selector that no series fulfils at the same time."""
    for selector in reviewed.selectors:
        by_label: dict[str, list[Condition]] = {}
        for matcher in selector.node.matchers.matchers:
            condition = Condition(matcher.name, OPERATORS[str(matcher.op)], matcher.value)
            by_label.setdefault(matcher.name, []).append(condition)
        for label, conditions in by_label.items():
            nothing = len(conditions) == 1 and conditions[0].operator == "!~" and conditions[0].value in (".*", "(.*)")
            if nothing or (len(conditions) > 1 and no_value(conditions, ())):
                shown = ", ".join(f"`{each}`" for each in conditions)
                summary = f"no series can fulfil {shown}, so this selects nothing"
                yield Remark(
                    "promql.no-value",
                    summary,
                    "Remove one of the conditions, or correct it.",
                    part=reviewed.at(selector, label),
                )


def _bounds(reviewed: Reviewed) -> Iterator[Remark]:
    """Buckets selected by a whole number: since version 3 Prometheus writes a fraction, or an exponent."""
    catalogue = reviewed.catalogue
    for selector in reviewed.selectors:
        name = selector.name
        if not name.endswith("_bucket") or not catalogue.owns(name):
            continue
        known = catalogue.series.get(name)
        bounds = (known.labels or {}).get("le", ()) if known else ()
        for matcher in selector.node.matchers.matchers:
            if matcher.name != "le" or matcher.op != p.MatchOp.Equal or matcher.value in bounds:
                continue
            meant = _meant_bound(matcher.value, bounds)
            if meant:
                summary = f"`le` of `{name}` is never `{matcher.value}`: Prometheus writes this bound as `{meant}`"
                remedy = f'Write `le="{meant}"`.'
                yield Remark("promql.bound", summary, remedy, name in catalogue.series, reviewed.at(selector, "le"))


def _meant_bound(text: str, bounds: Collection[str]) -> str:
    """Return a bound as Prometheus writes it, "" where `text` has that form already, or is not one of the `bounds`."""
    if not bounds:
        return f"{text}.0" if _WHOLE.fullmatch(text) else ""
    return next((each for each in bounds if text.isdecimal() and text in spellings(each)), "")


LOOKS: tuple[Look, ...] = (_owners, _matchers, _jobs, _contradictions, _bounds)

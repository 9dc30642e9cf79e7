"""`rule.labels`: the texts of an alert show labels that its series have, and its own labels leave these apart.

A label that they lack is empty in the notification. `check` finds it where contracts say which labels there are; here
the series themselves do. They are those that the alert compares with a number, whether it fires or not. Where a label
that the alert sets takes the place of the one that sets two series apart, both become one alert: Prometheus refuses the
result as soon as both fire, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stackctl.checks.rules import Expected, expected_rules
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels, Prometheus
from stackctl.diagnostic import Diagnostic, listed
from stackctl.model import Rule
from stackctl.promql.alert_text import actions_of, shown_labels
from stackctl.promql.comparison import comparison
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "rule.labels"
# The labels of a series, and its value.
Sample = tuple[Labels, float]
# So many expressions are asked in one request.
_AT_ONCE = 20
_NAMED = 5


@dataclass(frozen=True)
class _Alert:
    """An alert, the labels that its texts show, those that it sets, and what it compares with a number."""

    rule: Expected
    shown: tuple[str, ...]
    own: tuple[str, ...]
    side: str


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every alert whose texts show labels, and a warning of one that makes its series equal.

    Those without series to compare now have none.
    """
    alerts = list(_alerts(context))
    try:
        for start in range(0, len(alerts), _AT_ONCE):
            part = alerts[start : start + _AT_ONCE]
            found = _series(context.prometheus(), [each.side for each in part])
            rows = [_finding(alert, series) for alert, series in zip(part, found, strict=True) if series]
            yield from (row for row in rows if row)
    except NoAnswer:
        return  # `rule.data` says it of each rule


def _alerts(context: Context) -> Iterator[_Alert]:
    for each in expected_rules(context.stack.rules):
        if each.rule.kind != "alert":
            continue
        shown, compared = _shown(each.rule), comparison(each.rule.expr)
        own = tuple(name for name, text in each.rule.labels.items() if "{{" not in text)
        if (shown or own) and compared:
            yield _Alert(each, shown, own, compared.left)


def _series(client: Prometheus, sides: Sequence[str]) -> list[Sequence[Sample]]:
    """The labels and values of the series of each expression, none of one that fails. Raises NoAnswer."""
    try:
        return list(client.each(sides))
    except NoAnswer as error:
        if not error.status:
            raise
    return [found for side in sides for found in _series(client, [side])] if len(sides) > 1 else [[]]


def _shown(rule: Rule) -> tuple[str, ...]:
    """The labels that the texts of an alert show."""
    texts = [text for text in (*rule.annotations.values(), *rule.labels.values()) if "{{" in text]
    return tuple(dict.fromkeys(label for text in texts for label in shown_labels(actions_of(text))))


def _finding(alert: _Alert, series: Sequence[Sample]) -> Diagnostic | None:
    subject = Subject(ID, alert.rule.subject, alert.rule.rule.origin)
    known = sorted({name for labels, _ in series for name in labels if name != "__name__"})
    lost = [f"`{name}`" for name in alert.shown if name not in known]
    if not lost:
        passed = subject.passed("its series have the labels that its texts show") if alert.shown else None
        return _equal(alert, series, subject) or passed
    have = listed([f"`{name}`" for name in known], _NAMED) or "none"
    return subject.warned(
        f"its texts show {', '.join(lost)}, which its series do not have: empty in the notification",
        f"Show labels that they have ({have}), or keep the label in the expression.",
    )


def _equal(alert: _Alert, series: Sequence[Sample], subject: Subject) -> Diagnostic | None:
    """The warning of an alert whose own labels make series equal, unless at most one of these is true at a time."""
    groups: dict[frozenset[tuple[str, str]], list[Sample]] = {}
    for labels, value in series:
        left = frozenset((name, text) for name, text in labels.items() if name not in ("__name__", *alert.own))
        groups.setdefault(left, []).append((labels, value))
    equal = max(groups.values(), key=len)
    lost = [f"`{name}`" for name in alert.own if len({labels.get(name) for labels, _ in equal}) > 1]
    values = [value for _, value in equal]
    if not lost or ({*values} <= {0.0, 1.0} and sum(values) <= 1):
        return None
    return subject.warned(
        f"{len(equal)} of its series are equal without {' and '.join(lost)}, which it sets itself: when two of them "
        "fire at once, Prometheus refuses the result and sends neither",
        "Give the label another name, or aggregate the series that are to be one alert.",
    )

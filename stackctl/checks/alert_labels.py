"""`rule.labels`: the texts of an alert show labels that its series have.

A label that they lack is empty in the notification. `check` finds it where contracts say which labels there are; here
the series themselves do. They are those that the alert compares with a number, whether it fires or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackctl.checks.rules import Expected, expected_rules
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.diagnostic import Diagnostic, listed
from stackctl.model import Rule
from stackctl.promql.alert_text import actions_of, shown_labels
from stackctl.promql.comparison import comparison
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "rule.labels"
# So many expressions are asked in one request.
_AT_ONCE = 20
_NAMED = 5


@dataclass(frozen=True)
class _Alert:
    """An alert, the labels that its texts show, and the expression that it compares with a number."""

    rule: Expected
    shown: tuple[str, ...]
    side: str


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every alert whose texts show labels, and that has series to compare now."""
    alerts = list(_alerts(context))
    try:
        for start in range(0, len(alerts), _AT_ONCE):
            part = alerts[start : start + _AT_ONCE]
            found = _series(context.prometheus(), [each.side for each in part])
            yield from (_finding(alert, series) for alert, series in zip(part, found, strict=True) if series)
    except NoAnswer:
        return  # `rule.data` says it of each rule


def _alerts(context: Context) -> Iterator[_Alert]:
    for each in expected_rules(context.stack.rules):
        shown, compared = _shown(each.rule), comparison(each.rule.expr)
        if shown and compared:
            yield _Alert(each, shown, compared.left)


def _series(client: Prometheus, sides: Sequence[str]) -> list[list[Mapping[str, str]]]:
    """The labels of the series of each expression, none of one that fails. Raises NoAnswer."""
    try:
        return [[labels for labels, _ in found] for found in client.each(sides)]
    except NoAnswer as error:
        if not error.status:
            raise
    return [found for side in sides for found in _series(client, [side])] if len(sides) > 1 else [[]]


def _shown(rule: Rule) -> tuple[str, ...]:
    """The labels that the texts of an alert show."""
    if rule.kind != "alert":
        return ()
    texts = [text for text in (*rule.annotations.values(), *rule.labels.values()) if "{{" in text]
    return tuple(dict.fromkeys(label for text in texts for label in shown_labels(actions_of(text))))


def _finding(alert: _Alert, series: Sequence[Mapping[str, str]]) -> Diagnostic:
    subject = Subject(ID, alert.rule.subject, alert.rule.rule.origin)
    known = sorted({name for labels in series for name in labels if name != "__name__"})
    lost = [f"`{name}`" for name in alert.shown if name not in known]
    if not lost:
        return subject.passed("its series have the labels that its texts show")
    have = listed([f"`{name}`" for name in known], _NAMED) or "none"
    return subject.warned(
        f"its texts show {', '.join(lost)}, which its series do not have: empty in the notification",
        f"Show labels that they have ({have}), or keep the label in the expression.",
    )

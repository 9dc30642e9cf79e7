"""The way of alerts to receivers, as far as their labels are known before they fire."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.bounds.regex import BadPattern, compiled
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.dead_routes import dead_routes
from stackctl.manifest.routes import Route, conditions_of, route_tree
from stackctl.metrics import catalogue
from stackctl.model import Alertmanager, Rule, Stack
from stackctl.promql.nearest import closest
from stackctl.promql.scopes import is_scope
from stackctl.promql.selectors import Condition
from stackctl.promql.types.infer import value_of
from stackctl.promql.types.value import Labels

_WORDS = re.compile(r"[\w-]+(\|[\w-]+)*")


@dataclass(frozen=True)
class Delivery:
    """The way of an alert to a receiver: the routes from the root on.

    It is not certain where labels decide that are only known when the alert fires.
    """

    routes: tuple[Route, ...]
    is_certain: bool

    @property
    def receiver(self) -> str:
        return self.routes[-1].receiver


@dataclass(frozen=True)
class Alert:
    """An alert with the labels that its rule gives it, and those that its series may bring.

    `fires_always` is whether its expression has a result whatever the servers hold.
    """

    rule: Rule
    given: Mapping[str, str]
    labels: Labels
    fires_always: bool = False

    def fulfils(self, condition: Condition) -> bool | None:
        """Return whether it fulfils a condition of a route; None when that is not known before it fires."""
        if condition.label in self.given:
            value = self.given[condition.label]
            return None if "{{" in value else condition.accepts(value)
        if not self.labels.may_have(condition.label):
            return condition.accepts("")
        values = self.labels.values.get(condition.label, ())
        answers = {condition.accepts(value) for value in values}
        return answers.pop() if len(answers) == 1 and condition.label in self.labels.certain else None

    def values_of(self, label: str) -> tuple[str, ...] | None:
        """Return all values that a label may have, "" where it may be missing; None when they are not known."""
        if label in self.given:
            return None if "{{" in self.given[label] else (self.given[label],)
        if not self.labels.may_have(label):
            return ("",)
        values = self.labels.values.get(label, ())
        return values if values and label in self.labels.certain else None

    def certainly_has(self, label: str) -> bool:
        return label in self.labels.certain or bool(self.given.get(label))


def delivery_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each route that no alert can take, each receiver that no alert reaches, each alert that
    nobody gets, and each severity that the routing does not know, though it looks like one that it knows.
    """
    alertmanager = stack.alertmanager
    yield from _relabelled_away(stack)
    if alertmanager is None or (alertmanager.routing is None and alertmanager.route is None):
        return
    root = route_tree(stack)
    if root is None:
        return
    found = alerts(stack)
    reached = {alert.rule.origin: {each.receiver for each in deliveries(root, alert)} for alert in found}
    dead = [each for each in dead_routes(root) if each.route.origin]
    yield from (
        Diagnostic("alertmanager.dead-route", each.summary, each.route.origin, "", each.remedy) for each in dead
    )
    # What only a dead route would reach has been reported with it.
    behind = {route.receiver for each in dead for route in each.route.walk()}
    yield from _unused(alertmanager, root, found, behind.union(*reached.values()))
    yield from _undelivered(alertmanager, found, reached)
    yield from _severities(root, found)


def alerts(stack: Stack) -> list[Alert]:
    """Return all alerts of a stack, in the order of their rules."""
    known = catalogue(stack)
    external = {name: str(value) for name, value in stack.prometheus.external_labels.items()}
    # Prometheus' own words may add labels to every alert, or change them on the way.
    is_open = bool(stack.prometheus.extra.keys() & {"global", "alerting"})
    rules = (rule for file in stack.rules for rule in file.rules if rule.kind == "alert")
    found = [(rule, value_of(rule.expr, known)) for rule in rules]
    return [
        Alert(
            rule,
            {**external, **rule.labels, "alertname": rule.name},
            Labels() if is_open else value.labels,
            fires_always=value.is_there and not is_open,
        )
        for rule, value in found
    ]


# -- the tree -------------------------------------------------------------------------------------------------


def deliveries(route: Route, alert: Alert, before: Delivery = Delivery((), True)) -> Iterator[Delivery]:
    """Yield the ways on which an alert that is in a route may go from there, after those that it came by."""
    routes, is_certain = (*before.routes, route), before.is_certain
    is_taken = is_perhaps_taken = False
    for child in route.children:
        answers = [alert.fulfils(each) for each in child.conditions or ()]
        if False in answers:
            continue
        is_known = child.conditions is not None and None not in answers
        yield from deliveries(child, alert, Delivery(routes, is_certain and is_known))
        if is_known:
            is_taken = True
            if not child.goes_on:
                break
        else:
            is_perhaps_taken = True
            is_certain = is_certain and child.goes_on
    if not is_taken:
        yield Delivery(routes, is_certain and not is_perhaps_taken)


# -- inhibitions ----------------------------------------------------------------------------------------------


def inhibition_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each of Alertmanager's own `inhibit_rules` that cannot silence any alert of the stack, and
    for each that silences one for ever.
    """
    rules = stack.alertmanager.extra.get("inhibit_rules") if stack.alertmanager else None
    found = alerts(stack)
    for index, rule in enumerate(rules if isinstance(rules, list) and found else ()):
        inhibition = _inhibition(rule) if isinstance(rule, Mapping) else None
        if inhibition is None:
            continue
        external = frozenset(stack.prometheus.external_labels)
        said = (
            _never_applies(inhibition, found)
            or _always_applies(inhibition, found)
            or _compares_nothing(inhibition, found, external)
        )
        if said:
            place = stack.places.position(("alertmanager", "extra", "inhibit_rules", index))
            yield Diagnostic("alertmanager.inhibition", said[0], place, remedy=said[1])


@dataclass(frozen=True)
class _Inhibition:
    """An alert that fulfils all of `source` silences those that fulfil all of `target` and agree with it in `equal`."""

    source: tuple[Condition, ...]
    target: tuple[Condition, ...]
    equal: tuple[str, ...]


def _inhibition(rule: Mapping[str, Any]) -> _Inhibition | None:
    """The inhibition that a rule of Alertmanager's makes; None where it cannot be read."""
    source, target = (
        conditions_of({"matchers": rule.get(f"{side}_matchers"), **_old_forms(rule, side)})
        for side in ("source", "target")
    )
    equal = rule.get("equal")
    names = tuple(str(label) for label in equal) if isinstance(equal, list) else ()
    return _Inhibition(source, target, names) if source is not None and target is not None else None


# A summary and a remedy.
_Said = tuple[str, str]


def _never_applies(inhibition: _Inhibition, alerts: Sequence[Alert]) -> _Said | None:
    remedy = "Correct its matchers or `equal`, or remove it."
    sides = []
    for side, conditions in (("source", inhibition.source), ("target", inhibition.target)):
        sides.append([each for each in alerts if all(each.fulfils(one) is not False for one in conditions)])
        if not sides[-1]:
            return f"this inhibition never applies: no alert of this stack matches its {side}", remedy
    for label in inhibition.equal:
        if all(_differ(one, other, label) for one in sides[0] for other in sides[1]):
            summary = f"this inhibition never applies: its sources and its targets never have the same `{label}`"
            return summary, remedy
    return None


def _always_applies(inhibition: _Inhibition, alerts: Sequence[Alert]) -> _Said | None:
    for source in (each for each in alerts if each.fires_always and _matches(each, inhibition.source)):
        for target in alerts:
            # Alertmanager does not let an alert that matches both sides be silenced by another such alert.
            is_other = any(target.fulfils(one) is False for one in inhibition.source)
            agrees = all(_agree(source, target, label) for label in inhibition.equal)
            if is_other and agrees and _matches(target, inhibition.target):
                return (
                    f"`{source.rule.name}` fires always, so this inhibition silences `{target.rule.name}` for ever",
                    f"Exclude it from the source, as in `alertname!={source.rule.name}`, or give it other labels.",
                )
    return None


def _compares_nothing(inhibition: _Inhibition, alerts: Sequence[Alert], external: Collection[str]) -> _Said | None:
    """Return the fault of `equal` labels of which no alert has any: a source silences all targets.

    Without the label of a scope, as `cluster`, all alerts are of the same one.
    """
    both = (inhibition.source, inhibition.target)
    sides = [each for each in alerts if any(all(each.fulfils(one) is not False for one in side) for side in both)]
    if not inhibition.equal or all(is_scope(label) for label in inhibition.equal):
        return None
    if any(label in external or each.values_of(label) != ("",) for label in inhibition.equal for each in sides):
        return None
    shown = " or ".join(f"`{label}`" for label in inhibition.equal)
    summary = f"no alert of this inhibition has the label {shown}, so each source silences all targets"
    return summary, "Name labels in `equal` that the alerts have, or leave `equal` out if all are meant."


def _matches(alert: Alert, conditions: Sequence[Condition]) -> bool:
    """Return whether an alert certainly fulfils all conditions."""
    return all(alert.fulfils(one) for one in conditions)


def _agree(one: Alert, other: Alert, label: str) -> bool:
    """Return whether two alerts certainly have the same value of a label."""
    values = {each.values_of(label) for each in (one, other)}
    return len(values) == 1 and len(values.pop() or ()) == 1


def _old_forms(rule: Mapping[str, Any], side: str) -> dict[str, Any]:
    return {"match": rule.get(f"{side}_match"), "match_re": rule.get(f"{side}_match_re")}


def _differ(one: Alert, other: Alert, label: str) -> bool:
    """Return whether two alerts certainly have other values of a label; a label that is missing is empty."""
    values = [each.values_of(label) for each in (one, other)]
    if None not in values:
        return not set(values[0] or ()) & set(values[1] or ())
    # Of one the values are not known, but it certainly has the label, and the other has not.
    return any(values[at] == ("",) and each.certainly_has(label) for at, each in ((0, other), (1, one)))


# -- what is wrong with it ------------------------------------------------------------------------------------


def _unused(
    alertmanager: Alertmanager, root: Route, alerts: Sequence[Alert], reached: set[str]
) -> Iterator[Diagnostic]:
    named = {route.receiver for route in root.walk()}
    for receiver in alertmanager.receivers:
        # The default is for what no route takes, and may well wait for it.
        if receiver.name in reached or receiver.name == root.receiver or not receiver.integrations:
            continue
        if receiver.name not in named:
            summary = f"the receiver `{receiver.name}` gets nothing: no route names it"
            remedy = "Name it in a route, or remove it."
        elif alerts:
            summary = f"the receiver `{receiver.name}` gets nothing: no alert of this stack matches its routes"
            remedy = "Correct the labels in its routes or in the rules, or remove it."
        else:
            continue
        yield Diagnostic("receiver.unused", summary, receiver.origin, remedy=remedy)


def _undelivered(
    alertmanager: Alertmanager, alerts: Sequence[Alert], reached: Mapping[Any, set[str]]
) -> Iterator[Diagnostic]:
    """Alerts that only reach receivers without an integration. That is right where a route says so."""
    silent = {receiver.name for receiver in alertmanager.receivers if not receiver.integrations} | {c.NOBODY}
    root = alertmanager.routing.default if alertmanager.routing else str((alertmanager.route or {}).get("receiver", ""))
    if root not in silent or not any(receiver.integrations for receiver in alertmanager.receivers):
        return
    for alert in alerts:
        if reached[alert.rule.origin] == {root} and not alert.rule.name.lower().startswith(("watchdog", "deadman")):
            summary = f"nobody gets `{alert.rule.name}`: no route takes it, and `{root}` sends nothing"
            remedy = "Give it labels that a route takes, or add a route for it."
            yield Diagnostic("rule.undelivered", summary, alert.rule.origin, remedy=remedy)


def _relabelled_away(stack: Stack) -> Iterator[Diagnostic]:
    """Alerts that Prometheus does not send, by its `alert_relabel_configs`, as far as the labels of their rules say."""
    alerting = stack.prometheus.extra.get("alerting")
    steps = (alerting.get("alert_relabel_configs") if isinstance(alerting, Mapping) else None) or ()
    for alert in alerts(stack) if steps and stack.alertmanager else ():
        number = _dropping(alert, steps)
        if number:
            summary = f"nobody gets `{alert.rule.name}`: step {number} of `alert_relabel_configs` drops it"
            remedy = "Correct the step in `prometheus.extra.alerting`, or accept this if nobody is to be notified."
            yield Diagnostic("rule.undelivered", summary, alert.rule.origin, remedy=remedy)


def _dropping(alert: Alert, steps: Sequence[Any]) -> int:
    """Return the number of the step that drops an alert, 0 where none does, or where that is not known."""
    for number, step in enumerate(steps, 1):
        action = str(step.get("action", "replace")).lower() if isinstance(step, Mapping) else ""
        names = [str(name) for name in step.get("source_labels") or ()] if action in ("keep", "drop") else []
        values = [alert.given.get(name, "{{") for name in names]
        if action not in ("keep", "drop"):
            return 0  # what it changes may decide about the steps after it
        if any("{{" in value for value in values):
            continue
        try:
            regex = compiled(str(step.get("regex", "(.*)")), newlines=True)
        except BadPattern:
            return 0
        if bool(regex.fullmatch(str(step.get("separator", ";")).join(values))) == (action == "drop"):
            return number
    return 0


def _severities(root: Route, alerts: Sequence[Alert]) -> Iterator[Diagnostic]:
    conditions = [each for route in root.walk() for each in route.conditions or () if each.label == c.SEVERITY]
    words = {
        word
        for each in conditions
        if each.operator in ("=", "=~") and _WORDS.fullmatch(each.value)
        for word in each.value.split("|")
    }
    for alert in alerts:
        severity = alert.given.get(c.SEVERITY, "")
        if not severity or "{{" in severity or severity in words:
            continue
        if any(each.operator in ("=", "=~") and each.accepts(severity) for each in conditions):
            continue
        near = closest(severity.lower(), words, 0.8)
        if near:
            summary = f"`{alert.rule.name}` has the severity `{severity}`, which no route takes"
            remedy = f"Did you mean `{near}`?"
            yield Diagnostic("rule.unknown-severity", summary, alert.rule.origin, remedy=remedy)

"""Alerts that routing by severity cannot see."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.model import Rule, Stack


def unrouted(stack: Stack) -> Iterator[Diagnostic]:
    """A warning for every alert without a severity, when the routing uses it."""
    if not _by_severity(stack) or _given_by_scrapes(stack):
        return
    for rule in (rule for file in stack.rules for rule in file.rules):
        if rule.kind == "alert" and not _has_severity(rule):
            yield Diagnostic(
                "rule.severity",
                f"`{rule.name}` has no label `{c.SEVERITY}`, which `alertmanager.routing` uses",
                rule.origin,
                remedy="Add `labels: {severity: warning}`; if the file is not yours, as an `override`.",
            )


def _by_severity(stack: Stack) -> bool:
    routing = stack.alertmanager.routing if stack.alertmanager else None
    return routing is not None and any(match.label == c.SEVERITY for rule in routing.rules for match in rule.matches)


def _given_by_scrapes(stack: Stack) -> bool:
    """Return whether series may bring the label along, so that nothing is certain."""
    services = (name for service in stack.services for name in service.labels)
    targets = (name for service in stack.services for target in service.targets for name in target.labels)
    contracts = (service.contract for service in stack.services if service.contract)
    metrics = (label.name for contract in contracts for metric in contract.metrics for label in metric.labels)
    return c.SEVERITY in {*stack.prometheus.external_labels, *services, *targets, *metrics}


def _has_severity(rule: Rule) -> bool:
    return c.SEVERITY in rule.labels or c.SEVERITY in rule.expr

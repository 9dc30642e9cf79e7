"""Recording rules that read each other: in a circle, before they are evaluated, or never."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.diagnostic import Diagnostic
from stackctl.metrics import catalogue
from stackctl.model import Rule, Stack
from stackctl.promql.catalogue import Record


def order_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each recording rule that depends on itself, and for each alert that reads a record which its
    group evaluates after it: it gets the value of the evaluation before. Between records that is common, and harmless.
    """
    known = catalogue(stack)
    for file in stack.rules:
        groups: dict[str, list[Rule]] = {}
        for rule in file.rules:
            groups.setdefault(rule.group, []).append(rule)
            if rule.kind == "record" and known.reads(rule.name, rule.name):
                yield _problem(
                    "rule.cycle",
                    rule,
                    f"`{rule.name}` is calculated from itself",
                    "Each evaluation uses the result of the one before, so it never shows what is now.",
                    "Give one of the recording rules another name, or calculate it from the metrics.",
                )
        for rules in groups.values():
            yield from _late(rules)


def _late(rules: list[Rule]) -> Iterator[Diagnostic]:
    later = [rule.name for rule in rules if rule.kind == "record"]
    for rule in rules:
        if rule.kind == "record":
            later.remove(rule.name)
            continue
        for name in sorted(Record(rule.expr).reads & set(later)) if later else ():
            yield _problem(
                "rule.order",
                rule,
                f"`{rule.name}` reads `{name}`, which its group records after it",
                "The rules of a group are evaluated in their order, so it gets the value of the evaluation before.",
                f"Move `{name}` before it.",
            )


def _problem(code: str, rule: Rule, summary: str, cause: str, remedy: str) -> Diagnostic:
    return Diagnostic(code, summary, rule.origin, cause, remedy, rule=rule.origin)

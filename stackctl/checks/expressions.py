"""`rule.data`: what each rule asks for is there, so that it can ever fire, or record.

That an alert has no result is as it should be; that nothing serves the metric that it waits for is not.
It is judged as a panel's query is; what is inside `absent()` may be missing, and a recorded metric is as good as the
rule that records it.
"""

from __future__ import annotations

from collections.abc import Iterable

from stackctl.checks import targets
from stackctl.checks.backing import Backing, Verdict
from stackctl.checks.context import Context
from stackctl.checks.finding import Finding, Subject
from stackctl.checks.rules import Expected, expected_rules
from stackctl.clients.http import NoAnswer
from stackctl.promql.selectors import read

ID = "rule.data"


def check(context: Context) -> Iterable[Finding]:
    """A finding for every declared rule."""
    rules = expected_rules(context.stack.rules)
    if not rules:
        return []
    seen = targets.settle(context)
    verdicts = {rule.subject: Verdict("early") for rule in rules}

    up = frozenset() if isinstance(seen, NoAnswer) else seen.up

    def observe() -> bool:
        early = [rule for rule in rules if verdicts[rule.subject].outcome == "early"]
        verdicts.update(_verdicts(context, up, early))
        return any(verdict.outcome == "early" for verdict in verdicts.values())

    left = (
        seen if isinstance(seen, NoAnswer) else context.settle(observe, lambda early: not early, within=context.seconds)
    )
    if isinstance(left, NoAnswer):
        verdicts = dict.fromkeys(verdicts, Verdict("fail", left.summary, "Run `stackctl up`."))
    return [verdicts[rule.subject].finding(Subject(ID, rule.subject, rule.rule.origin)) for rule in rules]


def _verdicts(context: Context, up: frozenset[str], rules: list[Expected]) -> dict[str, Verdict]:
    """The verdict of each rule, by its subject. Raises NoAnswer when Prometheus gives none."""
    backing = Backing(context, context.prometheus(), up)
    backing.count(selector for each in rules for selector in read(each.rule.expr).selectors if not selector.absent)
    return {each.subject: backing.of_rule(each.rule.expr) for each in rules}

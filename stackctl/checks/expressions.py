"""`rule.data`: what each rule asks for is there, so that it can ever fire, or record.

That an alert has no result is as it should be; that nothing serves the metric that it waits for is not.
It is judged as a panel's query is; what is inside `absent()` may be missing, and a recorded metric is as good as the
rule that records it. So is what the texts of an alert query: without a result they are an error when it fires.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from stackctl.backing.judgement import Backing, judged
from stackctl.backing.verdict import Verdict
from stackctl.checks.rules import Expected, expected_rules
from stackctl.diagnostic import Diagnostic
from stackctl.model import Rule
from stackctl.promql.alert_text import needed_queries
from stackctl.promql.expression import syntax_error
from stackctl.promql.selectors import read
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "rule.data"


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared rule."""
    rules = expected_rules(context.stack.rules)
    verdicts = judged(context, rules, _verdicts)
    return [
        verdict.finding(Subject(ID, rule.subject, rule.rule.origin))
        for rule, verdict in zip(rules, verdicts, strict=True)
    ]


def _verdicts(backing: Backing, rules: Sequence[Expected]) -> list[Verdict]:
    """The verdict of each rule. Raises NoAnswer when Prometheus gives none."""
    backing.series.count(
        selector for each in rules for selector in read(each.rule.expr).selectors if not selector.absent
    )
    return [_verdict(backing, each.rule) for each in rules]


def _verdict(backing: Backing, rule: Rule) -> Verdict:
    found = backing.of_rule(rule.expr)
    if rule.kind != "alert" or found.outcome == "fail":
        return found
    texts = (*rule.annotations.values(), *rule.labels.values())
    for query in dict.fromkeys(query for text in texts for query in needed_queries(text) if not syntax_error(query)):
        asked = backing.of_rule(query)
        if asked.outcome == "fail":
            return replace(asked, summary=f"its texts need the result of `{query}`: {asked.summary}")
    return found

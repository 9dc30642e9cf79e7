"""`rule.loaded` and `rule.healthy`: every declared rule is loaded as written, and evaluates without errors."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stackctl.checks import rival_records
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import TEMPLATE_ERROR, FiringAlert, LoadedRule
from stackctl.diagnostic import Diagnostic
from stackctl.model import Rule, RuleFile
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject
from stackctl.verification.written_rules import OTHER_EXPRESSION, Key, WrittenRule, differences, index, ranked

LOADED = "rule.loaded"
HEALTHY = "rule.healthy"
# Words in the error of a rule -> what to do, where that is not to correct its expression.
_WRONG = {
    "after applying": "Give the labels that it sets other names, or aggregate the series that they make equal",
    "exceeded limit": "Raise the `limit` of its group, or let the expression find less",
}

# The rows of rules that write series of another one -> the row of that, and how many.
Rivals = Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Expected:
    """A declared rule, and which of its like it is: a group may hold several rules of one name."""

    file: RuleFile
    rule: Rule
    ordinal: int

    @property
    def key(self) -> Key:
        return self.file.path, self.rule.group, self.rule.kind, self.rule.name

    @property
    def subject(self) -> str:
        number = f" #{self.ordinal + 1}" if self.ordinal else ""
        return f"{self.file.path}/{self.rule.group}/{self.rule.name}{number}"


@dataclass(frozen=True)
class Seen:
    """The loaded rules, the active alerts, and when Prometheus started and last loaded its files (Unix time)."""

    rules: Mapping[Key, list[LoadedRule]]
    started: float
    configured: float
    alerts: tuple[FiringAlert, ...] = ()

    def of(self, expected: Expected) -> LoadedRule | None:
        """The loaded rule that `expected` has become."""
        found = self.rules.get(expected.key, [])
        return found[expected.ordinal] if expected.ordinal < len(found) else None


def check(context: Context) -> Iterable[Diagnostic]:
    """Two findings for every declared rule."""
    expected = expected_rules(context.stack.rules)
    if not expected:
        return []
    client, until = context.prometheus(), time.time() + context.seconds
    before: dict[str, float] = {}

    def observe() -> Seen:
        info = client.runtime_info()
        return Seen(index(client.rules()), info.started, info.configured, client.alerts())

    def settled(seen: Seen) -> bool:
        found = [(each, seen.of(each)) for each in expected]
        for each, rule in found:
            before.setdefault(each.subject, rule.last_evaluation if rule else 0.0)
        return all(rule and (is_slow(rule, seen, until) or is_fresh(each, rule, seen)) for each, rule in found)

    def is_fresh(each: Expected, rule: LoadedRule, seen: Seen) -> bool:
        """Return whether it was evaluated while this looked."""
        return _evaluated(rule, seen) and rule.last_evaluation > before[each.subject]

    seen = context.settle(observe, settled, within=context.seconds)
    written = context.rules()
    if not isinstance(seen, NoAnswer):
        seen, written = replace(seen, rules=ranked(seen.rules, written)), ranked(written, seen.rules)
    rivals = _rivals(context, expected)
    return [finding for each in expected for finding in _findings(each, seen, written, until, rivals)]


def check_given(context: Context) -> Iterable[Diagnostic]:
    """A finding for every rule that a Prometheus of somebody else has loaded: it evaluates without errors."""
    expected = expected_rules(context.stack.rules)
    if not expected:
        return []
    client, until = context.prometheus(), time.time() + context.seconds
    names = {file.source: file.path for file in context.stack.rules}
    info = context.settle(client.runtime_info, lambda _: True)
    started = 0.0 if isinstance(info, NoAnswer) else info.started

    def observe() -> Seen:
        found: dict[Key, list[LoadedRule]] = {}
        for rule in client.rules():
            found.setdefault((names.get(rule.file, ""), rule.group, rule.kind, rule.name), []).append(rule)
        return Seen(found, started, 0.0, client.alerts())

    def settled(seen: Seen) -> bool:
        rules = [rule for each in expected if (rule := seen.of(each))]
        return all(_evaluated(rule, seen) or is_slow(rule, seen, until) for rule in rules)

    seen = context.settle(observe, settled, within=context.seconds)
    rivals = _rivals(context, expected)
    rows = ((Subject(HEALTHY, each.subject, each.rule.origin), each) for each in expected)
    return [_health_of(subject, each, seen, until, rivals) for subject, each in rows]


def _rivals(context: Context, expected: Sequence[Expected]) -> Rivals:
    return rival_records.rivals(context, [(each.subject, each.rule) for each in expected])


def _health_of(subject: Subject, expected: Expected, seen: Seen | NoAnswer, until: float, rivals: Rivals) -> Diagnostic:
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    rule = seen.of(expected)
    if rule is None:
        return subject.skipped("it was removed while this check ran")
    return health(subject, rule, seen, until, rivals)


def _unexpanded(alerts: Iterable[FiringAlert], rule: LoadedRule) -> str:
    """The first label or annotation of an active alert of `rule` whose template failed, with what came of it."""
    fixed = {name: value for name, value in rule.labels.items() if "{{" not in value}
    wanted = {"alertname": rule.name, **fixed}.items()
    for alert in alerts if rule.kind == "alert" else ():
        if wanted <= alert.labels.items():
            for name, text in {**alert.labels, **alert.annotations}.items():
                if TEMPLATE_ERROR in text:
                    return f"{name}: {text}"
    return ""


def expected_rules(files: tuple[RuleFile, ...]) -> list[Expected]:
    """The rules of `files`, each with its number among those of its name."""
    result, counts = [], dict[Key, int]()
    for file in files:
        for rule in file.rules:
            each = Expected(file, rule, counts.get((file.path, rule.group, rule.kind, rule.name), 0))
            result.append(each)
            counts[each.key] = each.ordinal + 1
    return result


def is_slow(rule: LoadedRule, seen: Seen, until: float) -> bool:
    """Return whether its group may be evaluated for the first time, or again, only after `until` (Unix time)."""
    return max(seen.started, seen.configured, rule.last_evaluation) + rule.interval > until


def _evaluated(rule: LoadedRule, seen: Seen) -> bool:
    """Return whether it was evaluated since the start or the last reload.

    While it is evaluated for the first time, it has its health already, and the time not yet.
    """
    return rule.health != "unknown" and rule.last_evaluation > max(seen.started, seen.configured)


def _findings(
    expected: Expected,
    seen: Seen | NoAnswer,
    written: Mapping[Key, list[WrittenRule]],
    until: float,
    rivals: Rivals,
) -> list[Diagnostic]:
    subject = Subject(LOADED, expected.subject, expected.rule.origin)
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen)]
    rule = seen.of(expected)
    if rule is None:
        return [subject.failed("Prometheus has not loaded this rule", "Run `stackctl reload`.")]
    other = differences(written[expected.key][expected.ordinal], rule)
    if other:
        summary = f"Prometheus has loaded it with {', '.join(other)}"
        return [subject.failed(summary, "Run `stackctl reload`.", rule.query if other[0] == OTHER_EXPRESSION else "")]
    return [subject.passed("loaded as written"), health(replace(subject, code=HEALTHY), rule, seen, until, rivals)]


def health(subject: Subject, rule: LoadedRule, seen: Seen, until: float, rivals: Rivals) -> Diagnostic:
    """The finding about a loaded rule: it evaluates without errors, and nothing of it is lost."""
    if rule.health == "err":
        summary = f"evaluation fails: {rule.last_error}"
        wrong = next((what for words, what in _WRONG.items() if words in rule.last_error), "Correct the expression")
        return subject.failed(summary, f"{wrong}, and run `stackctl reload`.", rule.query, stage="loaded")
    if broken := _unexpanded(seen.alerts, rule):
        remedy = "Correct this template, and run `stackctl reload`."
        return subject.failed("a template of this alert cannot be expanded", remedy, broken, stage="loaded")
    if rival := rivals.get(subject.name):
        other, count = rival
        series = "a series" if count == 1 else f"{count} series"
        summary = f"it writes {series} that `{other}` writes too, so the value alternates"
        remedy = "Give one of them another name, or a label that sets them apart, or remove it."
        return subject.failed(summary, remedy, rule.query, stage="loaded")
    # A reload keeps the groups that it does not change, and what came of their last evaluation.
    kept = rule.health == "ok" and rule.last_evaluation > seen.started and is_slow(rule, seen, until)
    if _evaluated(rule, seen) and 0 < rule.interval < rule.group_seconds:
        summary = f"its group takes {rule.group_seconds:.3g} s, longer than its interval of {rule.interval:g} s"
        remedy = "Evaluate the group less often, part it, or record what its rules have in common."
        return subject.warned(f"{summary}, so evaluations are missed", remedy)
    if _evaluated(rule, seen) or kept:
        return subject.passed("evaluates without errors")
    if is_slow(rule, seen, until):
        due = max(seen.started, seen.configured) + rule.interval
        clock = time.strftime("%H:%M:%S", time.localtime(due))
        summary = f"its group is evaluated every {rule.interval:g} s, for the first time by {clock}"
        return subject.skipped(summary, f"Run `stackctl verify` after {clock}, or wait longer with --timeout.")
    summary = f"not evaluated since the start or the last reload (health: {rule.health})"
    remedy = "Wait longer with --timeout: a group is evaluated once per interval."
    return subject.failed(summary, remedy, stage="loaded")

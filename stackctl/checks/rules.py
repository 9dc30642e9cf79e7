"""`rule.loaded` and `rule.healthy`: every declared rule is loaded as written, and evaluates without an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stackctl.checks.context import Context
from stackctl.checks.finding import Finding, Subject
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import LoadedRule
from stackctl.model import Rule, RuleFile
from stackctl.promql.expression import same

LOADED = "rule.loaded"
HEALTHY = "rule.healthy"


@dataclass(frozen=True)
class Expected:
    """A declared rule, and which of its like it is: a group may hold several rules of one name."""

    file: RuleFile
    rule: Rule
    ordinal: int

    @property
    def subject(self) -> str:
        number = f" #{self.ordinal + 1}" if self.ordinal else ""
        return f"{self.file.path}/{self.rule.group}/{self.rule.name}{number}"


Loaded = dict[tuple[str, str, str, str], list[LoadedRule]]


def check(context: Context) -> Iterable[Finding]:
    """Two findings for every declared rule."""
    expected = expected_rules(context.stack.rules)
    if not expected:
        return []
    client = context.prometheus()

    def observe() -> tuple[Loaded, float]:
        info = client.runtime_info()
        return _index(client.rules()), max(info.started, info.configured)

    before: dict[str, float] = {}

    def settled(seen: tuple[Loaded, float]) -> bool:
        loaded, since = seen
        found = [(each, _find(loaded, each)) for each in expected]
        for each, rule in found:
            before.setdefault(each.subject, rule.last_evaluation if rule else 0.0)
        return all(rule and _evaluated(rule, since) and is_fresh(each, rule) for each, rule in found)

    def is_fresh(each: Expected, rule: LoadedRule) -> bool:
        """Whether it was evaluated while this looked. A group that is evaluated rarely is not waited for."""
        return rule.last_evaluation > before[each.subject] or rule.interval > context.seconds / 2

    seen = context.settle(observe, settled, within=context.seconds)
    return [finding for each in expected for finding in _findings(each, seen)]


def expected_rules(files: tuple[RuleFile, ...]) -> list[Expected]:
    """The rules of `files`, each with its number among those of its name."""
    result, counts = [], dict[tuple[str, str, str, str], int]()
    for file in files:
        for rule in file.rules:
            key = (file.path, rule.group, rule.kind, rule.name)
            result.append(Expected(file, rule, counts.get(key, 0)))
            counts[key] = counts.get(key, 0) + 1
    return result


def _index(rules: Iterable[LoadedRule]) -> Loaded:
    index: Loaded = {}
    for rule in rules:
        index.setdefault((rule.file.rpartition("/")[2], rule.group, rule.kind, rule.name), []).append(rule)
    return index


def _find(loaded: Loaded, expected: Expected) -> LoadedRule | None:
    rule = expected.rule
    found = loaded.get((expected.file.path, rule.group, rule.kind, rule.name), [])
    return found[expected.ordinal] if expected.ordinal < len(found) else None


def _evaluated(rule: LoadedRule, since: float) -> bool:
    return rule.health != "unknown" and rule.last_evaluation > since


def _findings(expected: Expected, seen: tuple[Loaded, float] | NoAnswer) -> list[Finding]:
    subject = Subject(LOADED, expected.subject, expected.rule.origin)
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen)]
    loaded, since = seen
    rule = _find(loaded, expected)
    if rule is None:
        return [subject.failed("Prometheus has not loaded this rule", "Run `stackctl reload`.")]
    if not same(rule.query, expected.rule.expr):
        return [subject.failed("Prometheus has loaded another expression", "Run `stackctl reload`.", rule.query)]
    return [subject.passed("loaded as written"), _health(replace(subject, id=HEALTHY), rule, since)]


def _health(subject: Subject, rule: LoadedRule, since: float) -> Finding:
    if rule.health == "err":
        summary = f"evaluation fails: {rule.last_error}"
        remedy = "Correct the expression, and run `stackctl reload`."
        return subject.failed(summary, remedy, rule.query, stage="loaded")
    if not _evaluated(rule, since):
        summary = f"not evaluated since the start or the last reload (health: {rule.health})"
        remedy = "Wait longer with --timeout: a group is evaluated once in its interval."
        return subject.failed(summary, remedy, stage="loaded")
    return subject.passed("evaluates without an error")

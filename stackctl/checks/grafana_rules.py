"""The alert rules that Grafana evaluates itself: each is loaded as written, and its evaluation works.

Grafana reports `ok` of a rule before its first evaluation, and `inactive` of one whose every evaluation fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.clients.grafana import AlertRule, RuleState
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.model import GrafanaRule
from stackctl.promql import duration
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

RULE = "grafana.rule"

# So many rules that are not declared are looked at: people may have made as many as they like.
_LOOKED_AT = 50
# The states after an evaluation without data that raise no alert.
_QUIET = ("OK", "KeepLast")
LOGS = "See `stackctl logs grafana`."
RESTART = "Run `stackctl up`, which restarts Grafana: it reads these files at its start only."


@dataclass(frozen=True)
class _Seen:
    """The loaded rules by their uids, and their evaluations."""

    rules: Mapping[str, AlertRule]
    states: tuple[RuleState, ...]

    def state(self, rule: GrafanaRule) -> RuleState | None:
        """Return the last evaluation of `rule`, which older versions of Grafana report without its uid."""
        loaded = self.rules.get(rule.uid)
        return next((each for each in self.states if loaded and _is_of(each, rule, loaded)), None)


def _is_of(state: RuleState, rule: GrafanaRule, loaded: AlertRule) -> bool:
    if state.uid:
        return state.uid == rule.uid
    in_folder = state.folder == rule.folder or "$" in rule.folder
    return in_folder and (state.group, state.title) == (loaded.group, loaded.title)


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every alert rule of the files that Grafana is provisioned with, and for rules that are left of
    others."""
    if context.stack.grafana is None:
        return []
    declared = context.stack.grafana_rules
    rules = [(Subject(RULE, f"{rule.folder}/{rule.title}", rule.origin), rule) for rule in declared]
    if c.GRAFANA in context.skipped:
        return [subject.skipped(context.why_skipped(c.GRAFANA, "Grafana")) for subject, _ in rules]
    return [*_rules(context, rules)]


def _rules(context: Context, expected: Sequence[tuple[Subject, GrafanaRule]]) -> Iterator[Diagnostic]:
    if not expected:
        with suppress(NoAnswer):  # which other rows report
            yield from _undeclared(context, frozenset(), context.grafana().alert_rules())
        return
    client, first = context.grafana(), dict[str, str]()

    def observe() -> _Seen:
        return _Seen({each.uid: each for each in client.alert_rules()}, client.rule_states())

    def settled(seen: _Seen) -> bool:
        found = [(rule, state) for _, rule in expected if (state := seen.state(rule)) and not _is_paused(seen, rule)]
        for rule, state in found:
            first.setdefault(rule.uid, state.evaluated)
        # One that failed may have done so while what it asks was starting: it is evaluated once more.
        return c.PROMETHEUS in context.away or all(
            _is_slow(state, context)
            or (state.is_evaluated and (_is_good(rule, state) or state.evaluated != first[rule.uid]))
            for rule, state in found
        )

    seen = context.settle(observe, settled, within=context.seconds)
    for subject, rule in expected:
        yield unread(subject, seen) if isinstance(seen, NoAnswer) else _rule(context, subject, rule, seen)
    if not isinstance(seen, NoAnswer):
        yield from _undeclared(context, frozenset(rule.uid for _, rule in expected), seen.rules.values())


def _undeclared(context: Context, declared: frozenset[str], loaded: Iterable[AlertRule]) -> Iterator[Diagnostic]:
    """A warning for each loaded rule that came from a file, and that no file has any more: Grafana keeps it."""
    grafana = context.stack.grafana
    if grafana is None:
        return
    for rule in [each for each in loaded if each.uid not in declared][:_LOOKED_AT]:
        with suppress(NoAnswer):  # somebody may have deleted it since
            if context.grafana().is_of_a_file(rule.uid):
                remedy = (
                    "Name its file under `grafana.alerting`; or, where no file has it any more, write "
                    f"`deleteRules: [{{uid: {rule.uid}}}]` into one, and run `stackctl up`."
                )
                subject = Subject(RULE, f"{rule.group}/{rule.title}", grafana.origin)
                yield subject.warned("Grafana evaluates it from a file that the manifest does not name", remedy)


def _is_paused(seen: _Seen, rule: GrafanaRule) -> bool:
    return seen.rules[rule.uid].is_paused


def _is_good(rule: GrafanaRule, state: RuleState) -> bool:
    return state.health == "ok" or (state.health == "nodata" and rule.fields.get("noDataState") in _QUIET)


def _is_slow(state: RuleState, context: Context) -> bool:
    """Return whether its next evaluation may come after this check has ended: it may begin late, and take long."""
    return 2 * state.interval > context.seconds


def unread(subject: Subject, error: NoAnswer) -> Diagnostic:
    """The finding where Grafana does not say what it has."""
    if error.status == 403:
        return subject.skipped("the login may not read Grafana's alerting", "Give it the role Admin.")
    return subject.unanswered(error, LOGS)


def _rule(context: Context, subject: Subject, rule: GrafanaRule, seen: _Seen) -> Diagnostic:
    loaded, state = seen.rules.get(rule.uid), seen.state(rule)
    if loaded is None:
        return subject.failed(f"Grafana has not loaded it (uid {rule.uid})", LOGS)
    if other := [*_differences(rule, loaded)]:
        return subject.failed(f"Grafana has loaded it with another {', '.join(other)}", RESTART, stage="loaded")
    if loaded.is_paused:
        return subject.skipped("it is paused: Grafana does not evaluate it")
    if context.away.get(c.PROMETHEUS) and any(each.datasource == context.stack.datasource_uid for each in rule.queries):
        away = context.away[c.PROMETHEUS]
        return subject.depends(away.summary, away.check)
    if state is None:
        return subject.failed("Grafana does not evaluate it", LOGS, stage="loaded")
    return _health(context, subject, rule, state)


def _differences(rule: GrafanaRule, loaded: AlertRule) -> Iterator[str]:
    """The parts of a rule that Grafana has loaded with other values. What holds variables is not compared."""
    written: dict[str, Any] = {
        "title": (rule.title, loaded.title),
        "group": (rule.group, loaded.group),
        "condition": (str(rule.fields.get("condition") or loaded.condition), loaded.condition),
        "state without data": (str(rule.fields.get("noDataState") or loaded.no_data), loaded.no_data),
    }
    yield from (name for name, (own, found) in written.items() if own != found and "$" not in own)
    wait = str(rule.fields.get("for") or "0s")
    if "$" not in wait and duration.seconds(wait) != duration.seconds(loaded.wait):
        yield "`for`"
    yield from (f"expression of {each.ref}" for each in rule.queries if loaded.exprs.get(each.ref) != str(each.expr))


def _health(context: Context, subject: Subject, rule: GrafanaRule, state: RuleState) -> Diagnostic:
    if state.is_evaluated and state.health not in ("ok", "nodata"):
        summary = f"evaluation fails: {state.error or state.health}"
        return subject.failed(summary, "Correct its queries, or start what they ask.", stage="loaded")
    if state.is_evaluated and not _is_good(rule, state):
        summary = f"its queries find no data, for which it has the state {rule.fields.get('noDataState') or 'NoData'}"
        remedy = "Correct its queries, or set `noDataState: OK` if no data is normal."
        return subject.warned(summary, remedy)
    if state.is_evaluated:
        return subject.passed("evaluates without errors" if state.health == "ok" else "evaluates, and finds no data")
    if _is_slow(state, context):
        remedy = "Run `stackctl verify` again later, or wait longer with --timeout."
        return subject.skipped(f"not evaluated yet: its group is evaluated every {state.interval:g} s", remedy)
    return subject.failed("not evaluated since the start of Grafana", LOGS, stage="loaded")

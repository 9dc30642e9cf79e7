"""Judgement of an expression: whether the metrics, labels and values that it uses exist, or may still appear.

An empty result proves little. A counter that was never counted has no series, an alert that does not fire has no
result; but what nobody serves, under that name or with that label, will never have one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from stackctl.backing.grouping import misspelt
from stackctl.backing.matching import compares_nothing, unmatched
from stackctl.backing.missing_label import missing_label
from stackctl.backing.missing_metric import missing_metric, no_alert, no_name
from stackctl.backing.series import Series
from stackctl.backing.verdict import DATA, EARLY, ORDER, Verdict, unanswered, was_there_lately, worst
from stackctl.backing.windows import too_short
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import counted
from stackctl.model import Rule
from stackctl.promql import duration
from stackctl.promql.expression import syntax_error
from stackctl.promql.past import ahead, beyond, finds_nothing
from stackctl.promql.selectors import Asked, Condition, Selector, read
from stackctl.verification import second_scrape, targets
from stackctl.verification.context import Context

T = TypeVar("T")

# A failure that is seen for this long is one, in seconds.
_CONFIRMED_SECONDS = 0.5
_IN_PARTS = "Query each part of the expression separately."


def judged(
    context: Context, subjects: Sequence[T], judge: Callable[[Backing, Sequence[T]], list[Verdict]]
) -> list[Verdict]:
    """Return the verdicts of `judge`, as soon as no subject is too early any more, or when time is up."""
    if not subjects:
        return []
    seen = targets.settle(context)
    scraped = targets.TargetStates((), 0.0, {}) if isinstance(seen, NoAnswer) else seen
    verdicts = [EARLY] * len(subjects)
    failed: dict[int, float] = {}  # since when, by the clock of this wait

    def is_open(at: int) -> bool:
        """Return whether waiting may change a verdict. A target counts as scraped a moment before its samples are
        there, so a failure has to last."""
        if verdicts[at].outcome == "fail":
            return context.clock.now() - failed.setdefault(at, context.clock.now()) < _CONFIRMED_SECONDS
        return verdicts[at].outcome == "early"

    def observe() -> bool:
        again = [at for at in range(len(subjects)) if is_open(at)]
        backing = Backing(Series(context, context.prometheus(), scraped))
        for at, verdict in zip(again, judge(backing, [subjects[at] for at in again]), strict=True):
            verdicts[at] = verdict
        return not any(map(is_open, range(len(subjects))))

    def settle() -> bool | NoAnswer:
        return context.settle(observe, bool, within=context.seconds)

    left = seen if isinstance(seen, NoAnswer) else settle()
    unproven = [at for at, verdict in enumerate(verdicts) if verdict.outcome == "fail"]
    if unproven and not isinstance(left, NoAnswer):
        second_scrape.wait(context, scraped)
        for at in unproven:
            verdicts[at] = EARLY
        left = settle()
    if isinstance(left, NoAnswer):
        return [unanswered(left)] * len(subjects)
    return verdicts


@dataclass(frozen=True)
class Backing:
    """Judges expressions by the `series` that there are. Methods raise NoAnswer when Prometheus gives none."""

    series: Series

    def of_panel(self, expr: str, has_result: bool) -> Verdict:
        """Return the verdict on a panel's query, which has a result or has none."""
        if syntax_error(expr):  # and yet Prometheus has run it
            return replace(DATA, summary="has data") if has_result else Verdict("fail", "no result", _IN_PARTS)
        asked = read(expr)
        if unfit := self._unfit(expr, asked) or self._no_number(asked):
            return unfit
        if (
            has_result
            and not asked.fallback
            and not asked.excludes
            and not any(map(self.series.has_ended, asked.selectors))
        ):
            return self._misnamed(expr) or self._compares_nothing(expr, asked) or replace(DATA, summary="has data")
        found = self._selectors(asked, frozenset())
        if found.outcome != "data":
            return found
        if has_result:
            return self._misnamed(expr) or self._unmatched(expr, asked) or replace(DATA, summary="has data")
        return self._empty(expr, asked)

    def of_label(self, selector: str, label: str) -> Verdict:
        """Return the verdict on a label of the metric that `selector` names: whether any series of it has the label."""
        found = () if syntax_error(selector) else read(selector).selectors
        if len(found) != 1 or not found[0].name or label in ("__name__", *self.series.labels(found[0].name)):
            return DATA
        return self._selector(found[0].only(Condition(label, "=~", ".+")), frozenset())

    def of_rule(self, expr: str, within: frozenset[str] = frozenset()) -> Verdict:
        """Return whether what a rule asks for is there. `within` are the recorded names that led here."""
        asked = read(expr)
        found = (
            self._ahead(expr) or self._unfit(expr, asked) or self._no_number(asked) or self._selectors(asked, within)
        )
        if found.outcome != "data":
            return found
        return self._misnamed(expr) or self._unmatched(expr, asked) or replace(found, summary="the query returns data")

    def _misnamed(self, expr: str) -> Verdict | None:
        """The failure of an expression that names a label that is a slip of one that is there."""
        return misspelt(expr, self.series.all_labels, self.series.labels)

    def _unmatched(self, expr: str, asked: Asked) -> Verdict | None:
        """The failure of an expression that matches sides which never match."""
        return (
            unmatched(self.series.client, expr, self.series.catalogue, self.series.coming(asked))
            if asked.joins
            else None
        )

    def _compares_nothing(self, expr: str, asked: Asked) -> Verdict | None:
        """The failure of an expression that matches sides by labels that they do not have."""
        return compares_nothing(self.series.client, expr, self.series.coming(asked)) if asked.joins else None

    def _unfit(self, expr: str, asked: Asked) -> Verdict | None:
        """The failure of an expression whose windows cannot hold what it needs."""
        kept = self.series.context.stack.kept_seconds
        if finds_nothing(expr, kept) and (remark := beyond(expr, kept)):
            return Verdict("fail", remark.summary, remark.remedy)
        return too_short(self.series, asked)

    def _ahead(self, expr: str) -> Verdict | None:
        """The failure of a rule that queries what is not there yet, whenever it is evaluated."""
        remark = ahead(expr, duration.seconds(self.series.context.stack.lookback))
        return Verdict("fail", remark.summary, remark.remedy) if remark else None

    def _no_number(self, asked: Asked) -> Verdict | None:
        """The failure of an expression with the `scalar()` of several series, which is not a number."""
        for inner, count in zip(asked.scalars, self.series.client.counts(asked.scalars), strict=True):
            if count > 1:
                summary = f"`scalar({inner})` is not a number: there are {count} series, and it takes the only one"
                return Verdict("fail", summary, "Aggregate to one, as with `scalar(sum(...))`, or match one series.")
        return None

    def _selectors(self, asked: Asked, within: frozenset[str]) -> Verdict:
        return worst(self._selector(each, within) for each in asked.selectors if not each.absent)

    def _empty(self, expr: str, asked: Asked) -> Verdict:
        """Each selector finds something, and yet there was no result."""
        waiting = [each for each in asked.selectors if each.of_two and not self.series.is_scraped_twice(each)]
        if waiting:
            summary = f"`{waiting[0].name}` has not been scraped twice yet"
            return Verdict("early", summary, "Wait longer with --timeout.")
        if self.series.client.has_result(counted(expr)):  # the scrape that was missing came in between
            return replace(DATA, summary="has data")
        if asked.filters:
            return self._unmatched(expr, asked) or Verdict("empty", "no series matches right now, which can be normal")
        if asked.past:
            return Verdict("empty", "there are no samples for the queried time yet")
        if asked.step and not all(
            self.series.is_older(each, asked.step) for each in asked.selectors if not each.absent
        ):
            return Verdict("empty", f"its subquery has a step of {duration.shown(asked.step)}, and there was none yet")
        if asked.joins:
            remedy = "Aggregate both sides to the same labels: `sum by (...)`, or `on (...)`."
            return Verdict("fail", "both sides have series, but their labels do not match", remedy)
        names = ", ".join(f"`{each.name}`" for each in asked.selectors if each.name)
        return Verdict("fail", f"there are series of {names}, but the expression returns nothing", _IN_PARTS)

    def _selector(self, selector: Selector, within: frozenset[str]) -> Verdict:
        if self.series.has(selector):
            return DATA
        found = self._missing(selector, within)
        if found.outcome != "fail":
            return found
        if self.series.client.has_result(self.series.existing(selector)):
            return DATA  # it has come since it was counted: a failure is never told by answers of two moments
        if self.series.was_there(selector):
            return was_there_lately(selector)
        return found

    def _missing(self, selector: Selector, within: frozenset[str]) -> Verdict:
        """Return the verdict on `selector`, which has no series."""
        if job := self.series.silent_job(selector):
            return Verdict("skip", f"it queries series of `{job}`, which {self.series.silent[job]}")
        if selector.name in ("ALERTS", "ALERTS_FOR_STATE"):
            return no_alert(self.series, selector)
        if not selector.name:
            return no_name(self.series, selector)
        if not self.series.has(selector.only()):
            return self._no_series(selector, within)
        return missing_label(self.series, selector)

    def _no_series(self, selector: Selector, within: frozenset[str]) -> Verdict:
        """Return the verdict on `selector`, of whose metric there is no series at all."""
        name = selector.name
        recorded = [rule for file in self.series.context.stack.rules for rule in file.rules if _records(rule, name)]
        if recorded and name not in within:
            return self._recorded(name, recorded, within | {name})
        return missing_metric(self.series, selector)

    def _recorded(self, name: str, rules: Sequence[Rule], within: frozenset[str]) -> Verdict:
        """Return the verdict on a recorded series, which is that of the rule that records it."""
        behind = min((self.of_rule(rule.expr, within) for rule in rules), key=lambda v: ORDER.index(v.outcome))
        if behind.outcome != "data":
            return replace(behind, summary=f"`{name}` has nothing to record: {behind.summary}")
        if any(self.series.client.has_result(rule.expr) for rule in rules):
            written = (each for same in self.series.context.rules().values() for each in same if each.name == name)
            every = min((each.interval for each in written), default=0.0)
            if every > self.series.context.seconds:
                summary = f"`{name}` is recorded every {duration.shown(every)} and has no value yet"
                return Verdict("skip", summary, f"Run `stackctl verify` again after {duration.shown(every)}.")
            return Verdict("early", f"`{name}` has not been recorded yet", "Wait longer with --timeout.")
        return Verdict("empty", f"`{name}` has nothing to record yet")


def _records(rule: Rule, name: str) -> bool:
    return rule.kind == "record" and rule.name == name

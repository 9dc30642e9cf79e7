"""Judgement of an expression: whether the metrics, labels and values that it uses exist, or may still appear.

An empty result proves little. A counter that was never counted has no series, an alert that does not fire has no
result; but what nobody serves, under that name or with that label, will never have one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from typing import Any, TypeVar

from stackctl.backing.announced import MEMORY_SCRAPES, dropped_by
from stackctl.backing.grouping import misspelt
from stackctl.backing.lately import were_there
from stackctl.backing.matching import compares_nothing, unmatched
from stackctl.backing.verdict import DATA, EARLY, ORDER, Verdict, unanswered, worst
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus, counted
from stackctl.components import registry
from stackctl.diagnostic import listed
from stackctl.metrics import catalogue, owners
from stackctl.model import Rule, Service
from stackctl.promql import duration
from stackctl.promql.catalogue import Catalogue
from stackctl.promql.expression import syntax_error
from stackctl.promql.past import ahead, beyond, finds_nothing
from stackctl.promql.selectors import Asked, Condition, Selector, of_jobs, of_other_jobs, read
from stackctl.verification import former_targets, second_scrape, targets
from stackctl.verification.context import Context

T = TypeVar("T")

# How many selectors one request counts, how many requests are made side by side, and from how many selectors on that
# differ in values only one look at all values is cheaper.
_AT_ONCE = 20
_CONCURRENCY = 4
_ALIKE = 4
_SHOWN = 5
# A failure that is seen for this long is one, in seconds.
_CONFIRMED_SECONDS = 0.5
# A result does not look further back than this, in seconds.
_LOOKBACK = duration.seconds(duration.DEFAULT_LOOKBACK)
# How far back a job that is down now may have been up.
_LATELY = "1d"
_COUNTED = ("_total", "_bucket", "_count", "_sum")
# A name this much like one that an exporter serves is misspelt; any other of its prefix may be of another collector.
_MISSPELT = 0.9
_IN_PARTS = "Query each part of the expression separately."
_PARTS = (*_COUNTED, "_info", "_created")
# The type of a metric -> the parts under which its series are found, where these are not under its bare name.
_FORMS = {
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("_count", "_sum"),
    "counter": ("_total",),
    "info": ("_info",),
    "gauge": (),
    "stateset": (),
}


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
        backing = Backing(context, context.prometheus(), scraped)
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
    """A look at what Prometheus has, next to what the stack declares. Every answer is asked for once.

    `scraped` are the targets. What a job without a target that is up would serve is skipped: the failure is reported
    where it is, by `target.up`, and only there.

    Methods raise NoAnswer when Prometheus gives none.
    """

    context: Context
    client: Prometheus
    scraped: targets.TargetStates
    counted: dict[str, int] = field(default_factory=dict)
    known: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def count(self, selectors: Iterable[Selector]) -> None:
        """Count the series of many selectors with few requests."""
        new = {query: each for each in selectors if (query := self._existing(each)) not in self.counted}
        self._count_alike(new)
        queries = [query for query in new if query not in self.counted]
        some = [queries[start : start + _AT_ONCE] for start in range(0, len(queries), _AT_ONCE)]
        with ThreadPoolExecutor(_CONCURRENCY) as pool:
            for part, counts in zip(some, pool.map(self.client.counts, some), strict=True):
                self.counted.update(zip(part, counts, strict=True))

    def _count_alike(self, selectors: Mapping[str, Selector]) -> None:
        """Count selectors of one metric that differ in the values of the same labels by one look at these labels."""
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for query, each in selectors.items():
            if each.name and each.window <= _LOOKBACK:
                labels = tuple(sorted({condition.label for condition in each.conditions}))
                alike.setdefault((each.name, labels), []).append(query)
        many = {key: queries for key, queries in alike.items() if len(queries) >= _ALIKE}
        with ThreadPoolExecutor(_CONCURRENCY) as pool:
            looks = pool.map(lambda key: self.client.combinations(self._existing(Selector(key[0])), key[1]), many)
            for ((_, labels), queries), found in zip(many.items(), looks, strict=True):
                if found is not None:
                    counts = _count_all([selectors[query] for query in queries], labels, found)
                    self.counted.update(zip(queries, counts, strict=True))

    def has(self, selector: Selector) -> bool:
        """Return whether there are series of `selector`."""
        self.count([selector])
        return self.counted[self._existing(selector)] > 0

    def _existing(self, selector: Selector) -> str:
        """The query whose series are those of `selector` that were there within its window, of current jobs."""
        former = self._former(selector)
        current = [of_other_jobs(former)] if former else []
        return _within_its_window(replace(selector, conditions=(*selector.conditions, *current)))

    def _former(self, selector: Selector) -> Sequence[str]:
        """The former jobs of which there may be series within the window of `selector`."""
        return self._former_jobs if selector.window > _LOOKBACK else self._lately_former_jobs

    def _has_ended(self, selector: Selector) -> bool:
        """Return whether there are series of `selector`, and all are of former jobs."""
        former = self._former(selector)
        return bool(former) and not self.has(selector) and self.client.has_result(_within_its_window(selector))

    # -- expressions ------------------------------------------------------------------------------------------

    def of_panel(self, expr: str, has_result: bool) -> Verdict:
        """Return the verdict on a panel's query, which has a result or has none."""
        if syntax_error(expr):  # and yet Prometheus has run it
            return replace(DATA, summary="has data") if has_result else Verdict("fail", "no result", _IN_PARTS)
        asked = read(expr)
        if unfit := self._unfit(expr, asked) or self._no_number(asked):
            return unfit
        if has_result and not asked.fallback and not asked.excludes and not any(map(self._has_ended, asked.selectors)):
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
        if len(found) != 1 or not found[0].name or label in ("__name__", *self._labels(found[0].name)):
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
        return misspelt(expr, self._all_labels, self._labels)

    def _unmatched(self, expr: str, asked: Asked) -> Verdict | None:
        """The failure of an expression that matches sides which never match."""
        return unmatched(self.client, expr, self._catalogue, self._coming(asked)) if asked.joins else None

    def _compares_nothing(self, expr: str, asked: Asked) -> Verdict | None:
        """The failure of an expression that matches sides by labels that they do not have."""
        return compares_nothing(self.client, expr, self._coming(asked)) if asked.joins else None

    def _coming(self, asked: Asked) -> frozenset[str]:
        """The labels that the series of an expression may have later, or have wherever this Prometheus sends them."""
        promised = (self._promised(each.name) for each in asked.selectors)
        return frozenset(self.context.stack.prometheus.external_labels).union(*promised)

    def _unfit(self, expr: str, asked: Asked) -> Verdict | None:
        """The failure of an expression whose windows cannot hold what it needs."""
        kept = self.context.stack.kept_seconds
        if finds_nothing(expr, kept) and (remark := beyond(expr, kept)):
            return Verdict("fail", remark.summary, remark.remedy)
        return self.too_short(asked)

    def _ahead(self, expr: str) -> Verdict | None:
        """The failure of a rule that queries what is not there yet, whenever it is evaluated."""
        remark = ahead(expr, duration.seconds(self.context.stack.lookback))
        return Verdict("fail", remark.summary, remark.remedy) if remark else None

    def _no_number(self, asked: Asked) -> Verdict | None:
        """The failure of an expression with the `scalar()` of several series, which is not a number."""
        for inner, count in zip(asked.scalars, self.client.counts(asked.scalars), strict=True):
            if count > 1:
                summary = f"`scalar({inner})` is not a number: there are {count} series, and it takes the only one"
                return Verdict("fail", summary, "Aggregate to one, as with `scalar(sum(...))`, or match one series.")
        return None

    def too_short(self, asked: Asked) -> Verdict | None:
        """The failure of a window that cannot hold two scrapes of its job."""
        found = self._short_window(asked, max)
        if found is None:
            return None
        selector, interval, source = found
        summary = f"{_time(selector.window)} of `{selector.name}` is shorter than two {source}"
        least = f"at least {_time(2 * interval)}, better {_time(4 * interval)}"
        does = "It is scraped" if source.startswith("scrapes") else "That is evaluated"
        remedy = f"{does} every {_time(interval)}: use {least}, or `$__rate_interval` in a panel."
        return Verdict("fail", summary, remedy)

    def too_short_rate(self, asked: Asked, seconds: float) -> Verdict | None:
        """The failure of a panel's query in which Grafana writes so many seconds for `$__rate_interval`, and which then
        has no result, of whichever job."""
        found = self._short_window(asked, min)
        if found is None or found[0].window != seconds:
            return None
        selector, interval, source = found
        every = _time(interval)
        summary = f"`$__rate_interval` is {_time(seconds)} here, too short for two {source}, which are {every} apart"
        remedy = (
            f"Write the window of `{selector.name}` out, as `[{_time(4 * interval)}]`; or set `Min step` of the query "
            f"(`interval` in Grafana's JSON), or `timeInterval` of the datasource for all panels, to `{every}`."
        )
        return Verdict("fail", summary, remedy)

    def _short_window(self, asked: Asked, of: Callable[..., Any]) -> tuple[Selector, float, str] | None:
        """The selector whose window cannot hold two of its samples, the seconds between these, and their source.

        Of several jobs it is that with the longest interval, or the shortest one: `of` is `max` or `min`.
        """
        for each in asked.selectors:
            if each.of_two and each.window < 2 * self._longest:
                interval, source = self._between(each, of)
                if each.window < 2 * interval:
                    return each, interval, source
        return None

    def _selectors(self, asked: Asked, within: frozenset[str]) -> Verdict:
        return worst(self._selector(each, within) for each in asked.selectors if not each.absent)

    def _empty(self, expr: str, asked: Asked) -> Verdict:
        """Each selector finds something, and yet there was no result."""
        waiting = [each for each in asked.selectors if each.of_two and not self._twice(each)]
        if waiting:
            summary = f"`{waiting[0].name}` has not been scraped twice yet"
            return Verdict("early", summary, "Wait longer with --timeout.")
        if self.client.has_result(counted(expr)):  # the scrape that was missing came in between
            return replace(DATA, summary="has data")
        if asked.filters:
            return self._unmatched(expr, asked) or Verdict("empty", "no series matches right now, which can be normal")
        if asked.past:
            return Verdict("empty", "there are no samples for the queried time yet")
        if asked.step and not all(self._is_older(each, asked.step) for each in asked.selectors if not each.absent):
            return Verdict("empty", f"its subquery has a step of {_time(asked.step)}, and there was none yet")
        if asked.joins:
            remedy = "Aggregate both sides to the same labels: `sum by (...)`, or `on (...)`."
            return Verdict("fail", "both sides have series, but their labels do not match", remedy)
        names = ", ".join(f"`{each.name}`" for each in asked.selectors if each.name)
        return Verdict("fail", f"there are series of {names}, but the expression returns nothing", _IN_PARTS)

    def _is_older(self, selector: Selector, seconds: float) -> bool:
        """Return whether there was a series of `selector` as long ago as this."""
        return self.client.has_result(counted(f"{selector.text} offset {seconds * 1000:.0f}ms"))

    def _twice(self, selector: Selector) -> bool:
        query = f"count_over_time({selector.text}[{int(selector.window * 1000)}ms]) > 1"
        return self.client.has_result(counted(query))

    # -- a selector -------------------------------------------------------------------------------------------

    def _selector(self, selector: Selector, within: frozenset[str]) -> Verdict:
        if self.has(selector):
            return DATA
        found = self._missing(selector, within)
        if found.outcome != "fail":
            return found
        if self.client.has_result(self._existing(selector)):
            return DATA  # it has come since it was counted: a failure is never told by answers of two moments
        if self._was_there(selector):
            return _was_there_lately(selector)
        return found

    def _was_there(self, selector: Selector) -> bool:
        if not selector.name:
            return False
        return were_there(self.client, selector, self.scraped.since, self._places(False), self._places(True))

    def _places(self, honoring: bool) -> frozenset[tuple[str, str]]:
        """The labels `job` and `instance` of targets that are up; only of jobs that honor labels, where these count."""
        jobs = {job.name for job in self.context.jobs if job.honors_labels or not honoring}
        up = (each for each in self.scraped.targets if each.health == "up" and each.job in jobs)
        return frozenset(targets.place_of(each.labels) for each in up)

    def _missing(self, selector: Selector, within: frozenset[str]) -> Verdict:
        """Return the verdict on `selector`, which has no series."""
        if job := self._silent_job(selector):
            return Verdict("skip", f"it queries series of `{job}`, which {self._silent[job]}")
        if selector.name in ("ALERTS", "ALERTS_FOR_STATE"):
            return self._no_alert(selector)
        if not selector.name:
            return self._nameless(selector)
        if not self.has(selector.only()):
            return self._no_series(selector, within)
        return self._conditions(selector)

    def _no_alert(self, selector: Selector) -> Verdict:
        """No series of alerts is there: none of these fires, or none has the name that is asked for.

        Those of other servers may come too, where they are federated or written here.
        """
        names = {rule.name for rules in self.context.rules().values() for rule in rules if rule.kind == "alert"}
        server = self.context.stack.prometheus
        is_open = bool(self.context.given) or server.remote_write_receiver or server.otlp_receiver
        if is_open or any(job.service and job.honors_labels for job in self.context.jobs):
            return Verdict("empty", "no alert fires")
        for each in selector.conditions:
            if each.label == "alertname" and each.wants and not any(map(each.accepts, names)):
                near = _nearest(each.value, names, 0.6)
                remedy = f"Did you mean `{near}`? Correct the name." if near else "Correct the name, or add the alert."
                return Verdict("fail", f"no alert of the stack has {each}", remedy)
        return Verdict("empty", "no alert fires")

    def _wanted_jobs(self, selector: Selector) -> list[str]:
        """The jobs that the matchers of `selector` name, () when it names none."""
        wanted = [each for each in selector.conditions if each.label == "job" and each.wants]
        accepted = (
            job
            for job in sorted(self._jobs)
            if any(all(each.accepts(label) for each in wanted) for label in self._jobs[job])
        )
        return list(accepted) if wanted else []

    def _silent_job(self, selector: Selector) -> str:
        """The job that `selector` asks for, when that is silent."""
        jobs = self._wanted_jobs(selector)
        return jobs[0] if jobs and all(job in self._silent for job in jobs) else ""

    def _nameless(self, selector: Selector) -> Verdict:
        for each in selector.conditions:
            if each.wants and not self.has(selector.only(each)):
                values = self.client.label_values(each.label)
                return Verdict("fail", f"no series has {each}", _suggestion(each, values))
        return Verdict("empty", "no series has this combination of labels right now")

    def _no_series(self, selector: Selector, within: frozenset[str]) -> Verdict:
        """There is no series of that name at all. A matcher on `job` says whose it would be."""
        name, jobs = selector.name, self._wanted_jobs(selector)
        recorded = [rule for file in self.context.stack.rules for rule in file.rules if _records(rule, name)]
        if recorded and name not in within:
            return self._recorded(name, recorded, within | {name})
        promising = [each for each in self._owners.get(name, []) if not jobs or _job_of(each) in jobs]
        serving = [service for service in promising if service.name not in self._silent]
        if promising and not serving:
            return self._from_silent(name, promising[0].name)
        if any(service.push for service in serving):
            return Verdict("empty", f"`{name}` has not been pushed yet")
        if other := self._other_form(name):
            return other
        if self._kind(name):
            return self._announced(selector)
        if serving:
            remedy = "See the result of `contract.metric`."
            return Verdict("fail", f"`{serving[0].name}` promises `{name}`, but does not serve it", remedy)
        found = self._unknown(name, jobs)
        return _left_in(name) if selector.excluded and found.may_come else found

    def _announced(self, selector: Selector) -> Verdict:
        """Return the verdict on a metric of which a target announces the type, and serves no series.

        Prometheus remembers a type for ten scrapes: what had series in that time may be no longer served.
        """
        name = selector.name
        metric = name if name in self._kinds else _bare(name)
        if dropping := dropped_by(self.client, self.context.jobs, self._jobs, name, metric):
            remedy = "Remove that step, or the expression."
            return Verdict("fail", f"`metric_relabel` of `{dropping}` drops `{name}`", remedy)
        if self._was_there(selector):
            return _was_there_lately(selector)
        memory = MEMORY_SCRAPES * self._longest
        if memory and self.client.had(self._existing(Selector(name)), memory):
            remedy = f"Run `stackctl verify` again after {_time(memory)}: Prometheus remembers its type for so long."
            return Verdict("skip", f"`{name}` had series lately and has none now: it may be no longer served", remedy)
        return Verdict("empty", f"`{name}` has {'not been incremented' if self._is_counter(name) else 'no series'} yet")

    def _other_form(self, name: str) -> Verdict | None:
        """The failure of a name that its metric never has: each type serves its series under names of its own."""
        kind = self._kinds.get(name)
        if kind and (
            others := [f"{name}{part}" for part in _FORMS.get(kind, ()) if self.has(Selector(f"{name}{part}"))]
        ):
            what = "has no quantiles" if kind == "summary" else "has no series of that name"
            served = ", ".join(f"`{other}`" for other in others)
            return Verdict("fail", f"the {kind} `{name}` {what}", f"Its series are {served}: use one of these.")
        part = next((each for each in _PARTS if name.endswith(each)), "")
        bare = name.removesuffix(part)
        kind = self._kinds.get(bare) if part and name not in self._kinds else None
        if (kind in _FORMS and part not in (*_FORMS[kind], "_created")) or (
            kind == "histogram" and self.has(Selector(bare))
        ):
            what = "native histogram" if kind == "histogram" else kind
            return Verdict("fail", f"the {what} `{bare}` has no `{part}` series", f"Use `{bare}` in the expression.")
        return None

    def _unknown(self, name: str, jobs: Sequence[str]) -> Verdict:
        """Nobody promises it, and nobody announces it now."""
        owners = self._components(name, jobs)
        quiet = [job for job in owners if job in self._silent]
        if quiet:
            return self._from_silent(name, quiet[0])
        owner = next(iter(owners.values()), "") or next(iter(self._components(name).values()), "")
        unbound = [job.name for job in self.context.jobs if job.service and job.service.contract is None]
        open_ones = [job for job in unbound if not jobs or job in jobs]
        silent = [] if owner else [each for each in open_ones if each in self._silent and self._may_serve(each, name)]
        if silent:  # it may be one of these that serves it: a name that is alike would be bad advice
            return self._from_silent(name, silent[0])
        # A rule may have recorded nothing yet, and is what was meant all the same.
        # A record that reads the name is not: nor is it there then.
        known = {*self._names, *self._catalogue.series, *self._catalogue.records} - {name}
        near = _nearest(name, {each for each in known if not self._catalogue.reads(each, name)})
        if owner and SequenceMatcher(None, name, near).ratio() < _MISSPELT:
            summary = f"`{owner}` does not serve `{name}`"
            return Verdict("fail", summary, "Turn on the collector that serves it, or remove it.", optional=owner)
        if near:
            return Verdict("fail", f"nothing serves `{name}`", f"Did you mean `{near}`? Correct the name.")
        when = " any more" if name in self._names else ""
        may_come = not when and not owner and not self._catalogue.complete
        remedy = "Expose it, or remove the expression."
        return Verdict("fail", f"nothing serves `{name}`{when}", remedy, may_come=may_come)

    def _may_serve(self, job: str, name: str) -> bool:
        """Return whether a job that is down may be the one that serves a name.

        Servers of somebody else have run before: a job that was up lately has left all its names there.
        """
        if not self.context.given or name in self._names:
            return True
        labels = self._jobs[job]
        ups = Selector("up", (of_jobs(sorted(labels)),)).text
        return not self.client.has_result(f"max(max_over_time({ups}[{_LATELY}])) == 1")

    def _from_silent(self, name: str, owner: str) -> Verdict:
        return Verdict("skip", f"`{name}` is served by `{owner}`, which {self._silent[owner]}")

    def _recorded(self, name: str, rules: Sequence[Rule], within: frozenset[str]) -> Verdict:
        """Return the verdict on a recorded series, which is that of the rule that records it."""
        behind = min((self.of_rule(rule.expr, within) for rule in rules), key=lambda v: ORDER.index(v.outcome))
        if behind.outcome != "data":
            return replace(behind, summary=f"`{name}` has nothing to record: {behind.summary}")
        if any(self.client.has_result(rule.expr) for rule in rules):
            written = (each for same in self.context.rules().values() for each in same if each.name == name)
            every = min((each.interval for each in written), default=0.0)
            if every > self.context.seconds:
                summary = f"`{name}` is recorded every {_time(every)} and has no value yet"
                return Verdict("skip", summary, f"Run `stackctl verify` again after {_time(every)}.")
            return Verdict("early", f"`{name}` has not been recorded yet", "Wait longer with --timeout.")
        return Verdict("empty", f"`{name}` has nothing to record yet")

    # -- labels -----------------------------------------------------------------------------------------------

    def _conditions(self, selector: Selector) -> Verdict:
        wanted = [each for each in selector.conditions if each.wants]
        self.count(selector.only(each) for each in wanted)
        failing = [each for each in wanted if not self.has(selector.only(each))]
        if failing:
            return worst(self._condition(selector.name, each, selector.excluded) for each in failing)
        if self._is_counter(selector.name):
            return Verdict("empty", f"`{selector.name}` has not been incremented with these labels yet")
        labels = self._labels(selector.name)
        for each in selector.conditions:
            if not each.accepts("") and each.label not in labels:
                return _no_label(selector.name, each.label, {*labels} - {"__name__"})
        remedy = "Query it with fewer label matchers."
        return Verdict("fail", f"no series of `{selector.name}` has this combination of labels", remedy)

    def _condition(self, name: str, wanted: Condition, excluded: bool = False) -> Verdict:
        """There are series of that name, but none that fulfils this condition."""
        promised = self._promised(name)
        come = Verdict("empty", f"no series of `{name}` has {wanted} yet")
        closed = promised.get(wanted.label, ())
        if closed and any(map(wanted.accepts, closed)):
            return come
        if wanted.label not in promised:
            labels = self._labels(name)
            if wanted.label not in labels and wanted.label in self.context.stack.prometheus.external_labels:
                remedy = (
                    "Leave it out: it is one of `external_labels`, which only samples and alerts that are sent have."
                )
                return Verdict("fail", f"`{name}` has no label `{wanted.label}`", remedy)
            if wanted.label not in labels:
                return _no_label(name, wanted.label, {*labels, *promised} - {"__name__"})
        values = closed or self._values(wanted.label, Selector(name).text)
        if wanted.label == "job":
            values = tuple(value for value in values if value not in self._former_jobs)
        comes = excluded or self._is_counter(name) or wanted.label in promised
        may_come = wanted.label not in self._target_labels and comes
        if may_come and not closed and not _is_misspelt(wanted, values):
            return come
        own = f"exported_{wanted.label}"
        if own in self._labels(name) and self.has(Selector(name).only(replace(wanted, label=own))):
            remedy = f"The target's own value is in `{own}`: compare that, or set `honor_labels: true` for the job."
            return Verdict("fail", f"no series of `{name}` has {wanted}", remedy)
        return Verdict("fail", f"no series of `{name}` has {wanted}", _suggestion(wanted, values))

    def _promised(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """The labels that contracts declare for a series, with their closed sets."""
        known = self._catalogue.series.get(name)
        return known.labels if known and known.labels is not None else {}

    def _is_counter(self, name: str) -> bool:
        return self._kind(name) in ("counter", "histogram", "summary") or name.endswith(_COUNTED)

    def _kind(self, name: str) -> str:
        """The type that targets announce for the metric of a series, or ""."""
        return self._kinds.get(name) or self._kinds.get(_bare(name), "")

    def _labels(self, name: str) -> tuple[str, ...]:
        if ("", name) not in self.known:
            self.known["", name] = self.client.label_names(Selector(name).text)
        return self.known["", name]

    def _values(self, label: str, selector: str) -> tuple[str, ...]:
        if (label, selector) not in self.known:
            self.known[label, selector] = self.client.label_values(label, selector)
        return self.known[label, selector]

    # -- what there is ----------------------------------------------------------------------------------------

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        return self.client.kinds()

    @cached_property
    def _all_labels(self) -> frozenset[str]:
        """The labels of all series, and those that services promise."""
        promised = (known.labels or () for known in self._catalogue.series.values())
        return frozenset(self.client.label_names()).union(*promised)

    @cached_property
    def _names(self) -> Sequence[str]:
        return self.client.names()

    @cached_property
    def _catalogue(self) -> Catalogue:
        return catalogue(self.context.stack)

    @cached_property
    def _owners(self) -> Mapping[str, list[Service]]:
        return owners(self.context.stack)

    @cached_property
    def _jobs(self) -> Mapping[str, frozenset[str]]:
        """Job -> the values of the label `job` of what it scrapes, and of what is pushed."""
        pushed = {service.push.job for service in self.context.stack.services if service.push}
        own = {**{job.name: job.label or job.name for job in self.context.jobs}, **{job: job for job in pushed}}
        return {job: self.scraped.labelled.get(job, frozenset({label})) for job, label in own.items()}

    @cached_property
    def _former_jobs(self) -> Sequence[str]:
        return former_targets.jobs(self.context, self.scraped, frozenset().union(*self._jobs.values()))

    @cached_property
    def _lately_former_jobs(self) -> Sequence[str]:
        """The former jobs of which queries without a window have series still."""
        if not self._former_jobs:
            return ()
        there = self.client.values(f"group by (job) ({Selector('up', (of_jobs(self._former_jobs),)).text})")
        return sorted(labels["job"] for labels, _ in there)

    @cached_property
    def _silent(self) -> Mapping[str, str]:
        """The jobs, services and components of which nothing can be scraped, each with why."""
        sources = {job.name: job.component or job.service for job in self.context.jobs}
        skipped = [job for job, source in sources.items() if source and source.name in self.context.skipped]
        down = {job: "has no target that is up" for job in sources if job not in self.scraped.up}
        return {**down, **dict.fromkeys([*skipped, *self.context.skipped], "is not running")}

    @cached_property
    def _intervals(self) -> Mapping[str, float]:
        """Job -> the seconds between two scrapes."""
        return {job.name: self.context.interval(job) for job in self.context.jobs}

    @cached_property
    def _recorded_every(self) -> Mapping[str, float]:
        """Recorded metric -> the seconds between two evaluations of the rule that records it most often."""
        found: dict[str, float] = {}
        for rules in self.context.rules().values():
            for rule in rules:
                if rule.kind == "record":
                    found[rule.name] = min(rule.interval, found.get(rule.name, rule.interval))
        return found

    @cached_property
    def _longest(self) -> float:
        return max([*self._intervals.values(), *self._recorded_every.values()], default=0.0)

    def _between(self, selector: Selector, of: Callable[..., Any]) -> tuple[float, str]:
        """The seconds between two samples of `selector`, and what these are, as `scrapes of JOB`."""
        if selector.name in self._recorded_every:
            return self._recorded_every[selector.name], "evaluations of its rule"
        found = {*self._values("job", selector.text)}
        jobs = [(seconds, f"scrapes of `{job}`") for job, seconds in self._intervals.items() if found & self._jobs[job]]
        return of(jobs, default=(0.0, ""))  # type: ignore[no-any-return]

    @cached_property
    def _target_labels(self) -> frozenset[str]:
        """The labels whose values do not come with a count: those of targets, and the bounds of buckets."""
        own = {label for job in self.context.jobs for each in job.endpoints for label in each.labels}
        own |= {label for service in self.context.stack.services for label in service.labels}
        return frozenset({"job", "instance", "le", "quantile", *own})

    def _components(self, name: str, jobs: Sequence[str] = ()) -> Mapping[str, str]:
        """The jobs of components whose metrics are named so, of `jobs` where there are any, each with its component."""
        return {
            job.name: job.component.name
            for job in self.context.jobs
            if job.component and name.startswith(registry.of(job.component).series) and (not jobs or job.name in jobs)
        }


def _left_in(name: str) -> Verdict:
    """The verdict on what an expression leaves out, where it may be there only at times, as during maintenance."""
    return Verdict("empty", f"nothing serves `{name}` right now, so `unless` leaves nothing out")


def _within_its_window(selector: Selector) -> str:
    """The query whose series are those of `selector`: all that were there within its window."""
    if selector.window <= _LOOKBACK:
        return selector.text
    return f"last_over_time({selector.text}[{int(selector.window)}s])"


def _bare(name: str) -> str:
    """The name of the metric that a series with a part's name may be of."""
    return next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name)


def _was_there_lately(selector: Selector) -> Verdict:
    return Verdict("empty", f"`{selector.text}` was there lately, from a process that still runs")


def _job_of(service: Service) -> str:
    return service.push.job if service.push else service.name


def _records(rule: Rule, name: str) -> bool:
    return rule.kind == "record" and rule.name == name


def _no_label(name: str, label: str, labels: Iterable[str]) -> Verdict:
    inside = [each for each in labels if len(each) > 2 and (each in label or label in each)]
    near = min(inside, key=lambda each: abs(len(each) - len(label)), default="") or _nearest(label, labels, 0.6)
    remedy = (
        f"Did you mean `{near}`? Correct the label." if near else f"It has: {', '.join(sorted(labels)) or 'no labels'}."
    )
    return Verdict("fail", f"`{name}` has no label `{label}`", remedy)


def _count_all(selectors: Sequence[Selector], labels: Sequence[str], found: Sequence[Mapping[str, str]]) -> list[int]:
    """Return how many of `found` each selector accepts. Selectors with one value per label are looked up."""
    exact = Counter(tuple(each.get(label, "") for label in labels) for each in found)

    def count(selector: Selector) -> int:
        wanted = {each.label: each.value for each in selector.conditions if each.operator == "="}
        if len(wanted) == len(selector.conditions):
            return exact[tuple(wanted[label] for label in labels)]
        return sum(map(selector.accepts, found))

    return list(map(count, selectors))


def _suggestion(wanted: Condition, values: Iterable[str]) -> str:
    known = sorted(values)
    near = _nearest(wanted.value, known, 0.6)
    if near and near != wanted.value:
        return f'Did you mean `{wanted.label}="{near}"`? Correct the value.'
    shown = listed([f"`{value}`" for value in known], _SHOWN)
    return f"`{wanted.label}` is {shown}." if known else f"No series has `{wanted.label}` now."


def _is_misspelt(wanted: Condition, values: Iterable[str]) -> bool:
    """Return whether a value is so similar to an existing one that it is a slip. `5xx` and `4xx`, `valid` and `invalid`
    are two."""
    near = _nearest(wanted.value, values, 0.75) if wanted.operator == "=" else ""
    if not near or near in wanted.value or wanted.value in near:
        return False
    return not any(letter.isdigit() for letter in near + wanted.value)


def _nearest(word: str, known: Iterable[str], cutoff: float = 0.75) -> str:
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")


def _time(seconds: float) -> str:
    return f"{seconds / 60:g}m" if seconds >= 60 and seconds % 60 == 0 else f"{seconds:g}s"

"""The series that Prometheus has, next to those that a stack declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from stackctl.backing.lately import were_there
from stackctl.clients.prometheus import Prometheus, counted
from stackctl.components import registry
from stackctl.metrics import catalogue, owners
from stackctl.model import Service
from stackctl.promql import duration
from stackctl.promql.catalogue import Catalogue
from stackctl.promql.selectors import Asked, Selector, of_jobs, of_other_jobs
from stackctl.verification import former_targets, targets
from stackctl.verification.context import Context

# How many selectors one request counts, how many requests are made side by side, and from how many selectors on that
# differ in values only one look at all values is cheaper.
_AT_ONCE = 20
_CONCURRENCY = 4
_ALIKE = 4
# A result does not look further back than this, in seconds.
_LOOKBACK = duration.seconds(duration.DEFAULT_LOOKBACK)
_COUNTED = ("_total", "_bucket", "_count", "_sum")
# What the names of series end in that are parts of a metric.
PARTS = (*_COUNTED, "_info", "_created")


@dataclass(frozen=True)
class Series:
    """A look at what Prometheus has. Every answer is asked for once.

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
        new = {query: each for each in selectors if (query := self.existing(each)) not in self.counted}
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
            looks = pool.map(lambda key: self.client.combinations(self.existing(Selector(key[0])), key[1]), many)
            for ((_, labels), queries), found in zip(many.items(), looks, strict=True):
                if found is not None:
                    counts = _count_all([selectors[query] for query in queries], labels, found)
                    self.counted.update(zip(queries, counts, strict=True))

    def has(self, selector: Selector) -> bool:
        """Return whether there are series of `selector`."""
        self.count([selector])
        return self.counted[self.existing(selector)] > 0

    def existing(self, selector: Selector) -> str:
        """The query whose series are those of `selector` that were there within its window, of current jobs."""
        former = self._former(selector)
        current = [of_other_jobs(former)] if former else []
        return _within_its_window(replace(selector, conditions=(*selector.conditions, *current)))

    def _former(self, selector: Selector) -> Sequence[str]:
        """The former jobs of which there may be series within the window of `selector`."""
        return self.former_jobs if selector.window > _LOOKBACK else self._lately_former_jobs

    def has_ended(self, selector: Selector) -> bool:
        """Return whether there are series of `selector`, and all are of former jobs."""
        former = self._former(selector)
        return bool(former) and not self.has(selector) and self.client.has_result(_within_its_window(selector))

    def is_older(self, selector: Selector, seconds: float) -> bool:
        """Return whether there was a series of `selector` as long ago as this."""
        return self.client.has_result(counted(f"{selector.text} offset {seconds * 1000:.0f}ms"))

    def is_scraped_twice(self, selector: Selector) -> bool:
        """Return whether there are two samples of a series in the window of `selector`."""
        query = f"count_over_time({selector.text}[{int(selector.window * 1000)}ms]) > 1"
        return self.client.has_result(counted(query))

    def was_there(self, selector: Selector) -> bool:
        """Return whether there was such a series lately, of a process that still runs."""
        if not selector.name:
            return False
        return were_there(self.client, selector, self.scraped.since, self._places(False), self._places(True))

    def _places(self, honoring: bool) -> frozenset[tuple[str, str]]:
        """The labels `job` and `instance` of targets that are up; only of jobs that honor labels, where these count."""
        jobs = {job.name for job in self.context.jobs if job.honors_labels or not honoring}
        up = (each for each in self.scraped.targets if each.health == "up" and each.job in jobs)
        return frozenset(targets.place_of(each.labels) for each in up)

    def wanted_jobs(self, selector: Selector) -> list[str]:
        """The jobs that the matchers of `selector` name, () when it names none."""
        wanted = [each for each in selector.conditions if each.label == "job" and each.wants]
        accepted = (
            job
            for job in sorted(self.jobs)
            if any(all(each.accepts(label) for each in wanted) for label in self.jobs[job])
        )
        return list(accepted) if wanted else []

    def silent_job(self, selector: Selector) -> str:
        """The job that `selector` asks for, when that is silent."""
        jobs = self.wanted_jobs(selector)
        return jobs[0] if jobs and all(job in self.silent for job in jobs) else ""

    def promised(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """The labels that contracts declare for a series, with their closed sets."""
        known = self.catalogue.series.get(name)
        return known.labels if known and known.labels is not None else {}

    def coming(self, asked: Asked) -> frozenset[str]:
        """The labels that the series of an expression may have later, or have wherever this Prometheus sends them."""
        promised = (self.promised(each.name) for each in asked.selectors)
        return frozenset(self.context.stack.prometheus.external_labels).union(*promised)

    def is_counter(self, name: str) -> bool:
        """Return whether a series comes with the first count."""
        return self.kind(name) in ("counter", "histogram", "summary") or name.endswith(_COUNTED)

    def kind(self, name: str) -> str:
        """The type that targets announce for the metric of a series, or ""."""
        return self.kinds.get(name) or self.kinds.get(bare(name), "")

    def labels(self, name: str) -> tuple[str, ...]:
        """The labels that series of a metric have."""
        if ("", name) not in self.known:
            self.known["", name] = self.client.label_names(Selector(name).text)
        return self.known["", name]

    def values(self, label: str, selector: str) -> tuple[str, ...]:
        """The values of a label that series of `selector` have."""
        if (label, selector) not in self.known:
            self.known[label, selector] = self.client.label_values(label, selector)
        return self.known[label, selector]

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Metric -> the type that targets announce for it."""
        return self.client.kinds()

    @cached_property
    def all_labels(self) -> frozenset[str]:
        """The labels of all series, and those that services promise."""
        promised = (known.labels or () for known in self.catalogue.series.values())
        return frozenset(self.client.label_names()).union(*promised)

    @cached_property
    def names(self) -> Sequence[str]:
        """The names of all series."""
        return self.client.names()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The metrics that the stack declares."""
        return catalogue(self.context.stack)

    @cached_property
    def owners(self) -> Mapping[str, list[Service]]:
        """Metric -> the services that promise it."""
        return owners(self.context.stack)

    @cached_property
    def jobs(self) -> Mapping[str, frozenset[str]]:
        """Job -> the values of the label `job` of what it scrapes, and of what is pushed."""
        pushed = {service.push.job for service in self.context.stack.services if service.push}
        own = {**{job.name: job.label or job.name for job in self.context.jobs}, **{job: job for job in pushed}}
        return {job: self.scraped.labelled.get(job, frozenset({label})) for job, label in own.items()}

    @cached_property
    def former_jobs(self) -> Sequence[str]:
        """The jobs that are no longer scraped, and have series still."""
        return former_targets.jobs(self.context, self.scraped, frozenset().union(*self.jobs.values()))

    @cached_property
    def _lately_former_jobs(self) -> Sequence[str]:
        """The former jobs of which queries without a window have series still."""
        if not self.former_jobs:
            return ()
        there = self.client.values(f"group by (job) ({Selector('up', (of_jobs(self.former_jobs),)).text})")
        return sorted(labels["job"] for labels, _ in there)

    @cached_property
    def silent(self) -> Mapping[str, str]:
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
    def longest(self) -> float:
        """The most seconds between two samples, of any job or rule."""
        return max([*self._intervals.values(), *self._recorded_every.values()], default=0.0)

    def between_samples(self, selector: Selector, of: Callable[..., Any]) -> tuple[float, str]:
        """The seconds between two samples of `selector`, and what these are, as `scrapes of JOB`."""
        if selector.name in self._recorded_every:
            return self._recorded_every[selector.name], "evaluations of its rule"
        found = {*self.values("job", selector.text)}
        jobs = [(seconds, f"scrapes of `{job}`") for job, seconds in self._intervals.items() if found & self.jobs[job]]
        return of(jobs, default=(0.0, ""))  # type: ignore[no-any-return]

    @cached_property
    def target_labels(self) -> frozenset[str]:
        """The labels whose values do not come with a count: those of targets, and the bounds of buckets."""
        own = {label for job in self.context.jobs for each in job.endpoints for label in each.labels}
        own |= {label for service in self.context.stack.services for label in service.labels}
        return frozenset({"job", "instance", "le", "quantile", *own})

    def components_serving(self, name: str, jobs: Sequence[str] = ()) -> Mapping[str, str]:
        """The jobs of components whose metrics are named so, of `jobs` where there are any, each with its component."""
        return {
            job.name: job.component.name
            for job in self.context.jobs
            if job.component and name.startswith(registry.of(job.component).series) and (not jobs or job.name in jobs)
        }


def _within_its_window(selector: Selector) -> str:
    """The query whose series are those of `selector`: all that were there within its window."""
    if selector.window <= _LOOKBACK:
        return selector.text
    return f"last_over_time({selector.text}[{int(selector.window)}s])"


def bare(name: str) -> str:
    """The name of the metric that a series with a part's name may be of."""
    return next((name.removesuffix(part) for part in PARTS if name.endswith(part)), name)


def _count_all(selectors: Sequence[Selector], labels: Sequence[str], found: Sequence[Mapping[str, str]]) -> list[int]:
    """Return how many of `found` each selector accepts. Selectors with one value per label are looked up."""
    exact = Counter(tuple(each.get(label, "") for label in labels) for each in found)

    def count(selector: Selector) -> int:
        wanted = {each.label: each.value for each in selector.conditions if each.operator == "="}
        if len(wanted) == len(selector.conditions):
            return exact[tuple(wanted[label] for label in labels)]
        return sum(map(selector.accepts, found))

    return list(map(count, selectors))

"""Summary of a service's metrics, made by Prometheus: however many series there are, the responses are small."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from stackctl.clients.prometheus import ActiveTarget, Labels, Prometheus
from stackctl.model import Contract, Metric, Service
from stackctl.promql.selectors import Condition, Selector, of_jobs, word
from stackctl.scrape import Job

# The part of a name that OpenMetrics keeps out of the TYPE line.
SUFFIXES = {"counter": "_total", "info": "_info"}
# The label that a type has next to those of the contract.
_PARTS = {"histogram": "le", "summary": "quantile"}
About = tuple[str, str]
Answer = Sequence[tuple[Labels, float]]

# Series that are shown, and one more to tell that there are others.
SHOWN = 5
_FEW = SHOWN + 1


@dataclass(frozen=True)
class Source:
    """Source of a service's metrics: the scrapes of `job`, under the job labels `labels`.

    For what is pushed, the job is the Pushgateway's; `grouping` are the labels that the push adds, None for a scrape.
    """

    service: Service
    contract: Contract
    job: Job
    labels: tuple[str, ...]
    grouping: frozenset[str] | None = None

    @property
    def condition(self) -> Condition:
        """The condition that its series fulfil."""
        return of_jobs(self.labels)

    @property
    def targets(self) -> str:
        """The selector that the labels of its targets fit."""
        return Selector("", (of_jobs(self.labels if self.grouping is None else (self.job.name,)),)).text


@dataclass(frozen=True)
class Shape:
    """Properties that the series of one metric have in common.

    lacking  declared label -> how many series are without it, if any
    extra    labels that the contract does not have
    beyond   label with a closed set -> a series for each of some values that are not in it
    parts    the bounds of its buckets, its quantiles or its states
    some     a few of the series
    """

    lacking: Mapping[str, int]
    extra: frozenset[str]
    beyond: Mapping[str, tuple[Labels, ...]]
    parts: frozenset[str]
    some: tuple[Labels, ...]


@dataclass(frozen=True)
class Scraped:
    """Metrics that the running targets of one source have served: types by instance and name, how many series of each
    name there are, and the shape of each metric that has some. Labels that the scrape adds are taken off."""

    instances: tuple[str, ...]
    types: Mapping[str, Mapping[str, str]]
    names: Mapping[str, int]
    shapes: Mapping[str, Shape]

    def kinds(self, metric: Metric) -> dict[str, str]:
        """Instance -> the type that it announces for `metric`, where it does."""
        names = self.announced(metric)
        found = {
            instance: next((self.types[instance][name] for name in names if name in self.types[instance]), "")
            for instance in self.instances
        }
        return {instance: kind for instance, kind in found.items() if kind}

    @staticmethod
    def announced(metric: Metric) -> tuple[str, str]:
        """Return the names by which a TYPE line may announce `metric`: its own, and that of OpenMetrics."""
        return metric.name, metric.name.removesuffix(SUFFIXES.get(metric.kind, ""))

    def count(self, metric: Metric) -> int:
        """Return the number of series of `metric`."""
        return sum(self.names.get(name, 0) for name in metric.samples)

    def nearest(self, name: str) -> str:
        """The scraped metric whose name is most like `name`, or ""."""
        from difflib import get_close_matches

        known = {*self.names, *(each for types in self.types.values() for each in types)}
        return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.75)), "")


def look(client: Prometheus, source: Source, up: Sequence[ActiveTarget]) -> Scraped:
    """Return what is scraped of `source` now. Raises NoAnswer when Prometheus gives none."""
    types: dict[str, dict[str, str]] = {target.instance: {} for target in up}
    for each in client.described(source.targets):
        types.get(each.instance, {})[each.name] = each.kind
    job = source.condition
    named = client.values(f"count by (__name__) ({Selector('', (job,)).text})")
    names = {labels.get("__name__", ""): int(count) for labels, count in named}
    added = (source.grouping or {label for target in up for label in target.labels}) | _relabelled(source.service)
    served = [each for each in source.contract.metrics if any(name in names for name in each.samples)]
    asked = {each.name: _questions(each, job, added) for each in served}
    found = iter(client.each([query for queries in asked.values() for query in queries.values()]))
    answers = {name: {about: next(found) for about in queries} for name, queries in asked.items()}
    shapes = {each.name: _shape(each, answers[each.name], added) for each in served}
    return Scraped(tuple(types), types, names, shapes)


def part_of(metric: Metric) -> str:
    """The label that the type of `metric` brings with it, or ""."""
    return metric.name if metric.kind == "stateset" else _PARTS.get(metric.kind, "")


def _questions(metric: Metric, job: Condition, added: Set[str]) -> dict[About, str]:
    """Return the queries about a metric. Each result has few series, or one for each of the metric's parts."""
    part, labels = part_of(metric), [label.name for label in metric.labels]
    series = Selector("", (Condition("__name__", "=~", "|".join(metric.samples)), job))
    known = ", ".join(map(word, sorted({*labels, *added, "instance", part} - {""})))
    questions = {
        ("some", ""): f"topk({_FEW}, {series.text})",
        ("extra", ""): f"topk({_FEW}, group without ({known}) ({series.text}))",
    }
    if part:
        questions["parts", ""] = f"group by ({part}) ({series.text})"
    for label in metric.labels:
        without = series if label.name in added else _with(series, Condition(label.name, "=", ""))
        questions["lacking", label.name] = f"count({without.text})"
        if label.values:
            other = _with(series, Condition(label.name, "!~", "|".join(map(re.escape, label.values))))
            questions["beyond", label.name] = f"topk({_FEW}, topk by ({word(label.name)}) (1, {other.text}))"
    return questions


def _shape(metric: Metric, answers: Mapping[About, Answer], added: Set[str]) -> Shape:
    part = part_of(metric)
    return Shape(
        lacking={label: int(found[0][1]) for (about, label), found in answers.items() if about == "lacking" and found},
        extra=frozenset(label for labels, _ in answers["extra", ""] for label in labels),
        beyond={label: _own(found, added) for (about, label), found in answers.items() if about == "beyond"},
        parts=frozenset(labels[part] for labels, _ in answers.get(("parts", ""), ()) if part in labels),
        some=_own(answers["some", ""], added),
    )


def _own(found: Answer, added: Set[str]) -> tuple[Labels, ...]:
    """The labels of series without those that the scrape has added."""
    taken = added - {"instance"} | {"__name__"}
    return tuple({name: value for name, value in labels.items() if name not in taken} for labels, _ in found)


def _with(selector: Selector, condition: Condition) -> Selector:
    return selector.only(*selector.conditions, condition)


def _relabelled(service: Service) -> set[str]:
    """The labels that the manifest itself writes onto every series."""
    steps = service.scrape.get("metric_relabel_configs", ())
    return {step["target_label"] for step in steps if "target_label" in step}

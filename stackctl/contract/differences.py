"""Differences between what a contract promises and what targets serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from stackctl.contract.served import Served
from stackctl.model import Label, Metric

# What the older text format calls the types that it lacks.
_TEXT_TYPES = {"info": "gauge", "stateset": "gauge"}
# What client libraries and runtimes say of themselves is in no contract, unless somebody writes it there.
_OF_CLIENTS = ("dotnet_", "erlang_vm_", "go_", "jvm_", "nodejs_", "process_", "promhttp_", "python_")
_OF_OPENTELEMETRY = frozenset({"otel_scope_info", "target_info"})


@dataclass(frozen=True)
class Difference:
    """A metric that is served otherwise than promised: `before` is the promise, None for one that is new; `after` is
    the promise that holds, None for one that is not served. `details` are what has changed."""

    before: Metric | None
    after: Metric | None
    details: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the metric."""
        return self.before.name if self.before else self.after.name if self.after else ""

    def __str__(self) -> str:
        if self.after is None:
            return f"- {self.name}"
        if self.before is None:
            return f"+ {self.name}: {', '.join(_described(self.after))}"
        return f"~ {self.name}: {'; '.join(self.details)}"


def differences(promised: Iterable[Metric], served: Mapping[str, Served]) -> list[Difference]:
    """Return what has changed and what is not served, in the order of the contract, and then what is new.

    What cannot be seen is not different: the labels of a metric without series, a native histogram in a text.
    """
    found = list(promised)
    known = {metric.name for metric in found}
    changed = [each for metric in found if (each := _difference(metric, _counterpart(metric, served)))]
    new = [each for name, each in served.items() if name not in known and not is_of_client(name)]
    return [*changed, *(Difference(None, each.promise()) for each in new if each.labels is not None)]


def without_series(promised: Iterable[Metric], served: Mapping[str, Served]) -> list[str]:
    """Return the names of new metrics that have no series yet, so that their labels are not known."""
    known = {name for metric in promised for name in (metric.name, _short_name(metric))}
    new = [each for name, each in served.items() if name not in known and not is_of_client(name)]
    return [each.name for each in new if each.labels is None]


def is_of_client(name: str) -> bool:
    """Return whether a metric is about the client library or the runtime itself."""
    return name.startswith(_OF_CLIENTS) or name in _OF_OPENTELEMETRY


def _short_name(metric: Metric) -> str:
    suffix = {"counter": "_total", "info": "_info"}.get(metric.kind, "")
    return metric.name.removesuffix(suffix)


def _counterpart(metric: Metric, served: Mapping[str, Served]) -> Served | None:
    return served.get(metric.name) or served.get(_short_name(metric))


def _difference(metric: Metric, now: Served | None) -> Difference | None:
    if now is None:
        return None if metric.native else Difference(metric, None)
    after = _of_kind(metric, now)
    if now.labels is not None:
        labels = {name: values for name, values in now.labels.items() if name != metric.name}
        after = _with_parts(replace(after, labels=tuple(_labels(metric, labels))), now)
    details = tuple(_details(metric, after))
    return Difference(metric, after, details) if details else None


def _of_kind(metric: Metric, now: Served) -> Metric:
    if now.kind in (metric.kind, _TEXT_TYPES.get(metric.kind)):
        return metric
    new = now.promise()
    return replace(metric, kind=new.kind, buckets=new.buckets, quantiles=new.quantiles, states=new.states, native=False)


def _labels(metric: Metric, now: Mapping[str, frozenset[str]]) -> Iterator[Label]:
    """Yield the labels of the contract that are there, then the new ones. A closed set takes in what is served."""
    for label in metric.labels:
        if label.name in now:
            further = sorted(now[label.name] - {*label.values}) if label.values else []
            yield replace(label, values=(*label.values, *further))
    known = {label.name for label in metric.labels}
    yield from (Label(name) for name in sorted(now) if name not in known)


def _with_parts(metric: Metric, now: Served) -> Metric:
    """Return `metric` with the buckets, quantiles or states that are served, where the contract names others."""
    if metric.kind == "stateset":
        states = now.parts or tuple(sorted((now.labels or {}).get(metric.name, ())))
        kept = [state for state in metric.states if state in states]
        return replace(metric, states=(*kept, *(state for state in states if state not in kept))) if states else metric
    if not now.numbers:
        return metric
    if metric.kind == "histogram" and metric.buckets and sorted(metric.buckets) != [*now.numbers]:
        return replace(metric, buckets=now.numbers)
    if metric.kind == "summary" and metric.quantiles and sorted(metric.quantiles) != [*now.numbers]:
        return replace(metric, quantiles=now.numbers)
    return metric


def _details(before: Metric, after: Metric) -> Iterator[str]:
    if before.kind != after.kind:
        yield f"type {before.kind} -> {after.kind}"
    old, new = ({label.name: label for label in metric.labels} for metric in (before, after))
    signs = [f"-{name}" for name in old if name not in new] + [f"+{name}" for name in new if name not in old]
    if signs:
        yield f"labels {', '.join(signs)}"
    for name in (each for each in old if each in new):
        further = [value for value in new[name].values if value not in old[name].values]
        if further:
            yield f"values of {name} {', '.join(f'+{value}' for value in further)}"
    for field in ("buckets", "quantiles", "states"):
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield f"{field} {_listed(was)} -> {_listed(now)}"


def _described(metric: Metric) -> Iterator[str]:
    yield metric.kind
    if metric.labels:
        yield f"labels {' '.join(label.name for label in metric.labels)}"
    for field in ("buckets", "quantiles", "states"):
        if values := getattr(metric, field):
            yield f"{field} {_listed(values)}"


def _listed(values: Iterable[float | str]) -> str:
    return " ".join(value if isinstance(value, str) else f"{value:g}" for value in values) or "none"

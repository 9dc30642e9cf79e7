"""Metrics contracts: the metrics that a service promises, inline or in a file that several services share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.base import Model
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.fields import MetricName
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.service_schema import ContractModel, MetricModel, ServiceModel
from stackctl.manifest.text import read_named
from stackctl.manifest.validate import show_path, validate
from stackctl.model import Contract, Label, Metric
from stackctl.source import Position

# Labels that Prometheus sets on every series.
OF_THE_SCRAPE = frozenset({"job", "instance"})
# The keys that only one type has.
_OWN_KEYS = {"buckets": "histogram", "native": "histogram", "quantiles": "summary", "states": "stateset"}
_OWN_LABELS = {"histogram": "le", "summary": "quantile"}
PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z_][A-Za-z0-9_]*)\}")

Found = tuple[Place, str, str]
Metrics = Mapping[str, MetricModel]


class _ContractFile(Model):
    metrics: dict[MetricName, MetricModel]

    @model_validator(mode="before")
    @classmethod
    def _mapping_is_metrics(cls, value: Any) -> Any:
        return {"metrics": value}


def read_contract(
    document: Document, path: Place, service: ServiceModel, root: Path, problems: Problems
) -> Contract | None:
    """Return the contract of the service at `path` of the manifest.

    None without one, and if its file has problems, which are added to `problems`.
    """
    model = service.metrics
    if model is None:
        return None
    place = (*path, "metrics")
    inline = _metrics(document, inline_place(place, model), model.metrics)
    shared = _from_file(document, place, model, service, root, problems) if model.file else []
    if shared is None or problems.extend(_told_twice(shared, inline)):
        return None
    return Contract((*shared, *inline), document.position(place, key=True), model.file or "", model.with_)


def read_metrics(
    text: str, shown: str, values: Mapping[str, str], place: Place, problems: Problems
) -> list[Metric] | None:
    """Return the metrics of the mapping at `place` of a file `shown` with `text`, whose placeholders have `values`.

    None if that is no contract, with what is wrong added to `problems`.
    """
    filled = _filled(text, shown, values, Position(shown), problems) if values else text
    document = parse(filled or "", shown)
    if filled is None or problems.extend(document.problems):
        return None
    for part in place:
        document.value = document.value.get(str(part)) if isinstance(document.value, dict) else None
    model = validate(document, _ContractFile, problems)
    if model is None:
        return None
    any_service = ServiceModel.model_construct(honor_labels=True)
    if problems.extend(place_problem(document, place, each) for each in contradictions(model.metrics, any_service)):
        return None
    return _metrics(document, place, model.metrics)


def inline_place(place: Place, contract: ContractModel) -> Place:
    """Return the place of the inline metrics of the contract at `place`: with a file, they are under their own key."""
    return (*place, "metrics") if contract.file else place


def contradictions(metrics: Metrics, service: ServiceModel) -> Iterator[Found]:
    """Yield promises that no scrape could keep, each with its place below the metrics."""
    for name, metric in metrics.items():
        yield from (((name, *place), message, remedy) for place, message, remedy in _metric(name, metric, service))
    yield from _same_series(metrics)


def taken_labels(service: ServiceModel) -> frozenset[str]:
    """The labels that the scrape sets itself; a metric's own label of that name would be renamed."""
    if service.honor_labels:
        return frozenset()
    if service.push:
        return OF_THE_SCRAPE | service.push.grouping.keys()
    return OF_THE_SCRAPE | {*service.labels, *(label for target in service.targets or () for label in target.labels)}


def _metric(name: str, metric: MetricModel, service: ServiceModel) -> Iterator[Found]:
    for key, kind in _OWN_KEYS.items():
        if getattr(metric, key) and metric.type != kind:
            yield (key,), f"a {metric.type} has no `{key}`", f"Remove it, or write `type: {kind}`."
    if metric.type == "stateset" and not metric.states:
        yield (), "a state set needs its `states`", "Add them, from good to bad: `states: [healthy, degraded, failed]`."
    if metric.type == "info" and not name.endswith("_info"):
        yield (), f"an info metric is exposed as `{name}_info`", f"Name it `{name}_info`."
    if metric.range and metric.type == "histogram" and min(metric.range) <= 0:
        yield ("range",), "the range of a histogram must be greater than zero", "Write the smallest real value."
    if metric.range and metric.type == "counter" and min(metric.range) < 0:
        yield ("range",), "a counter cannot fall", "Write its rate per second: when idle, and when saturated."
    yield from _labels(name, metric, service)


def _labels(name: str, metric: MetricModel, service: ServiceModel) -> Iterator[Found]:
    taken = taken_labels(service)
    own = name if metric.type == "stateset" else _OWN_LABELS.get(metric.type)
    for label, model in metric.labels.items():
        place = ("labels", label)
        if label == own:
            yield place, f"every {metric.type} has the label `{label}` already", "Remove it."
        if label in taken and service.push:
            yield place, f"the push sets the label `{label}` itself", "Rename it or remove it: it would be overwritten."
        elif label in taken:
            remedy = f"Rename it or remove it; `honor_labels: true` keeps it. It would be found as `exported_{label}`."
            yield place, f"the scrape sets the label `{label}` itself", remedy
        if model.values and model.examples:
            yield place, "a closed set of values needs no examples", "Remove the `examples`."


def _same_series(metrics: Metrics) -> Iterator[Found]:
    """Two metrics whose series would have the same name: a histogram `x` and a counter `x_count`."""
    owner: dict[str, str] = {}
    for name, metric in metrics.items():
        for sample in Metric(name, metric.type, Position("")).samples:
            if sample in owner:
                yield (name,), f"its series `{sample}` belong to `{owner[sample]}` too", "Rename one of the two."
            owner.setdefault(sample, name)


def _metrics(document: Document, place: Place, metrics: Metrics) -> list[Metric]:
    return [_built(name, model, document.position((*place, name), key=True)) for name, model in metrics.items()]


def _built(name: str, model: MetricModel, origin: Position) -> Metric:
    return Metric(
        name=name,
        kind=model.type,
        origin=origin,
        labels=tuple(Label(each, tuple(of.values), tuple(of.examples)) for each, of in model.labels.items()),
        unit=model.unit,
        help=model.help,
        buckets=model.buckets or (),
        quantiles=tuple(model.quantiles),
        states=tuple(model.states),
        range=model.range,
        native=model.native,
    )


def _told_twice(shared: Collection[Metric], inline: Collection[Metric]) -> list[Diagnostic]:
    first = {metric.name: metric.origin for metric in shared}
    return [
        Diagnostic(
            "contract.duplicate",
            f"`{metric.name}` is promised twice: also by {first[metric.name]}",
            metric.origin,
            remedy="Remove one of the two.",
        )
        for metric in inline
        if metric.name in first
    ]


def _from_file(
    document: Document, place: Place, model: ContractModel, service: ServiceModel, root: Path, problems: Problems
) -> list[Metric] | None:
    assert model.file  # noqa: S101 - the caller has looked
    at = document.position((*place, "file"))
    text = read_named(root, model.file, at, problems)
    if text is None:
        return None
    filled = _filled(text, model.file, model.with_, document.position((*place, "with"), key=True), problems)
    return None if filled is None else _read(filled, model.file, service, problems)


def _filled(text: str, shown: str, values: Mapping[str, str], at: Position, problems: Problems) -> str | None:
    """Return `text` with its placeholders replaced; None if one cannot be."""
    found = Problems()
    used: set[str] = set()
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        for match in _placeholders(line):
            used.add(match[1])
            if match[1] not in values:
                found.add(_unknown(match, Position(shown, number, match.start() + 1, line), values))
        lines.append(PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), line))
    for name in values:
        if name not in used:
            remedy = f"Remove it, or write `{{{name}}}` where it belongs."
            summary = f"{shown} has no placeholder `{{{name}}}` for this value"
            found.add(Diagnostic("contract.placeholder", summary, at, remedy=remedy))
    return None if problems.extend(found) else "\n".join(lines) + "\n"


def _placeholders(line: str) -> list[re.Match[str]]:
    """The placeholders of a line; what a comment says needs no value."""
    return [] if line.lstrip().startswith("#") else list(PLACEHOLDER.finditer(line))


def _unknown(match: re.Match[str], at: Position, values: Mapping[str, str]) -> Diagnostic:
    from difflib import get_close_matches

    close = get_close_matches(match[1], values, n=1)
    remedy = f"Did you mean `{{{close[0]}}}`?" if close else f"Set it next to `file`: `with: {{{match[1]}: ...}}`."
    return Diagnostic("contract.placeholder", f"the placeholder `{match[0]}` has no value", at, remedy=remedy)


def _read(text: str, shown: str, service: ServiceModel, problems: Problems) -> list[Metric] | None:
    contract = parse(text, shown)
    if problems.extend(contract.problems):
        return None
    if contract.value is None:
        remedy = "Write a metric in each line, like `jobs_total: counter`."
        problems.add(Diagnostic("contract.empty", "the contract is empty", Position(shown), remedy=remedy))
        return None
    model = validate(contract, _ContractFile, problems)
    if model is None:
        return None
    if problems.extend(place_problem(contract, (), each) for each in contradictions(model.metrics, service)):
        return None
    return _metrics(contract, (), model.metrics)


def place_problem(document: Document, base: Place, found: Found) -> Diagnostic:
    """The problem with what is at a place below `base`."""
    place, message, remedy = found
    whole = (*base, *place)
    return Diagnostic(
        "contract.content", f"{show_path(whole)}: {message}", document.position(whole, key=True), remedy=remedy
    )

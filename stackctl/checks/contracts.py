"""`contract.metric` and `contract.labels`: what is really scraped is what the service's contract promises.

A metric with labels that has not been incremented yet has no series. It counts as there when its type is announced.
`contract.unlisted` names what is scraped and not promised, which breaks no promise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from stackctl.backing.announced import MEMORY_SCRAPES
from stackctl.backing.metric_summary import SHOWN, SUFFIXES, Scraped, Shape, Source, look
from stackctl.checks import pushed
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, Labels, Prometheus
from stackctl.contract.differences import is_of_client
from stackctl.contract.served import is_creation_time
from stackctl.diagnostic import Diagnostic, listed
from stackctl.model import Metric, Service
from stackctl.promql.selectors import Selector
from stackctl.source import Position
from stackctl.verification import second_scrape, targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

METRIC = "contract.metric"
LABELS = "contract.labels"
UNLISTED = "contract.unlisted"

# What the older text format calls the types that it lacks.
_TEXT_TYPES = {"info": "gauge", "stateset": "gauge"}
_CONCURRENCY = 4


def check(context: Context) -> Iterable[Diagnostic]:
    """Two findings for every metric of a contract and one for all others; one for a service that is not scraped."""
    sources = list(_sources(context))
    if not sources:
        return []
    seen = targets.settle(context)
    client = context.prometheus()
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        looks = pool.map(lambda source: _source(context, client, source, seen), sources)
        return [finding for findings in looks for finding in findings]


def _sources(context: Context) -> Iterator[Source]:
    for job in context.jobs:
        if job.service and job.service.contract:
            yield Source(job.service, job.service.contract, job, (job.name,))
    server = context.stack.pushgateway
    gateway = next((job for job in context.jobs if server and job.component is server), None)
    for service in context.stack.services:
        if gateway and service.contract and service.push:
            grouping = frozenset({"job", "instance", *service.push.grouping})
            yield Source(service, service.contract, gateway, (service.push.job,), grouping)


def _source(
    context: Context, client: Prometheus, source: Source, seen: targets.TargetStates | NoAnswer
) -> list[Diagnostic]:
    job = source.job
    subject = Subject(METRIC, source.service.name, source.contract.origin)
    if targets.is_skipped(context, job):
        return [subject.skipped(f"the {'service' if source.grouping is None else 'Pushgateway'} is not running")]
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen)]
    up = [target for target in seen.targets if target.job == job.name and target.health == "up" and seen.fresh(target)]
    if not up:
        return [subject.skipped("nothing is scraped: none of its targets is up", "See the results of `target.up`.")]
    if source.grouping is not None and pushed.refused_of(context, source.service):
        return [subject.depends("its last push was refused", f"{pushed.ID} {source.service.name}")]
    if source.grouping is None:  # relabelling may have changed the label
        source = replace(source, labels=tuple(sorted({target.labels.get("job", "") for target in up})))
    try:
        found = _compared(context, client, source, up)
        if any(finding.status == "fail" for finding in found):
            second_scrape.wait(context, seen)
            return _compared(context, client, source, up)
    except NoAnswer as error:
        return [subject.unanswered(error)]
    return found


def _compared(context: Context, client: Prometheus, source: Source, up: Sequence[ActiveTarget]) -> list[Diagnostic]:
    """The findings of one look at what is scraped. Raises NoAnswer when Prometheus gives none."""
    scraped, going = _ignoring_stale_metadata(context, client, source, up)
    metrics = source.contract.metrics
    found = [finding for each in metrics for finding in _metric(source.service, each, scraped, each.name in going)]
    # A Pushgateway announces the types of all that is pushed to it.
    return found if source.grouping is not None else [*found, _unlisted(source, scraped)]


def _ignoring_stale_metadata(
    context: Context, client: Prometheus, source: Source, up: Sequence[ActiveTarget]
) -> tuple[Scraped, frozenset[str]]:
    """Return what is scraped, and the metrics that may be gone already.

    Prometheus remembers a TYPE line for ten scrapes. A metric that is announced and has no series, but had some in
    that time, was either not counted since a restart or is no longer served: waiting tells, if there is the time.
    """
    scraped = look(client, source, up)
    suspects = [each for each in source.contract.metrics if scraped.kinds(each) and not scraped.count(each)]
    seconds = MEMORY_SCRAPES * context.interval(source.job)
    going = [each for each in suspects if any(_had(client, source, name, seconds) for name in each.samples)]
    if not going:
        return scraped, frozenset()
    seen = context.settle(
        lambda: look(client, source, up),
        lambda now: not any(now.kinds(each) and not now.count(each) for each in going),
        within=min(seconds, context.seconds),
    )
    if isinstance(seen, NoAnswer):
        raise seen
    waited_enough = context.seconds >= seconds
    return seen, frozenset() if waited_enough else frozenset(each.name for each in going)


def _had(client: Prometheus, source: Source, name: str, seconds: float) -> bool:
    return client.had(Selector(name, (source.condition,)).text, seconds)


# -- the metric -----------------------------------------------------------------------------------------------


def _metric(service: Service, metric: Metric, scraped: Scraped, going: bool) -> list[Diagnostic]:
    subject = Subject(METRIC, f"{service.name}/{metric.name}", metric.origin)
    kinds, count = scraped.kinds(metric), scraped.count(metric)
    fault = _existence(metric, kinds, scraped) or _type(metric, kinds) or _presence(metric, scraped)
    if fault:
        return [subject.failed(*fault, stage="loaded")]
    labels = Subject(LABELS, subject.name, metric.origin)
    if not count and going:
        summary = "it has no series any more; Prometheus may only keep stale metadata of it"
        remedy = "Run `stackctl verify` again after ten scrapes, or with a longer --timeout."
        return [subject.warned(summary, remedy), labels.skipped("there are no series to check")]
    if not count:
        known = f"{metric.kind}, not counted yet"
        return [subject.passed(known), labels.skipped("there are no series to check: nothing has been counted yet")]
    return [
        subject.passed(f"{metric.kind}, {count} series"),
        _labels(labels, metric, count, scraped.shapes[metric.name]),
    ]


Fault = tuple[str, str, str] | None


def _existence(metric: Metric, kinds: Mapping[str, str], scraped: Scraped) -> Fault:
    if not kinds:
        nearest = scraped.nearest(metric.name)
        hint = f"There is `{nearest}`: was it renamed? " if nearest else ""
        remedy = f"{hint}Make the service expose it, or remove it from the contract."
        return "it is not among the scraped metrics", remedy, ""
    lacking = [instance for instance in scraped.instances if instance not in kinds]
    if lacking:
        summary = f"{len(lacking)} of {len(scraped.instances)} targets do not serve it"
        return summary, "Run the same version on all targets.", "\n".join(lacking[:SHOWN])
    return None


def _type(metric: Metric, kinds: Mapping[str, str]) -> Fault:
    wrong = {at: kind for at, kind in kinds.items() if kind not in (metric.kind, _TEXT_TYPES.get(metric.kind))}
    if not wrong:
        return None
    kind = next(iter(wrong.values()))
    evidence = "\n".join(f"{instance}: {kind}" for instance, kind in list(wrong.items())[:SHOWN])
    if kind in ("unknown", "untyped"):
        return (
            f"it has no type; the contract promises a {metric.kind}",
            "Make the service send a `# TYPE` line.",
            evidence,
        )
    remedy = f"Write `type: {kind}` in the contract, or fix the service."
    return f"it is a {kind}; the contract promises a {metric.kind}", remedy, evidence


def _presence(metric: Metric, scraped: Scraped) -> Fault:
    if scraped.count(metric):
        return None
    longer = f"{metric.name}{SUFFIXES.get(metric.kind, '')}"
    if longer != metric.name and longer in scraped.names:
        return f"its series are named `{longer}`", f"Name it `{longer}` in the contract, as OpenMetrics does.", ""
    if metric.labels:
        return None
    return "its type is declared, but it has no series", "Make the service initialize it when it starts.", ""


def _unlisted(source: Source, scraped: Scraped) -> Diagnostic:
    """Name the metrics that have series and are not in the contract, without those of client libraries."""
    subject = Subject(UNLISTED, source.service.name, source.contract.origin)
    kinds = {name: kind for types in scraped.types.values() for name, kind in types.items()}
    promised = {name for each in source.contract.metrics for name in (each.name, *scraped.announced(each))}
    beyond = sorted(
        name
        for name in kinds.keys() - promised
        if not is_of_client(name) and not is_creation_time(name, kinds) and _has_series(name, kinds[name], scraped)
    )
    if not beyond:
        return subject.passed("nothing else is scraped")
    verb = "is" if len(beyond) == 1 else "are"
    return subject.passed(f"{_quoted(beyond)} {verb} scraped, and not in the contract")


def _has_series(name: str, kind: str, scraped: Scraped) -> bool:
    samples = Metric(name, kind, Position("")).samples
    return any(each in scraped.names for each in (name, *samples, f"{name}{SUFFIXES.get(kind, '')}"))


# -- the labels -----------------------------------------------------------------------------------------------


def _labels(subject: Subject, metric: Metric, count: int, shape: Shape) -> Diagnostic:
    declared = [label.name for label in metric.labels]
    missing = sorted(label for label in declared if shape.lacking.get(label) == count)
    extra = sorted(shape.extra)
    if missing or extra:
        said, remedy = _difference(missing, extra), _label_remedy(missing, extra)
        return subject.failed(said, remedy, _shown(shape.some), stage="loaded")
    fault = _values(metric, shape) or _parts(metric, shape.parts)
    if fault:
        return subject.failed(*fault, stage="loaded")
    return subject.passed(", ".join(sorted(declared)) or "no labels")


def _difference(missing: Sequence[str], extra: Sequence[str]) -> str:
    said = [f"lack {_quoted(missing)}"] if missing else []
    said += [f"have {_quoted(extra)}, which the contract does not have"] if extra else []
    return f"its series {' and '.join(said)}"


def _label_remedy(missing: Sequence[str], extra: Sequence[str]) -> str:
    if missing and extra:
        return f"If {_quoted(missing)} was renamed, write {_quoted(extra)} in the contract; otherwise fix the service."
    if missing:
        return f"Remove {_quoted(missing)} from the contract, or make the service set it."
    return f"Add {_quoted(extra)} to the contract's `labels`, or make the service omit it."


def _values(metric: Metric, shape: Shape) -> Fault:
    for label in metric.labels:
        found = shape.beyond.get(label.name)
        if found:
            # A label without a value is no label to Prometheus.
            unknown = sorted({labels.get(label.name, "") for labels in found})
            summary = f"`{label.name}` has values outside its closed set: {_quoted(unknown)}"
            remedy = f"Add them to the contract, or make the service use only {_quoted(label.values)}."
            return summary, remedy, _shown(found)
    return None


def _parts(metric: Metric, values: Collection[str]) -> Fault:
    """Return the fault in the buckets, quantiles or states."""
    if metric.kind == "stateset":
        remedy = "Write its actual states in the contract, or fix the service."
        return None if set(values) == set(metric.states) else (f"its states are {_quoted(sorted(values))}", remedy, "")
    promised = metric.buckets or metric.quantiles
    found = sorted({float(value) for value in values} - {float("inf")})
    if not promised or found == sorted(promised):
        return None
    what = "buckets" if metric.kind == "histogram" else "quantiles"
    shown = ", ".join(f"{value:g}" for value in found)
    remedy = f"Write `{what}: [{shown}]` in the contract, or fix the service."
    return f"its {what} differ from the contract", remedy, f"scraped: {shown}"


def _quoted(names: Iterable[str]) -> str:
    return listed([f"`{name}`" for name in names], SHOWN)


def _shown(series: Sequence[Labels]) -> str:
    lines = [", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) for labels in series[:SHOWN]]
    return "\n".join(f"{{{line}}}" for line in lines)

"""Contracts brought up to date with what the targets of their services serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from stackctl.contract.differences import Difference, differences, is_of_client, without_series
from stackctl.contract.rewrite import Edit, NotWritable, Source, applied
from stackctl.contract.served import served, without_type
from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, raise_if_any
from stackctl.exposition import Exposition
from stackctl.manifest.contracts import OF_THE_SCRAPE, read_metrics
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named, read_text
from stackctl.model import Contract, Metric, Service, Stack
from stackctl.operations.contract_source import (
    ask_prometheus,
    ask_targets,
    obstacle,
    read_file,
    running_prometheus,
)
from stackctl.scrape import job_of
from stackctl.source import Position

_CONCURRENCY = 8


@dataclass(frozen=True)
class Part:
    """A file that holds a part of a contract: the mapping at `place`. `values` are those of its placeholders."""

    path: Path
    shown: str
    source: Source
    place: tuple[str | int, ...]
    values: Mapping[str, str]
    is_own_file: bool


@dataclass(frozen=True)
class Update:
    """Differences of the contract of a service.

    remarks   metrics that are served and cannot be added
    edits     file -> the changes of its text; None for a contract that cannot be written
    obstacle  the reason why it cannot
    """

    service: str
    differences: tuple[Difference, ...]
    remarks: tuple[str, ...] = ()
    edits: Mapping[Path, tuple[Edit, ...]] | None = None
    obstacle: Diagnostic | None = None


@dataclass(frozen=True)
class Updates:
    """All updates of one run; `texts` are the files to write with their new texts."""

    updates: tuple[Update, ...]
    texts: Mapping[Path, str]

    @property
    def obstacles(self) -> tuple[Diagnostic, ...]:
        """The reasons why contracts cannot be written."""
        return tuple(each.obstacle for each in self.updates if each.obstacle)


def find_updates(manifest: Path, names: Sequence[str], source: Path | None = None, *, stored: bool = False) -> Updates:
    """Compare contracts with what is served, and return what is to be written. Nothing is written.

    names   the services; () for all that have a contract and targets
    source  a file with what the service serves, in place of its targets
    stored  whether to ask the Prometheus of the running stack, in place of the targets

    Raises InputError for a bad manifest, for services that have no contract or cannot be asked, and for a bad
    `source`; Unavailable when a target does not serve metrics, or no stack runs.
    """
    from stackctl.manifest import load

    stack = load(manifest)
    services = _chosen(stack, names, source, stored)
    found = [[read_file(source)]] if source else _asked(manifest, stack, services, stored)
    updates = [
        _update(manifest, stack, service, contract, scrapes, frozenset() if stored else _taken(service))
        for service, scrapes in zip(services, found, strict=True)
        if (contract := service.contract)
    ]
    return _joined(manifest, stack, updates)


# -- which, and from where ------------------------------------------------------------------------------------


def _chosen(stack: Stack, names: Sequence[str], source: Path | None, stored: bool) -> list[Service]:
    known = {service.name: service for service in stack.services if not service.component}
    raise_if_any(
        Diagnostic(
            "usage.unknown-name", f"there is no service `{name}`", remedy=f"There are: {', '.join(known) or 'none'}."
        )
        for name in names
        if name not in known
    )
    chosen = [known[name] for name in dict.fromkeys(names)]
    if source and stored:
        raise InputError.of(
            "usage.conflict", "--from and --prometheus cannot be used together", remedy="Use only one of them."
        )
    if source and len(chosen) != 1:
        raise InputError.of(
            "usage.conflict", "--from needs the name of one service", remedy="Name the service that serves this."
        )
    raise_if_any(problem for each in chosen if (problem := _unasked(each, source, stored)))
    chosen = chosen or [each for each in known.values() if each.contract and _unasked(each, source, stored) is None]
    if not chosen:
        summary = "no service has a contract and targets that can be asked"
        raise InputError.of("contract.not-updated", summary, remedy="Name a service to see what is missing.")
    return chosen


def _unasked(service: Service, source: Path | None, stored: bool) -> Diagnostic | None:
    """Return why what a service serves cannot be compared with its contract."""
    if service.contract is None:
        remedy = "Add `metrics` to it, with a first metric: `jobs_total: counter`."
        return _refusal(service, f"the service `{service.name}` has no contract", remedy)
    if stored:
        return None
    if service.scrape.get("metric_relabel_configs"):
        summary = f"`metric_relabel` changes the metrics of `{service.name}` after they are scraped"
        return _refusal(service, summary, "Compare with what is stored: run the stack, and add `--prometheus`.")
    found = None if source else obstacle(service)
    return _refusal(service, *found) if found else None


def _asked(manifest: Path, stack: Stack, services: Sequence[Service], stored: bool) -> list[list[Exposition]]:
    """Return the scrapes of each service."""
    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        if not stored:
            return list(pool.map(ask_targets, services))
        prometheus = running_prometheus(manifest, stack)
        return list(pool.map(lambda service: [ask_prometheus(prometheus, service, job_of(service, stack))], services))


def _refusal(service: Service, summary: str, remedy: str) -> Diagnostic:
    place = service.contract.origin if service.contract else service.origin
    return Diagnostic("contract.not-updated", summary, place, remedy=remedy)


# -- what is different ----------------------------------------------------------------------------------------


def _update(
    manifest: Path,
    stack: Stack,
    service: Service,
    contract: Contract,
    scrapes: Sequence[Exposition],
    taken: frozenset[str],
) -> Update:
    metrics = served(scrapes, taken)
    found = tuple(differences(contract.metrics, metrics))
    unlabelled = [f"{name} (no series yet)" for name in without_series(contract.metrics, metrics)]
    update = Update(
        service.name,
        found,
        (*unlabelled, *(f"{name} (no type)" for name in without_type(scrapes) if not is_of_client(name))),
    )
    if len([each for each in found if each.before and not each.after]) == len(contract.metrics) > 0:
        summary = f"nothing that the contract of `{service.name}` promises is served"
        remedy = "Check that its targets are the right ones, or empty the contract by hand."
        return replace(update, obstacle=_refusal(service, summary, remedy))
    if not found:
        return replace(update, edits={})
    try:
        return replace(update, edits=_edits(manifest, stack, service, contract, found))
    except NotWritable as error:
        summary = f"the contract of `{service.name}` cannot be changed: {error}"
        remedy = "Write each metric in a line of its own, or change the contract by hand."
        return replace(update, obstacle=_refusal(service, summary, remedy))


def _taken(service: Service) -> frozenset[str]:
    """Return the labels that the scrape sets itself."""
    if service.scrape.get("honor_labels"):
        return frozenset()
    return OF_THE_SCRAPE | {*service.labels, *(label for target in service.targets for label in target.labels)}


def _edits(
    manifest: Path, stack: Stack, service: Service, contract: Contract, found: Sequence[Difference]
) -> dict[Path, tuple[Edit, ...]]:
    """Return the changes of each file that holds a part of the contract. Raises NotWritable."""
    parts = list(_parts(manifest, stack, service, contract))
    left = list(found)
    edits: dict[Path, tuple[Edit, ...]] = {}
    for index, part in enumerate(parts):
        written = part.source.names(part.place)
        mine = [each for each in left if each.name in written or (each.before is None and index == 0)]
        left = [each for each in left if each not in mine]
        if mine:
            made = part.source.edits(part.place, mine, part.values, file=part.is_own_file)
            _confirm(part, made, [metric for metric in contract.metrics if metric.name in written], mine)
            edits[part.path] = (*edits.get(part.path, ()), *made)
    if left:
        raise NotWritable(f"`{left[0].name}` is not written where it is used")
    return edits


def _parts(manifest: Path, stack: Stack, service: Service, contract: Contract) -> Iterator[Part]:
    """Yield the parts of a contract: new metrics go into the first."""
    problems = Problems()
    place: tuple[str | int, ...] = ("services", service.name, "metrics")
    if contract.file:
        text = read_named(stack.root, contract.file, contract.origin, problems) or ""
        source = Source.of(text, contract.values)
        yield Part(manifest.parent / contract.file, contract.file, source, (), contract.values, True)
        place = (*place, "metrics")
    text = read_text(manifest, str(manifest), problems) or ""
    raise_if_any(problems)
    source = Source.of(text, {})
    if not contract.file or source.names(place):
        yield Part(manifest, str(manifest), source, place, {}, False)


def _confirm(part: Part, edits: Sequence[Edit], before: Sequence[Metric], found: Sequence[Difference]) -> None:
    """Read the new text of a part again. Raises NotWritable when it does not say exactly what is served."""
    changed = {each.name: each.after for each in found}
    wanted = [changed.get(metric.name, metric) for metric in before] + [each.after for each in found if not each.before]
    read = read_metrics(applied(part.source.text, edits), part.shown, part.values, part.place, Problems())
    if read is None or _content(read) != _content([metric for metric in wanted if metric]):
        raise NotWritable("its form is one that this command does not know")


def _content(metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Return metrics by name, without their places; labels have no order."""
    return {
        each.name: replace(each, origin=Position(""), labels=tuple(sorted(each.labels, key=lambda label: label.name)))
        for each in metrics
    }


# -- files ----------------------------------------------------------------------------------------------------


def _joined(manifest: Path, stack: Stack, updates: Sequence[Update]) -> Updates:
    """Return the updates with the new text of each file. Services that share one have to agree."""
    agreed = [_agreed(manifest, each, stack, updates) for each in updates]
    edits: dict[Path, dict[tuple[Edit, ...], None]] = {}
    for update in agreed:
        for path, made in (update.edits or {}).items():
            edits.setdefault(path, {})[made] = None
    texts = {}
    for path, sets in edits.items():
        text = read_text(path, str(path), Problems()) or ""
        texts[path] = applied(text, [edit for made in sets for edit in made])
    return Updates(tuple(agreed), {path: text for path, text in texts.items() if edits[path]})


def _agreed(manifest: Path, update: Update, stack: Stack, updates: Sequence[Update]) -> Update:
    """Return the update without its changes when another service that shares the file needs other ones."""
    services = {service.name: service for service in stack.services}
    mine = services[update.service]
    if update.edits is None or not mine.contract or not mine.contract.file:
        return update
    path = manifest.parent / mine.contract.file
    compared = {each.service: each for each in updates}
    for name in (each.name for each in stack.services if each.contract and each.contract.file == mine.contract.file):
        other = compared.get(name)
        if other is None and path in update.edits:
            summary = f"{mine.contract.file} is the contract of `{name}` as well"
            remedy = f"Compare both: `stackctl contract update {update.service} {name}`."
        elif other and (other.edits is None or other.edits.get(path) != update.edits.get(path)):
            summary = f"{mine.contract.file} is the contract of `{name}` as well, which serves other metrics"
            remedy = "Run the same version of both, or move what differs from the file to `metrics` of each service."
        else:
            continue
        return replace(update, edits=None, obstacle=_refusal(mine, summary, remedy))
    return update

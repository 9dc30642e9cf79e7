"""Packs that a stack could use and does not: what they need is there, so that adding them would pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from stackctl import conventions as c
from stackctl.manifest.packs.library import FOLDERS, Library, Pack
from stackctl.manifest.packs.schema import DASHBOARD, RULES
from stackctl.manifest.packs.template import filled
from stackctl.manifest.packs.uses import Subject, resolved
from stackctl.model import Service, Stack
from stackctl.promql.selectors import read

# What Prometheus itself makes of every scrape.


@dataclass(frozen=True)
class Fit:
    """A pack of a `kind` for what is at a place of the manifest: "services.api", "exporters.redis"."""

    kind: str
    pack: str
    place: str


def fits(stack: Stack, library: Library) -> tuple[Fit, ...]:
    """The packs for single services and components that `stack` does not use. Dashboards need a Grafana.

    A component that runs is enough for its packs. A service's contract has to name all that a pack asks for.
    """
    kinds = (RULES, DASHBOARD) if stack.grafana else (RULES,)
    packs = [pack for kind in kinds for name in library.names(kind) if (pack := library.pack(kind, name))]
    return tuple(
        Fit(pack.model.kind, pack.name, place)
        for place, subjects, fitting in _subjects(stack, packs)
        for pack in fitting
        if stack.packs.isdisjoint((pack.model.kind, pack.name, subject) for subject in subjects)
    )


def _subjects(stack: Stack, packs: Iterable[Pack]) -> Iterator[tuple[str, set[str], list[Pack]]]:
    """The place and the names of each service and component, and the packs for it."""
    watched = _is_watched(stack)
    for service in stack.services:
        if not service.component:
            fitting = [pack for pack in packs if pack.model.scope == "service" and _suits(pack, service, watched)]
            yield f"services.{service.name}", {service.name}, fitting
    for name, place, kind in _running(stack):
        yield place, {name, kind}, [pack for pack in packs if pack.model.component == kind]


def _running(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """The name and the place of each component, and what it is; one that exports for itself is a service."""
    exporters = {exporter.name for exporter in stack.exporters}
    for component in (each for each in stack.components if each.scrape):
        is_exporter = component.name in exporters
        place = f"exporters.{component.name}" if is_exporter else component.name
        yield component.name, place, component.component_name
    yield from ((each.name, f"exporters.{each.name}", each.component) for each in stack.services if each.component)


def _suits(pack: Pack, service: Service, watched: bool) -> bool:
    """Return whether the contract of `service` sets the pack's required parameters, and promises its metrics."""
    context = resolved(pack, Subject(service.name, "", service.contract))
    if context is None:
        return False
    needed = {name for need in pack.model.metrics if (name := filled(need, context))} - {*c.SERIES_OF_SCRAPES}
    if not needed:
        return not watched
    return needed <= {metric.name for metric in (service.contract.metrics if service.contract else ())}


def _is_watched(stack: Stack) -> bool:
    """Return whether a rule of the stack asks already whether targets answer."""
    return any(_asks_for_up(rule.expr) for file in stack.rules for rule in file.rules)


def _asks_for_up(expr: str) -> bool:
    try:
        return any(selector.name == "up" for selector in read(expr).selectors)
    except ValueError:  # of a Prometheus that is newer than the parser
        return False


def lines(found: Iterable[Fit]) -> list[str]:
    """The same for people: a line for all places that have the same packs."""
    places: dict[str, list[str]] = {}
    for place, of_place in groupby(found, key=lambda fit: fit.place):
        kinds: dict[str, list[str]] = {}
        for fit in of_place:
            kinds.setdefault(fit.pack, []).append(FOLDERS[fit.kind])
        packs = ", ".join(f"{name} ({', '.join(under)})" for name, under in kinds.items())
        places.setdefault(packs, []).append(place)
    return [f"{', '.join(found)}: {packs}" for packs, found in places.items()]

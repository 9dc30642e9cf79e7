"""Uses of packs in a manifest: for which services, with which parameters, and which of these contracts determine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.packs.library import FOLDERS, Library, Pack
from stackctl.manifest.packs.schema import DASHBOARD, RULES, ParameterModel
from stackctl.manifest.packs.values import EXPECTED, OFF, Unfit, fit, quoted
from stackctl.manifest.problems import Problems
from stackctl.manifest.validate import show_path, unknown_name
from stackctl.model import Contract, Metric
from stackctl.promql.catalogue import accepts

# How many metrics a remedy names.
_SHOWN = 4


@dataclass(frozen=True)
class Subject:
    """Subject that a pack is applied to: a service, a component, or the stack ("")."""

    name: str
    selector: str
    contract: Contract | None = None
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """A component that runs or is scraped: its name, its scrape job ("" for one that is not scraped), and what the
    manifest says about the parameters of its packs."""

    name: str
    job: str
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Around:
    """Subjects that packs can have: the services by name, and what there is of each component.

    `known` is False when contracts cannot be read, so that nothing can be said of what they lack.
    """

    services: Mapping[str, Subject] = field(default_factory=dict)
    components: Mapping[str, Sequence[Instance]] = field(default_factory=dict)
    known: bool = True


@dataclass(frozen=True)
class Use:
    """A pack, applied: `subject` is a service's or a component's name, or "" ; `context` is for its templates."""

    pack: Pack
    subject: str
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """An entry of the manifest's `rules` or `dashboards` that names a pack."""

    document: Document
    place: Place
    kind: str
    name: str
    services: tuple[str, ...]
    given: Mapping[str, Any]

    def problem(self, summary: str, remedy: str, *path: str | int, key: bool = False) -> Diagnostic:
        where = (*self.place, *(path or ("pack",)))
        return Diagnostic(
            "pack.use", f"{show_path(where)}: {summary}", self.document.position(where, key=key), remedy=remedy
        )


def uses(wanted: Wanted, library: Library, around: Around, problems: Problems) -> list[Use] | None:
    """Return each use of the pack that is wanted; None with everything that is wrong with the entry added."""
    pack = library.pack(wanted.kind, wanted.name)
    if pack is None:
        problems.add(_unknown_pack(wanted, library))
        return None
    if pack.model.scope == "slo":
        remedy = "Write the objective under `services.NAME.slo`, and remove this entry."
        problems.add(
            wanted.problem(f"the pack `{pack.name}` is added automatically for each `slo` of a service", remedy)
        )
        return None
    found = Problems()
    given = {name: _fitted(wanted, pack, name, value, found) for name, value in wanted.given.items()}
    subjects = list(_subjects(wanted, pack, around, found))
    read = [_values(wanted, pack, each, given, found) for each in subjects if around.known]
    if problems.extend(dict.fromkeys(found)):
        return None
    contexts = [context for context in read if context is not None]
    return [Use(pack, name, context) for name, context in _scoped(pack, contexts)] if around.known else []


def _scoped(pack: Pack, contexts: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    if pack.model.scope != "services":
        yield from ((context["service"], context) for context in contexts)
        return
    names = "|".join(re.escape(context["service"]) for context in contexts)
    # What the parameters agree on can be written without naming a service.
    shared = {key: value for key, value in contexts[0].items() if all(each[key] == value for each in contexts)}
    yield "", {**shared, "service": "", "selector": f"job=~{quoted(names)}", "services": contexts}


def _unknown_pack(wanted: Wanted, library: Library) -> Diagnostic:
    other = DASHBOARD if wanted.kind == RULES else RULES
    if wanted.name in library.names(other):
        remedy = f"Name it under `{FOLDERS[other]}`."
        return wanted.problem(f"the pack `{wanted.name}` holds {_holds(other)}, not {_holds(wanted.kind)}", remedy)
    remedy = unknown_name(wanted.name, library.names(wanted.kind), "Packs")
    return wanted.problem(f"there is no pack `{wanted.name}`", remedy)


def _holds(kind: str) -> str:
    return "a dashboard" if kind == DASHBOARD else "rules"


def _fitted(wanted: Wanted, pack: Pack, name: str, value: Any, problems: Problems) -> str | None:
    """Return a parameter that the manifest sets, as templates get it."""
    parameter = pack.parameters.get(name)
    if parameter is None:
        remedy = unknown_name(name, pack.parameters, "Parameters")
        summary = f"the pack `{pack.name}` has no parameter `{name}`"
        problems.add(wanted.problem(summary, remedy, "with", name, key=True))
        return None
    if parameter.optional and value == OFF:
        return ""
    try:
        return fit(parameter.type, value)
    except Unfit as error:
        summary = f"expected {EXPECTED[parameter.type]}, got {error}"
        problems.add(wanted.problem(summary, parameter.description, "with", name))
        return None


def _subjects(wanted: Wanted, pack: Pack, around: Around, problems: Problems) -> Iterator[Subject]:
    """Yield the subjects that the pack is applied to."""
    if wanted.services and pack.model.scope == "stack" and not pack.model.component:
        problems.add(wanted.problem("the pack is for the whole stack", "Remove `services`.", "services", key=True))
    elif wanted.services:
        yield from _named(wanted, around, problems)
    elif pack.model.component:
        yield from _component(wanted, pack.model.component, around, problems)
    elif pack.model.scope == "stack":
        yield Subject("", "")
    elif around.services:
        yield from around.services.values()
    else:
        remedy = "Add `services` to the stack."
        problems.add(wanted.problem(f"the pack `{pack.name}` is for services, and there are none", remedy))


def _named(wanted: Wanted, around: Around, problems: Problems) -> Iterator[Subject]:
    for index, name in enumerate(wanted.services):
        if name not in around.services:
            remedy = unknown_name(name, around.services, "Services")
            problems.add(wanted.problem(f"there is no service `{name}`", remedy, "services", index))
        elif name in wanted.services[:index]:
            summary = f"`{name}` is listed twice"
            problems.add(wanted.problem(summary, "Remove one of the two.", "services", index))
        else:
            yield around.services[name]


def _component(wanted: Wanted, name: str, around: Around, problems: Problems) -> Iterator[Subject]:
    known = registry.find(name)
    scraped = [each for each in around.components.get(name, ()) if each.job]
    if scraped:
        yield from _of_instances(name, known.selector if known else "", scraped)
        return
    if name in around.components:
        summary = f"the pack is for `{name}`, which the stack does not scrape"
        remedy = f"Remove `scrape: false` of `{name}`, or name the service that scrapes it: `services: [...]`."
        problems.add(wanted.problem(summary, remedy))
        return
    alone = known and not known.is_exporter
    add = f"Add `{name}: {{}}`" if alone else f"Add `{name}` to `exporters`"
    remedy = f"{add}, or name the services whose metrics it uses: `services: [...]`."
    problems.add(wanted.problem(f"the pack is for `{name}`, which the stack does not run", remedy))


def _of_instances(name: str, selector: str, scraped: Sequence[Instance]) -> Iterator[Subject]:
    """Yield one subject for all that there is of a component, or one for each where their parameters differ."""
    told = scraped[0].told
    if selector:
        values = {key: [each.told[key] for each in scraped] for key in told}
        told = {key: "true" if "true" in found else found[0] for key, found in values.items()}
    elif any(each.told != told for each in scraped):
        yield from (Subject(each.name, f"job={quoted(each.job)}", told=each.told) for each in scraped)
        return
    yield Subject(name, selector or _of_jobs([each.job for each in scraped]), told=told)


def _of_jobs(jobs: Sequence[str]) -> str:
    names = [re.escape(job).replace(r"\-", "-") for job in jobs]
    return f"job={quoted(jobs[0])}" if len(jobs) == 1 else f"job=~{quoted('|'.join(names))}"


def _values(
    wanted: Wanted, pack: Pack, subject: Subject, given: Mapping[str, str | None], problems: Problems
) -> dict[str, Any] | None:
    """The context of the templates for one subject; None when a parameter is unknown, or set wrongly."""
    context: dict[str, Any] = {"service": subject.name, "selector": subject.selector}
    for name, parameter in pack.parameters.items():
        value = given[name] if name in given else _told(wanted, name, parameter, subject, context, problems)
        if value is not None:
            context[name] = value
    return context if pack.parameters.keys() <= context.keys() else None


def resolved(pack: Pack, subject: Subject) -> dict[str, Any] | None:
    """The context of the templates for `subject` as `_values` gives it, when nothing is said of parameters; None when
    something would have to be."""
    context: dict[str, Any] = {"service": subject.name, "selector": subject.selector}
    for name, parameter in pack.parameters.items():
        value = _known(name, parameter, subject, context)
        if value is None:
            return None
        context[name] = value
    return context


def _known(name: str, parameter: ParameterModel, subject: Subject, context: Mapping[str, Any]) -> str | None:
    """Return a parameter's value from the manifest or a contract, or its default; None when it has to be set."""
    if parameter.unless and context.get(parameter.unless):
        return ""
    if name in subject.told:
        return fit(parameter.type, subject.told[name])
    candidates = _candidates(parameter, subject.contract, context)
    if candidates and len(candidates) == 1:
        return candidates[0]
    if parameter.default is not None and (candidates is None or parameter.default == OFF):
        return default(parameter)
    return None


def _told(
    wanted: Wanted,
    name: str,
    parameter: ParameterModel,
    subject: Subject,
    context: Mapping[str, Any],
    problems: Problems,
) -> str | None:
    """Return the value of a parameter that the manifest does not set; None when it has to."""
    known = _known(name, parameter, subject, context)
    if known is not None:
        return known
    candidates = _candidates(parameter, subject.contract, context)
    without = f", or `{name}: off` to leave it out" if parameter.optional else ""
    if candidates:
        shown = " or ".join(f"`{each}`" for each in candidates)
        remedy = f"Choose one: `with: {{{name}: {candidates[0]}}}`{without}."
        problems.add(wanted.problem(f"the parameter `{name}` could be {shown} of `{subject.name}`", remedy))
        return None
    summary = f"no contract of `{subject.name}` determines the parameter `{name}`"
    alike = _alike(parameter, subject.contract)
    shown = f" Candidates: {' or '.join(f'`{each}`' for each in alike)}." if alike else ""
    remedy = f"Set it: `with: {{{name}: ...}}`{without}. {parameter.description}{shown}"
    problems.add(wanted.problem(summary, remedy))
    return None


def _alike(parameter: ParameterModel, contract: Contract | None) -> list[str]:
    """A few metrics of the right type, whatever they are called."""
    kind = parameter.find.type if parameter.find else None
    return [metric.name for metric in contract.metrics if metric.kind == kind][:_SHOWN] if contract else []


def default(parameter: ParameterModel) -> str:
    """The default as templates get it."""
    text = parameter.default or ""
    return "" if parameter.optional and text == OFF else fit(parameter.type, text)


def _candidates(parameter: ParameterModel, contract: Contract | None, context: Mapping[str, Any]) -> list[str] | None:
    """Return the candidates in the contract; None when it has none."""
    find = parameter.find
    if find is None or contract is None:
        return None
    if find.of:
        owner = next((metric for metric in contract.metrics if metric.name == context.get(find.of)), None)
        return [label for label in find.labels if label in _labels(owner)] if owner else None
    return [
        metric.name
        for metric in contract.metrics
        if metric.kind == (find.type or metric.kind)
        and accepts(find.name or ".*", [metric.name])
        and (not find.labels or set(find.labels) & _labels(metric))
    ]


def _labels(metric: Metric) -> set[str]:
    return {label.name for label in metric.labels}

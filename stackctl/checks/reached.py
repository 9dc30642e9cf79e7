"""`exporter.works` and `probe.success` of exporters that stackctl does not run: by the series that known exporters have
for that, wherever they are scraped. A target that is up says only that the exporter itself answers.

Other exporters follow the same custom, and name such a series `..._up`. That is taken for their verdict where it has no
labels but those of the target, and is a warning, as nobody has declared what it means. So is a `..._scrape_error` of
the exporter itself that is not 0, and a `..._collector_success`, `..._scrape_success` or `..._probe_success` that is 0
for all collectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from stackctl.checks import exporters
from stackctl.checks.exporters import PROBE, WORKS
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.verification import former_targets, targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

# The labels and values of the series that each of some queries has as its result.
Results = list[list[tuple[Labels, float]]]

_PROBE = "probe_success"
_HOLDS = "== 1"
_REMEDY = "Read the exporter's log; correct the address and the login of its server, or start the server."
_VERDICT = "verdict"
# However many probes fail: so many are asked for the reason.
_ASKED_AT_MOST = 20


# The exporter's own scrape. One with more before it is of a part of what it exports, as `node_textfile_scrape_error`.
OWN_SCRAPE = "[^_]+|.+_last"


def _named(names: str, of: str = ".+") -> str:
    """The series with such names, which become a label, as an aggregation drops names."""
    return f'label_replace({{__name__=~"({of})_({names})"}}, "{_VERDICT}", "$1", "__name__", "(.+)")'


# What an exporter says of itself -> the series that say so.
_OTHERS = {
    "what it is about is down": f"{_named('up')} == 0",
    "its last scrape failed": f"max without (err) ({_named('scrape_error', OWN_SCRAPE)}) != 0",
    "all its collectors failed": f"max without (collector, prober) ({_named('(collector|scrape|probe)_success')}) == 0",
}
# `and` leaves out series with labels that their target does not have: they are about a part of what it exports.
_QUERIES = tuple(f"({series}) and ignoring ({_VERDICT}) (up == 1)" for series in _OTHERS.values())


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every exporter and every probe that says whether it reaches what it is about."""
    series = _series()
    found = _results(context, [*series], lambda _: True)
    if isinstance(found, NoAnswer):
        return [Subject(WORKS, context.stack.name, context.stack.origin).unanswered(found)]
    known = _findings(
        context,
        [
            (code, name, labels, value)
            for (name, code), results in zip(series.items(), found, strict=True)
            for labels, value in results
        ],
    )
    return [*known, *_others(context, _failing(known))]


def check_declared(context: Context) -> Iterable[Diagnostic]:
    """The findings about the declared services among what somebody else's Prometheus scrapes."""
    seen = targets.settle(context)
    labelled = {} if isinstance(seen, NoAnswer) else seen.labelled
    own = {label for job in context.jobs for label in labelled.get(job.name, ())}
    found = list(_of_services(context, own))
    return [*found, *_others(context, _failing(found), own)]


def check_stack(context: Context) -> Iterable[Diagnostic]:
    """The findings of `exporters.check`, and those about services that are exporters or probes of the user's own."""
    found = list(_of_services(context))
    return [*exporters.check(context), *found, *_others(context, _failing(found))]


def _failing(findings: Iterable[Diagnostic]) -> Set[str]:
    """The subjects of failures: what an exporter says besides has the same cause."""
    return {each.subject for each in findings if each.status == "fail"}


def _of_services(context: Context, only: Set[str] | None = None) -> Iterable[Diagnostic]:
    """A finding for each series of a job that no component has, or of the jobs `only`. One that does not hold may be
    about a server that is starting, so it is looked at again."""
    if not any(job.service for job in context.jobs):
        return []
    series = _series()
    found = _results(context, [*series], lambda results: all(map(_all_hold, results)))
    if isinstance(found, NoAnswer):
        return []  # `job.loaded` and others report it
    own = {job.name for job in context.jobs if job.component}
    return _findings(
        context,
        [
            (code, name, labels, value)
            for (name, code), results in zip(series.items(), found, strict=True)
            for labels, value in results
            if labels.get("job") not in own and _is_among(labels, only)
        ],
    )


def _is_among(labels: Labels, jobs: Set[str] | None) -> bool:
    return jobs is None or labels.get("job") in jobs


def _others(context: Context, failing: Set[str], only: Set[str] | None = None) -> Iterable[Diagnostic]:
    """A warning for each exporter that stackctl does not know, and that says of itself that it does not work."""
    found = _results(context, _QUERIES, lambda down: not any(down))
    if isinstance(found, NoAnswer):
        return
    known = {each.works.series for each in registry.every() if each.works}
    judged = {job.name for job in context.jobs if job.component and registry.of(job.component).works}
    seen = set(failing)
    for meaning, series in zip(_OTHERS, found, strict=True):
        for labels, value in series:
            name, subject = labels.get(_VERDICT, ""), _subject(context, WORKS, labels)
            if name in known or labels.get("job") in judged or subject.name in seen or not _is_among(labels, only):
                continue
            seen.add(subject.name)
            summary = f"`{name}` is {value:g}: the exporter responds, but by its own account {meaning}"
            yield subject.warned(summary, _REMEDY)


def _results(context: Context, queries: Sequence[str], until: Callable[[Results], bool]) -> Results | NoAnswer:
    """The results of `queries`, without those of former targets, as soon as `until` accepts them or time is up."""
    seen = targets.settle(context)
    client = context.prometheus()

    def observe() -> Results:
        former = frozenset() if isinstance(seen, NoAnswer) else former_targets.places(context, seen)
        results = client.each(queries)
        return [
            [(labels, value) for labels, value in found if targets.place_of(labels) not in former] for found in results
        ]

    return context.settle(observe, until)


def _all_hold(results: Sequence[tuple[Labels, float]]) -> bool:
    return all(value == 1 for _, value in results)


def _series() -> Mapping[str, str]:
    """The names of the series that are 1 for what is reached, each with the code of its findings."""
    works = [each.works for each in registry.every() if each.works]
    return {_PROBE: PROBE, **{each.series: WORKS for each in works if each.condition == _HOLDS}}


# The code of a finding, the name of its series, its labels and its value.
Said = tuple[str, str, Labels, float]


def _findings(context: Context, said: Sequence[Said]) -> list[Diagnostic]:
    """A finding for each, of probes that fail with the reason where the exporter gives one."""
    failing = [targets.place_of(labels) for code, _, labels, value in said if code == PROBE and value != 1]
    reasons = _reasons(context, failing[:_ASKED_AT_MOST]) if failing else {}
    return [_finding(context, *each, reasons.get(targets.place_of(each[2]), "")) for each in said]


def _reasons(context: Context, places: Sequence[targets.Place]) -> Mapping[targets.Place, str]:
    """Return why probes fail, by their places: their exporter is asked again as Prometheus asks it, for its log."""
    seen = targets.settle(context)
    if isinstance(seen, NoAnswer) or (context.given and not context.runtime.shares_network):
        return {}
    urls = {targets.place_of(each.labels): each.scrape_url for each in seen.targets if urlsplit(each.scrape_url).query}
    asked = [place for place in places if place in urls]
    with ThreadPoolExecutor(max(len(asked), 1)) as pool:
        return dict(zip(asked, pool.map(lambda place: _reason(context, urls[place]), asked), strict=True))


def _reason(context: Context, url: str) -> str:
    try:
        return exporters.reason_in(context, context.fetch(f"{url}&debug=true").text)
    except NoAnswer:
        return ""


def _finding(context: Context, code: str, name: str, labels: Labels, value: float, reason: str) -> Diagnostic:
    subject = _subject(context, code, labels)
    if value == 1:
        return subject.passed(f"{name} {_HOLDS}")
    if code == PROBE:
        remedy = "Correct the URL or the module of the probe, or fix the probed service."
        summary = f"the probe fails{reason and f': {reason}'}"
        return subject.failed(summary, remedy, f"{name} is {value:g}", stage="loaded")
    summary = "the exporter responds, but does not reach its server"
    return subject.failed(summary, _REMEDY, f"{name} is {value:g}", stage="loaded")


def _subject(context: Context, code: str, labels: Labels) -> Subject:
    """The target with these labels, at the line that declares its job."""
    name = labels.get("job", "")
    origins = (job.origin for job in context.jobs if job.name == name)
    origin = next(origins, context.stack.prometheus.origin)
    return Subject(code, f"{name}/{labels.get('instance', '')}", origin)

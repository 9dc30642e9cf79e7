"""`job.pushed`: the Pushgateway has accepted the last push of every group, and services push under the labels that they
declare.

It goes on serving what it has accepted before, so nothing else shows that a job's pushes are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels
from stackctl.diagnostic import Diagnostic, listed
from stackctl.model import Service
from stackctl.scrape import Job
from stackctl.verification import server_log, targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "job.pushed"
# When a group was last changed by a push, and when a push last failed to change it; 0 for never.
_ACCEPTED, _REFUSED = "push_time_seconds", "push_failure_time_seconds"
_TIMES = f'{{__name__=~"{_ACCEPTED}|{_REFUSED}"}} and timestamp({_ACCEPTED}) >= '
# What cannot be read at all is counted, and changes no group.
_REFUSALS = 'sum(pushgateway_http_requests_total{handler="push",code=~"4.."})'
# How far apart the time of a refusal and that of its line in the log may be, in seconds.
_SAME_MOMENT = 1.0
_SHOWN = 3
_REMEDY = "Fix what the job pushes; the Pushgateway answers with the reason (`curl --fail-with-body`)."


@dataclass(frozen=True)
class Group:
    """A group of pushed metrics: its labels as Prometheus has them, and the Unix times of the last accepted and of the
    last refused push, 0.0 for none."""

    labels: Labels
    accepted: float
    refused: float

    @property
    def is_refused(self) -> bool:
        """Return whether its last push was refused."""
        return self.refused > self.accepted

    @property
    def name(self) -> str:
        """Its labels, the job first."""
        names = sorted(self.labels, key=lambda label: (label != "job", label))
        return ", ".join(f'{label}="{self.labels[label]}"' for label in names)

    def has(self, labels: Mapping[str, str]) -> bool:
        """Return whether it has all of these labels; one that is empty is a missing one."""
        return all(self.labels.get(label, "") == value for label, value in labels.items())


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for each service that pushes, and a warning for each other group whose last push was refused."""
    declared = [service for service in context.stack.services if service.push]
    gateway = _gateway(context)
    subjects = {service.name: Subject(ID, service.name, service.origin) for service in declared}
    if gateway and targets.is_skipped(context, gateway):
        return [each.skipped("the Pushgateway is not running") for each in subjects.values()]
    seen = groups(context)
    if isinstance(seen, NoAnswer):
        return [each.unanswered(seen) for each in subjects.values()]
    found = [_service(context, subjects[service.name], service, gateway, seen) for service in declared]
    own = [labels_of(service) for service in declared]
    others = [each for each in seen if each.is_refused and not any(each.has(labels) for labels in own)]
    return [*found, *(_other(context, each) for each in others)]


def refused_of(context: Context, service: Service) -> bool:
    """Return whether the last push of a service was refused, which `job.pushed` reports."""
    seen = groups(context)
    return not isinstance(seen, NoAnswer) and any(each.is_refused and each.has(labels_of(service)) for each in seen)


def groups(context: Context) -> Sequence[Group] | NoAnswer:
    """The groups of all Pushgateways, by the scrape that was made while the check looked."""
    return context.once(ID, lambda: _groups(context))


def labels_of(service: Service) -> Mapping[str, str]:
    """The labels under which a service declares to push."""
    return {"job": service.push.job, **service.push.grouping} if service.push else {}


def _groups(context: Context) -> Sequence[Group] | NoAnswer:
    seen = targets.settle(context)
    if isinstance(seen, NoAnswer):
        return seen
    # Where labels are honored, the series of a removed job are found for five minutes more.
    since = min((each.last_scrape for each in seen.targets if each.last_scrape), default=0.0)
    times: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    try:
        for labels, value in context.prometheus().values(f"{_TIMES}{since - 0.001:.3f}"):
            key = tuple(sorted((name, text) for name, text in labels.items() if name != "__name__"))
            times.setdefault(key, {})[labels.get("__name__", "")] = value
    except NoAnswer as error:
        return error
    return [Group(dict(key), each.get(_ACCEPTED, 0.0), each.get(_REFUSED, 0.0)) for key, each in times.items()]


def _gateway(context: Context) -> Job | None:
    """The job of the stack's own Pushgateway."""
    server = context.stack.pushgateway
    return next((job for job in context.jobs if server and job.component is server), None)


def _service(
    context: Context, subject: Subject, service: Service, gateway: Job | None, seen: Sequence[Group]
) -> Diagnostic:
    wanted = labels_of(service)
    own = [each for each in seen if each.has(wanted)]
    if refused := [each for each in own if each.is_refused]:
        return subject.failed(f"the Pushgateway refused {_last(refused)}", _REMEDY, _reasons(context, refused))
    if own:
        return subject.passed(f"the Pushgateway has accepted {_last(own)}")
    states = targets.settle(context)
    if not isinstance(states, NoAnswer) and gateway and gateway.name not in states.up:
        return subject.skipped("nothing is scraped: the Pushgateway is not up", "See the results of `target.up`.")
    if elsewhere := [each for each in seen if each.has({"job": wanted["job"]})]:
        there = listed([f"`{each.name}`" for each in elsewhere], _SHOWN)
        summary = f"nothing was pushed under `{Group(wanted, 0.0, 0.0).name}`, but under {there}"
        remedy = "Correct `push.grouping`, or the URL that the job pushes to."
        return subject.failed(summary, remedy, stage="loaded")
    if count := _unreadable(context):
        summary = f"nothing was accepted from it yet, and the Pushgateway has refused {count} requests"
        return subject.warned(summary, f"If they were its own: {_REMEDY[0].lower()}{_REMEDY[1:]}")
    return subject.skipped(f"nothing was pushed under `{Group(wanted, 0.0, 0.0).name}` yet")


def _other(context: Context, group: Group) -> Diagnostic:
    subject = Subject(ID, group.name, context.stack.prometheus.origin)
    return subject.warned("the Pushgateway refused its last push", _REMEDY, _reasons(context, [group]))


def _last(found: Sequence[Group]) -> str:
    """Words for the last push of these groups."""
    return "its last push" if len(found) == 1 else f"the last push of {len(found)} groups"


def _reasons(context: Context, refused: Sequence[Group]) -> str:
    """A line for each of some groups, with the reason where the log of the stack's own Pushgateway has it."""
    log = server_log.entries(context.place, context.stack, c.PUSHGATEWAY) if context.stack.pushgateway else []
    return "\n".join(_reason(each, log) for each in refused[:_SHOWN])


def _reason(group: Group, log: Iterable[server_log.Entry]) -> str:
    near = [each for each in log if each.error and abs(each.time - group.refused) < _SAME_MOMENT]
    best = min(near, key=lambda each: abs(each.time - group.refused), default=None)
    return f"{group.name}: {best.error}" if best else group.name


def _unreadable(context: Context) -> int:
    """The number of requests that were refused since the Pushgateway began."""
    try:
        return int(sum(value for _, value in context.prometheus().values(_REFUSALS)))
    except NoAnswer:
        return 0

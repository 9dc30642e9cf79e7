"""The targets that Prometheus reports, matched with the declared ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, Labels, Prometheus
from stackctl.scrape import Endpoint, Job
from stackctl.verification.context import Context

# The check that reports a target that is down; others are skipped because of it.
ID = "target.up"
# Why a scrape fails while an application starts, or starts again: the same a moment later is no such failure.
_PASSING = re.compile(r"connection refused|connection reset|no such host|EOF$|status 50[234]\b")
# How long applications may take to start next to the stack.
_STARTING_SECONDS = 30.0
# Everybody can wait so long for a scrape.
_PATIENCE_SECONDS = 60.0

Key = tuple[str, str, str]
# The labels `job` and `instance` of a target.
Place = tuple[str, str]


@dataclass(frozen=True)
class TargetStates:
    """The targets that Prometheus reports.

    A scrape counts when it is newer than `since`, the start or the last reload, and newer than the one that the
    target had at the first look (`before`): what was up a moment ago proves nothing of now. `failed` has the first such
    scrape of those that were down. All times are Prometheus' own, so clocks need not agree.
    """

    targets: tuple[ActiveTarget, ...]
    since: float
    before: Mapping[Key, float]
    failed: Mapping[Key, float] = field(default_factory=dict)

    @property
    def up(self) -> frozenset[str]:
        """The jobs that have a target that is up."""
        return frozenset(target.job for target in self.targets if target.health == "up")

    def of(self, job: Job, endpoint: Endpoint) -> ActiveTarget | None:
        """The target that `endpoint` became.

        It is known by its address and labels before relabelling, which may change all of them afterwards.
        """
        found = self._known.get((job.name, endpoint.address), [])
        wanted = {"instance": endpoint.instance, **endpoint.labels}
        alike = sorted(found, key=lambda target: -_shared(wanted, target.discovered))
        return next(iter(alike), None)

    @cached_property
    def _known(self) -> Mapping[tuple[str, str], list[ActiveTarget]]:
        """The targets by job and by address before relabelling: several may differ in labels alone."""
        known: dict[tuple[str, str], list[ActiveTarget]] = {}
        for target in self.targets:
            known.setdefault((target.job, target.address), []).append(target)
        return known

    @cached_property
    def labelled(self) -> Mapping[str, frozenset[str]]:
        """Job -> the values of the label `job` that its targets carry after relabelling."""
        found: dict[str, set[str]] = {}
        for target in self.targets:
            found.setdefault(target.job, set()).add(target.labels.get("job", ""))
        return {job: frozenset(values) for job, values in found.items()}

    def fresh(self, target: ActiveTarget) -> bool:
        return target.last_scrape > max(self.since, self.before.get(_key(target), 0.0))

    def final(self, target: ActiveTarget) -> bool:
        """Return whether a fresh scrape decides about a target.

        One that may be starting is given another scrape, and all those in the first seconds of the stack.
        """
        if not self.fresh(target):
            return False
        if target.health == "up" or not _PASSING.search(target.last_error):
            return True
        is_second = target.last_scrape > self.failed.get(_key(target), target.last_scrape)
        return is_second and target.last_scrape - self.since > _STARTING_SECONDS

    def settled(self, job: Job) -> bool:
        """Return whether there is a fresh word on every target of `job`."""
        if job.discovered:
            own = [target for target in self.targets if target.job == job.name]
            return bool(own) and all(map(self.final, own))
        found = [(endpoint, target) for endpoint in job.endpoints if (target := self.of(job, endpoint))]
        known = len(found) == len(job.endpoints)
        return known and all(self.final(target) and is_as_declared(job, one, target) for one, target in found)


def _shared(wanted: Mapping[str, str], labels: Mapping[str, str]) -> int:
    return sum(labels.get(name) == value for name, value in wanted.items())


def is_as_declared(job: Job, endpoint: Endpoint, target: ActiveTarget) -> bool:
    """Return whether Prometheus asks a target for the declared path: it takes up a new one seconds after a reload.

    Relabelling may lead it elsewhere, as declared too, and so may the target's own labels.
    """
    service = job.service
    if service and "relabel_configs" in service.scrape:
        return True
    url = urlsplit(target.scrape_url)
    return (url.scheme, url.path) == (
        endpoint.labels.get("__scheme__", job.scheme),
        endpoint.labels.get("__metrics_path__", job.metrics_path),
    )


def settle(context: Context) -> TargetStates | NoAnswer:
    """The targets, after a fresh word on every one that runs or when time is up. All families share this look."""
    return context.once(ID, lambda: _settle(context))


def is_rare(context: Context, job: Job) -> bool:
    """Return whether a job is scraped so seldom that a scrape of it cannot be waited for.

    One that is scraped every minute can be, by us: what is not seen for want of patience is not proven.
    """
    return context.interval(job) > (context.seconds if context.given else max(context.seconds, _PATIENCE_SECONDS))


def _settle(context: Context) -> TargetStates | NoAnswer:
    client = context.prometheus()
    jobs = [job for job in context.jobs if not is_skipped(context, job) and not is_rare(context, job)]
    before: dict[Key, float] = {}
    failed: dict[Key, float] = {}

    def observe() -> TargetStates:
        since, targets = _since(context, client), client.targets()
        # What somebody else runs was not just changed by us, so its last scrape is as good as the next one.
        if not before and not context.given:
            before.update({_key(target): target.last_scrape for target in targets})
        seen = TargetStates(targets, since, before, failed)
        for target in targets:
            if target.health == "up":
                failed.pop(_key(target), None)
            elif seen.fresh(target):
                failed.setdefault(_key(target), target.last_scrape)
        return seen

    return context.settle(observe, lambda seen: all(map(seen.settled, jobs)), within=context.seconds)


def _since(context: Context, client: Prometheus) -> float:
    """The Unix time after which a scrape counts."""
    if context.given:
        return 0.0
    info = client.runtime_info()
    return max(info.started, info.configured)


def place_of(labels: Labels) -> Place:
    """Return where series with these labels come from, "" for a label that they lack."""
    return labels.get("job", ""), labels.get("instance", "")


def _key(target: ActiveTarget) -> Key:
    return target.job, target.instance, target.scrape_url


def is_skipped(context: Context, job: Job) -> bool:
    """Return whether what a job scrapes was knowingly left out."""
    return source_of(job) in context.skipped


def source_of(job: Job) -> str:
    """The component or service that a job scrapes, "" when that is neither."""
    source = job.component or job.service
    return source.name if source else ""


def named(job: Job, endpoint: Endpoint) -> str:
    """The name of a target's row: by its instance, and by its address where several share the instance."""
    alike = sum(each.instance == endpoint.instance for each in job.endpoints)
    return f"{job.name}/{endpoint.instance}" + (f" ({endpoint.address})" if alike > 1 else "")

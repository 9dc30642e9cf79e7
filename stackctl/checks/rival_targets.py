"""Series that several targets write, as they have no label of their target: a job honors the labels that its targets
serve, or its `metric_relabel` takes `job` or `instance` away.

Prometheus stores the samples of all under one series, so the value alternates. A sample without a timestamp of its own
has that of its scrape, as the scrape's `up` has: so it is known which series a target wrote last, and which of these
another one wrote too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from stackctl import conventions as c
from stackctl.checks.collisions import keeps_place
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, Labels, Prometheus
from stackctl.promql.selectors import Condition, Selector
from stackctl.scrape import Job
from stackctl.verification.context import Context
from stackctl.verification.targets import Place, place_of

# How many targets whose series lack its labels, and how many pairs of targets that may share series, are compared.
_TARGETS, _PAIRS = 20, 50
# Scrapes whose times differ by less, in seconds, have samples in one window of a millisecond.
_MOMENT = 0.0015
# The label that keeps a series' name where sides are matched, which leave it out.
_NAME = "__name"
_NAMED = Condition("__name__", "!=", "")
_OWN = Condition("__name__", "!~", c.OF_SCRAPES)


@dataclass(frozen=True)
class Writer:
    """A target that is up, its job, the time of its last scrape, and the places of the series that this wrote.

    `others` are the jobs of which a target was scraped at the same moment, and may have written some of these series.
    """

    job: Job
    target: ActiveTarget
    time: float
    places: frozenset[Place]
    others: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The URL without parameters: jobs may take different parts of one source."""
        return self.target.scrape_url.partition("?")[0]

    def wrote(self, *conditions: Condition) -> str:
        """The query for the series under some conditions that its last scrape wrote, with their values."""
        selector = Selector("", (_NAMED, _OWN, *conditions)).text
        return f"last_over_time({selector}[1ms] @ {self.time:.3f})"


@dataclass(frozen=True)
class Rival:
    """A target that writes series of another one too, with other values: their number, and one of them.

    `jobs` are its job, and others that may be meant.
    """

    jobs: tuple[str, ...]
    target: ActiveTarget
    count: int
    example: Labels


def rivals(
    context: Context, client: Prometheus, ups: Sequence[tuple[Job, ActiveTarget]], most: Sequence[str] = ()
) -> Mapping[str, Rival]:
    """Return the jobs with a target that writes series of another one, each with that other one.

    `ups` are all targets that are up. Series of the jobs `most`, which are too many, are not compared. What differs
    once may have changed between two scrapes, so it is looked at during two. Raises NoAnswer without an answer.
    """
    intervals = [context.interval(job) for job, _ in ups if not keeps_place(job)]
    if not intervals:
        return {}
    seen = context.settle(lambda: _found(client, ups, most), lambda found: not found, within=2 * max(intervals))
    if isinstance(seen, NoAnswer):
        raise seen
    return seen


def _found(client: Prometheus, ups: Sequence[tuple[Job, ActiveTarget]], most: Sequence[str]) -> Mapping[str, Rival]:
    times = {_key(labels): time for labels, time in client.values("timestamp(up)")}
    known = [(job, target, _key(target.labels)) for job, target in ups]
    others = tuple(Condition("job", "!=", job) for job in most)
    found: dict[str, Rival] = {}
    try:
        writers = [
            _writer(client, Writer(job, target, times[key], frozenset({place_of(target.labels)})), others)
            for job, target, key in known
            if key in times
        ]
        for one, other in islice(_pairs([*_told_apart(writers)]), _PAIRS):
            if series := [
                labels
                for place in sorted(one.places & other.places)
                for labels in _differing(client, one, other, place)
            ]:
                found.setdefault(
                    one.job.name, Rival((other.job.name, *other.others), other.target, len(series), series[0])
                )
    except NoAnswer as error:
        if not error.status:
            raise
        return {}  # a server that is not Prometheus may refuse such queries
    return found


def _writer(client: Prometheus, writer: Writer, conditions: Sequence[Condition]) -> Writer:
    """A target with the places of its series, which are its own where its series keep its labels."""
    if keeps_place(writer.job):
        return writer
    found = client.values(f"count by (job, instance) ({writer.wrote(*conditions)})")
    return replace(writer, places=frozenset(place_of(labels) for labels, _ in found))


def _told_apart(writers: Sequence[Writer]) -> Iterator[Writer]:
    """Yield the targets without the places of others that were scraped at the same moment, or with their jobs: of two
    whose series lack their labels it is not known which wrote what."""
    for one in writers:
        same = [each for each in writers if each is not one and abs(each.time - one.time) < _MOMENT]
        if keeps_place(one.job):
            yield one
        else:
            kept = [each for each in same if keeps_place(each.job)]
            others = tuple(each.job.name for each in same if not keeps_place(each.job))
            yield replace(one, places=one.places.difference(*(each.places for each in kept)), others=others)


def _pairs(writers: Sequence[Writer]) -> Iterator[tuple[Writer, Writer]]:
    """Yield the targets whose series lack its labels, each with those that may write the same series."""
    for one in [each for each in writers if not keeps_place(each.job) and not each.others][:_TARGETS]:
        for other in writers:
            if one.places & other.places and other.source != one.source and abs(other.time - one.time) >= _MOMENT:
                yield one, other


def _key(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in labels.items() if name != "__name__")


def _differing(client: Prometheus, one: Writer, other: Writer, place: Place) -> list[Labels]:
    """The series of a place that both targets wrote, with different values."""
    conditions = tuple(Condition(label, "=", value) for label, value in zip(("job", "instance"), place, strict=True))
    left, right = (
        f'label_replace({each.wrote(*conditions)}, "{_NAME}", "$1", "__name__", "(.+)")' for each in (one, other)
    )
    found = client.values(f"({left} == {left}) != {right}")
    return [_named(labels) for labels, _ in found]


def _named(labels: Labels) -> Labels:
    return {"__name__" if label == _NAME else label: value for label, value in labels.items()}

"""`job.stored`: every target that is up serves samples, and Prometheus keeps what it scrapes.

A target is up as soon as its answer can be read. That it is empty, or that its samples are dropped because they repeat
a series, go back in time or lie too far from now, is reported nowhere but in counters of Prometheus and in its log.
That series collide, or that several processes answer at one address in turn, is not even reported there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stackctl import conventions as c
from stackctl.checks import alternating, collisions, dropped_samples, rival_targets
from stackctl.checks.collisions import Kept
from stackctl.checks.dropped_samples import Lost, Scraped
from stackctl.checks.rival_targets import Rival
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, Labels, Prometheus
from stackctl.diagnostic import Diagnostic
from stackctl.promql.selectors import Condition, Selector, of_jobs
from stackctl.scrape import Job
from stackctl.verification import server_log, targets
from stackctl.verification.context import Context
from stackctl.verification.server_log import Entry
from stackctl.verification.subject import Subject

ID = "job.stored"
# How a message of Prometheus' log ends -> what the samples are, and what to do.
_DROPPED = {
    "out-of-order samples": (
        "their timestamps go backwards",
        "Serve samples without timestamps, or set `honor_timestamps: false` for the job.",
    ),
    "different value but same timestamp": (
        "they repeat a series or its timestamp",
        "Serve each series once per response, without timestamps; `honor_timestamps: false` ignores them.",
    ),
    "too old or are too far into the future": (
        "their timestamps are too old or too far in the future",
        "Correct the clock of the service, serve no timestamps, or set `honor_timestamps: false` for the job.",
    ),
}
# A job with more samples than this is not searched for timestamps that stand still: that touches every series.
_SEARCHED = 100_000
# Nothing newer than this, and two scrapes, is suspicious; then this much of the past is read, in seconds, which must
# hold so many scrapes.
_FROZEN_SECONDS = 60.0
_PAST = 600.0
_SCRAPES = 3
# Where federation is served: what it matches may not be there yet.
_FEDERATION = "/federate"
_SHOWN = 5
_KEPT = "scrape_samples_post_metric_relabeling"


@dataclass(frozen=True)
class Stored:
    """Prometheus' metrics about the samples of all targets.

    scraped, kept  labels of a target -> the samples of its last scrape, and those that relabelling left
    log            the last lines of its log
    frozen         the labels `job` and `instance` of targets of which nothing new is stored
    lost           the samples that were dropped, by counters, where there is no log
    merged         job -> the samples that relabelling has made equal to others
    own_up         the jobs with a target that writes the series `up` itself
    rivals         job whose series lack labels of their target -> a target that writes the same ones
    several        the labels `job` and `instance` of targets of which several processes answer in turn
    """

    scraped: Mapping[frozenset[tuple[str, str]], float]
    kept: Mapping[frozenset[tuple[str, str]], float]
    log: Sequence[Entry]
    frozen: frozenset[tuple[str, str]]
    lost: Lost = field(default_factory=Lost)
    merged: Mapping[str, float] = field(default_factory=dict)
    own_up: frozenset[str] = frozenset()
    rivals: Mapping[str, Rival] = field(default_factory=dict)
    several: frozenset[tuple[str, str]] = frozenset()


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared job."""
    seen = targets.settle(context)
    stored = seen if isinstance(seen, NoAnswer) else _look(context, seen)
    if isinstance(seen, NoAnswer) or isinstance(stored, NoAnswer):
        error = seen if isinstance(seen, NoAnswer) else stored
        return [Subject(ID, job.name, job.origin).unanswered(error) for job in context.jobs]  # type: ignore[arg-type]
    rows = [_job(context, job, seen, stored) for job in context.jobs]
    return [*rows, *_of_some_job(context, rows, stored.lost)]


def _of_some_job(context: Context, rows: Sequence[Diagnostic], lost: Lost) -> list[Diagnostic]:
    """The failure of a Prometheus that drops samples of a job that could not be found out."""
    if not lost.kinds or any(row.status == "fail" for row in rows):
        return []
    meaning, _ = _meaning(lost.kinds)
    remedy = "Search its log for `Error on ingesting`: the line names the job and the target."
    subject = Subject(ID, c.PROMETHEUS, context.stack.prometheus.origin)
    return [subject.failed(f"Prometheus drops samples of some job: {meaning}", remedy, stage="loaded")]


def _look(context: Context, seen: targets.TargetStates) -> Stored | NoAnswer:
    client = context.prometheus()
    try:
        scraped = _by_target(client.values("scrape_samples_scraped"))
        kept = _kept_samples(context, client, seen)
        log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
        frozen = _frozen(context, client, _searched(context, seen, kept))
        lost = dropped_samples.look(context, client, _plain(context, seen, kept)) if context.given else Lost()
        merged = collisions.merged(context, client, _relabelled(context, seen, kept))
        ups = _all_up(context, seen)
        own_up = collisions.own_up(context, client, ups)
        rivals = rival_targets.rivals(context, client, ups, _large(context, seen, kept))
        several = alternating.alternating(context, client, ups)
        return Stored(scraped, kept, log, frozen, lost, merged, own_up, rivals, several)
    except NoAnswer as error:
        return error


def _kept_samples(
    context: Context, client: Prometheus, seen: targets.TargetStates
) -> Mapping[frozenset[tuple[str, str]], float]:
    """The samples of each target that relabelling left. Servers of somebody else, such as VictoriaMetrics, may find new
    ones a little later. Raises NoAnswer."""
    up = {_labels(target.labels) for target in seen.targets if target.health == "up"}

    def observe() -> Mapping[frozenset[tuple[str, str]], float]:
        return _by_target(client.values(_KEPT))

    if not context.given:
        return observe()
    found = context.settle(observe, lambda kept: up <= set(kept))
    if isinstance(found, NoAnswer):
        raise found
    return found


def _unknown(context: Context, subject: Subject, up: Sequence[ActiveTarget], stored: Stored) -> Diagnostic | None:
    """The skip of a job with targets of which a server of somebody else has no account under their labels."""
    unknown = [target for target in up if _labels(target.labels) not in stored.kept] if context.given else []
    if not unknown:
        return None
    return subject.skipped(f"not checked: the server has no series `{_KEPT}` of {len(unknown)} of {len(up)} targets")


def _searched(
    context: Context, seen: targets.TargetStates, kept: Mapping[frozenset[tuple[str, str]], float]
) -> list[ActiveTarget]:
    """The targets whose own samples are to be found under their labels, of jobs that are not too large."""
    return [target for one in _plain(context, seen, kept) for target in one.up if kept.get(_labels(target.labels))]


def _plain(
    context: Context, seen: targets.TargetStates, kept: Mapping[frozenset[tuple[str, str]], float]
) -> list[Scraped]:
    """The jobs that are up and not too large, and whose series carry the labels of their targets."""
    ups = [(job, _up(job, seen)) for job in context.jobs if not _relabels(job)]
    found = [Scraped(job, up, _count(up, kept)) for job, up in ups]
    return [one for one in found if 0 < one.samples <= _SEARCHED]


def _relabelled(
    context: Context, seen: targets.TargetStates, kept: Mapping[frozenset[tuple[str, str]], float]
) -> list[Kept]:
    """The jobs that are up and not too large, and whose relabelling may make series equal."""
    ups = [(job, _up(job, seen)) for job in context.jobs if collisions.may_merge(job)]
    found = [Kept(job, up, _count(up, kept)) for job, up in ups]
    return [one for one in found if 0 < one.samples <= _SEARCHED]


def _all_up(context: Context, seen: targets.TargetStates) -> list[tuple[Job, ActiveTarget]]:
    return [(job, target) for job in context.jobs for target in _up(job, seen)]


def _large(context: Context, seen: targets.TargetStates, kept: Mapping[frozenset[tuple[str, str]], float]) -> list[str]:
    """The labels `job` of jobs that are too large."""
    large = [up for job in context.jobs if _count(up := _up(job, seen), kept) > _SEARCHED]
    return sorted({target.labels.get("job", "") for up in large for target in up})


def _up(job: Job, seen: targets.TargetStates) -> list[ActiveTarget]:
    return [target for target in seen.targets if target.job == job.name and target.health == "up"]


def _relabels(job: Job) -> bool:
    """Return whether the series of a job may carry another job or instance than its targets."""
    steps = job.service.scrape.get("metric_relabel_configs", ()) if job.service else ()
    return job.honors_labels or any(each.get("action") not in ("keep", "drop") for each in steps)


def _by_target(found: Iterable[tuple[Labels, float]]) -> dict[frozenset[tuple[str, str]], float]:
    return {_labels(labels): value for labels, value in found}


def _labels(labels: Labels) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in labels.items() if name != "__name__")


def _frozen(context: Context, client: Prometheus, up: Sequence[ActiveTarget]) -> frozenset[tuple[str, str]]:
    """The targets (job, instance) of which nothing new was stored for a while, though they were scraped.

    A clock that is behind makes old samples too, but those move on.
    """
    if not up:
        return frozenset()
    own = Condition("__name__", "!~", c.OF_SCRAPES)
    jobs = sorted({target.labels.get("job", "") for target in up})
    seconds = _FROZEN_SECONDS + 2 * max(context.interval(job) for job in context.jobs)
    found = client.values(
        f"count by (job, instance) (last_over_time({Selector('', (of_jobs(jobs), own)).text}[{seconds:.0f}s]))"
    )
    fresh = {targets.place_of(labels) for labels, _ in found}
    old = {targets.place_of(target.labels) for target in up} - fresh
    return frozenset(place for place in sorted(old)[:_SHOWN] if _stands_still(client, place, own))


def _stands_still(client: Prometheus, place: tuple[str, str], own: Condition) -> bool:
    """Return whether a target was scraped several times, and one of its series has no two timestamps."""
    conditions = tuple(Condition(*each) for each in (("job", "=", place[0]), ("instance", "=", place[1])))
    scrapes = client.timestamps(Selector("up", conditions).text, _PAST)
    return len(scrapes) >= _SCRAPES and len(client.timestamps(Selector("", (*conditions, own)).text, _PAST)) < 2


def _job(context: Context, job: Job, seen: targets.TargetStates, stored: Stored) -> Diagnostic:
    subject = Subject(ID, job.name, job.origin)
    if targets.is_skipped(context, job):
        return subject.skipped("it is not running")
    up = _up(job, seen)
    if not up:
        return subject.skipped("nothing is scraped: no target is up", "See the results of `target.up`.")
    return (
        _dropped(context, subject, job, up, stored.log)
        or _lost(subject, job, stored.lost)
        or _empty(subject, job, up, stored)
        or _still(subject, up, stored)
        or _colliding(subject, up, seen)
        or _merged(subject, job, stored)
        or _own_up(subject, job, stored)
        or _rival(subject, job, stored)
        or _several(subject, up, stored)
        or _unknown(context, subject, up, stored)
        or subject.passed(_kept(_count(up, stored.kept)))
    )


def _kept(count: float) -> str:
    return "1 sample of each scrape is kept" if count == 1 else f"{count:.0f} samples of each scrape are kept"


def _count(up: Sequence[ActiveTarget], counts: Mapping[frozenset[tuple[str, str]], float]) -> float:
    return sum(counts.get(_labels(target.labels), 0.0) for target in up)


def _dropped(
    context: Context, subject: Subject, job: Job, up: Sequence[ActiveTarget], log: Sequence[Entry]
) -> Diagnostic | None:
    """The failure of a job of which samples were dropped in its last two scrapes."""
    since = max(target.last_scrape for target in up) - 1.5 * context.interval(job)
    for words, (meaning, remedy) in _DROPPED.items():
        found = [
            entry
            for entry in log
            if entry.fields.get("scrape_pool") == job.name and words in entry.message and entry.time >= since
        ]
        if found:
            last = found[-1].fields
            places = sorted({entry.fields.get("target", "") for entry in found})
            summary = f"Prometheus drops {_samples(last.get('num_dropped', 'some'))} of a scrape: {meaning}"
            evidence = "\n".join([found[-1].message, *places[:_SHOWN]])
            return subject.failed(summary, remedy, evidence, stage="loaded")
    return None


def _lost(subject: Subject, job: Job, lost: Lost) -> Diagnostic | None:
    """The failure of a job of which less is stored than scraped, while Prometheus counts dropped samples."""
    if job.name not in lost.jobs:
        return None
    meaning, remedy = _meaning(lost.kinds)
    summary = f"Prometheus drops {_samples(f'{lost.jobs[job.name]:.0f}')} of a scrape: {meaning}"
    return subject.failed(summary, remedy, stage="loaded")


def _samples(count: str) -> str:
    return f"{count} sample{'' if count == '1' else 's'}"


def _meaning(kinds: Sequence[str]) -> tuple[str, str]:
    """The meaning of dropped samples of these kinds, and the remedy."""
    meanings, remedies = zip(*(_DROPPED[kind] for kind in kinds), strict=True)
    return ", or ".join(meanings), remedies[0]


def _empty(subject: Subject, job: Job, up: Sequence[ActiveTarget], stored: Stored) -> Diagnostic | None:
    """The finding of a job with targets that serve nothing, or of which relabelling leaves nothing."""
    empty = [target for target in up if stored.scraped.get(_labels(target.labels)) == 0]
    if empty and job.metrics_path == _FEDERATION:
        return subject.passed("its response is empty: nothing matches `match[]` now, which can be normal")
    if empty:
        summary = f"{len(empty)} of {len(up)} targets return no samples"
        remedy = "Check `metrics_path`: the metrics may be at another path; or make the service serve some."
        evidence = "\n".join(target.scrape_url for target in empty[:_SHOWN])
        return subject.failed(summary, remedy, evidence, stage="loaded")
    bare = [target for target in up if stored.kept.get(_labels(target.labels)) == 0]
    if bare:
        summary = f"`metric_relabel` drops every sample of {len(bare)} of {len(up)} targets"
        return subject.warned(summary, "Correct the steps of `metric_relabel`.", bare[0].scrape_url)
    return None


def _still(subject: Subject, up: Sequence[ActiveTarget], stored: Stored) -> Diagnostic | None:
    """The failure of a job with a target whose samples always have the same timestamp."""
    still = [each for each in up if targets.place_of(each.labels) in stored.frozen]
    if not still:
        return None
    summary = f"no new samples are stored for {len(still)} of {len(up)} targets: their timestamps do not advance"
    remedy = "Serve samples without timestamps, or set `honor_timestamps: false` for the job."
    return subject.failed(summary, remedy, "\n".join(each.scrape_url for each in still[:_SHOWN]), stage="loaded")


def _colliding(subject: Subject, up: Sequence[ActiveTarget], seen: targets.TargetStates) -> Diagnostic | None:
    """The failure of a job with a target that has the labels of another one, of this job or of another."""
    found = collisions.same_labels(seen.targets)
    alike = next((found[labels] for target in up if (labels := _labels(target.labels)) in found), None)
    if alike is None:
        return None
    urls = [target.scrape_url for target in alike]
    summary = f"{len(urls)} targets have the same labels, so they write the same series in turn"
    remedy = "Give each a label of its own, or remove the label or the step of `relabel` that makes them equal."
    return subject.failed(summary, remedy, "\n".join(urls[:_SHOWN]), stage="loaded")


def _merged(subject: Subject, job: Job, stored: Stored) -> Diagnostic | None:
    """The failure of a job of which relabelling makes series equal: the first sample of each is kept."""
    count = stored.merged.get(job.name)
    if not count:
        return None
    samples = "1 sample of a scrape is" if count == 1 else f"{count:.0f} samples of a scrape are"
    summary = f"{samples} lost: `metric_relabel` makes their series equal to others"
    remedy = "Keep the label that sets them apart, or drop the series that you do not need by `action: drop`."
    return subject.failed(summary, remedy, stage="loaded")


def _own_up(subject: Subject, job: Job, stored: Stored) -> Diagnostic | None:
    """The failure of a job whose targets serve the series by which Prometheus says that they are up."""
    if job.name not in stored.own_up:
        return None
    summary = "its series `up` says that it is down, and yet it is scraped: a response serves a metric named `up`"
    remedy = "Give that metric another name; or drop it: `{source_labels: [__name__], regex: up, action: drop}`."
    return subject.failed(summary, remedy, stage="loaded")


def _rival(subject: Subject, job: Job, stored: Stored) -> Diagnostic | None:
    """The failure of a job with series that another target writes too, with other values."""
    rival = stored.rivals.get(job.name)
    if rival is None:
        return None
    series = "1 of its series is" if rival.count == 1 else f"{rival.count} of its series are"
    named = " or ".join(f"`{name}`" for name in dict.fromkeys(rival.jobs))
    other = "another target of it" if set(rival.jobs) == {job.name} else named
    cause = "this job honors labels" if job.honors_labels else "`metric_relabel` removes the labels of the target"
    summary = f"{series} written by {other} too, so the value alternates: {cause}"
    remedy = (
        "Let one of the sources give other labels, or set `honor_labels: false`, or scrape only one of them."
        if job.honors_labels
        else "Keep `job` and `instance`, or another label that sets the targets apart."
    )
    name = rival.example.get("__name__", "")
    conditions = (Condition(label, "=", value) for label, value in sorted(rival.example.items()) if label != "__name__")
    shown = Selector(name, tuple(conditions)).text
    evidence = shown if len(rival.jobs) > 1 else f"{shown} is written from {rival.target.scrape_url} too"
    return subject.failed(summary, remedy, evidence, stage="loaded")


def _several(subject: Subject, up: Sequence[ActiveTarget], stored: Stored) -> Diagnostic | None:
    """The failure of a job with a target of which several processes answer, each with counters of its own."""
    several = [each for each in up if targets.place_of(each.labels) in stored.several]
    if not several:
        return None
    summary = f"several processes answer in turn at {len(several)} of {len(up)} targets, so counters go back"
    remedy = (
        "Let the workers of the program serve their metrics together, as in the multiprocess mode of its client "
        "library, or scrape each process at an address of its own. A fix shows after 20 scrapes."
    )
    return subject.failed(summary, remedy, "\n".join(each.scrape_url for each in several[:_SHOWN]), stage="loaded")

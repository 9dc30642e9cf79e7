"""Verdicts on metrics of which there is no series: who would serve them, and what was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from stackctl.backing.announced import MEMORY_SCRAPES, dropped_by
from stackctl.backing.series import PARTS, Series, bare
from stackctl.backing.suggestion import nearest, suggested_value
from stackctl.backing.verdict import Verdict, was_there_lately
from stackctl.model import Service
from stackctl.promql import duration
from stackctl.promql.selectors import Selector, of_jobs

# How far back a job that is down now may have been up.
_LATELY = "1d"
# A name this much like one that an exporter serves is misspelt; any other of its prefix may be of another collector.
_MISSPELT = 0.9
# The type of a metric -> the parts under which its series are found, where these are not under its bare name.
_FORMS = {
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("_count", "_sum"),
    "counter": ("_total",),
    "info": ("_info",),
    "gauge": (),
    "stateset": (),
}


def missing_metric(series: Series, selector: Selector) -> Verdict:
    """Return the verdict on a `selector` of whose metric there is no series at all, and which no rule records.

    A matcher on `job` says whose it would be.
    """
    name, jobs = selector.name, series.wanted_jobs(selector)
    promising = [each for each in series.owners.get(name, []) if not jobs or _job_of(each) in jobs]
    serving = [service for service in promising if service.name not in series.silent]
    if promising and not serving:
        return _from_silent(series, name, promising[0].name)
    if any(service.push for service in serving):
        return Verdict("empty", f"`{name}` has not been pushed yet")
    if other := _other_form(series, name):
        return other
    if series.kind(name):
        return _announced(series, selector)
    if serving:
        remedy = "See the result of `contract.metric`."
        return Verdict("fail", f"`{serving[0].name}` promises `{name}`, but does not serve it", remedy)
    found = _unknown(series, name, jobs)
    return _left_in(name) if selector.excluded and found.may_come else found


def no_alert(series: Series, selector: Selector) -> Verdict:
    """No series of alerts is there: none of these fires, or none has the name that is asked for.

    Those of other servers may come too, where they are federated or written here.
    """
    names = {rule.name for rules in series.context.rules().values() for rule in rules if rule.kind == "alert"}
    is_open = bool(series.context.given) or series.context.stack.prometheus.is_written_to
    if is_open or any(job.service and job.honors_labels for job in series.context.jobs):
        return Verdict("empty", "no alert fires")
    for each in selector.conditions:
        if each.label == "alertname" and each.wants and not any(map(each.accepts, names)):
            near = nearest(each.value, names, 0.6)
            remedy = f"Did you mean `{near}`? Correct the name." if near else "Correct the name, or add the alert."
            return Verdict("fail", f"no alert of the stack has {each}", remedy)
    return Verdict("empty", "no alert fires")


def no_name(series: Series, selector: Selector) -> Verdict:
    """Return the verdict on a `selector` without series that names no metric."""
    for each in selector.conditions:
        if each.wants and not series.has(selector.only(each)):
            values = series.client.label_values(each.label)
            return Verdict("fail", f"no series has {each}", suggested_value(each, values))
    return Verdict("empty", "no series has this combination of labels right now")


def _announced(series: Series, selector: Selector) -> Verdict:
    """Return the verdict on a metric of which a target announces the type, and serves no series.

    Prometheus remembers a type for ten scrapes: what had series in that time may be no longer served.
    """
    name = selector.name
    metric = name if name in series.kinds else bare(name)
    if dropping := dropped_by(series.client, series.context.jobs, series.jobs, name, metric):
        remedy = "Remove that step, or the expression."
        return Verdict("fail", f"`metric_relabel` of `{dropping}` drops `{name}`", remedy)
    if series.was_there(selector):
        return was_there_lately(selector)
    memory = MEMORY_SCRAPES * series.longest
    if memory and series.client.had(series.existing(Selector(name)), memory):
        remedy = (
            f"Run `stackctl verify` again after {duration.shown(memory)}: Prometheus remembers its type for so long."
        )
        return Verdict("skip", f"`{name}` had series lately and has none now: it may be no longer served", remedy)
    return Verdict("empty", f"`{name}` has {'not been incremented' if series.is_counter(name) else 'no series'} yet")


def _other_form(series: Series, name: str) -> Verdict | None:
    """The failure of a name that its metric never has: each type serves its series under names of its own."""
    kind = series.kinds.get(name)
    if kind and (others := [f"{name}{part}" for part in _FORMS.get(kind, ()) if series.has(Selector(f"{name}{part}"))]):
        what = "has no quantiles" if kind == "summary" else "has no series of that name"
        served = ", ".join(f"`{other}`" for other in others)
        return Verdict("fail", f"the {kind} `{name}` {what}", f"Its series are {served}: use one of these.")
    part = next((each for each in PARTS if name.endswith(each)), "")
    bare = name.removesuffix(part)
    kind = series.kinds.get(bare) if part and name not in series.kinds else None
    if (kind in _FORMS and part not in (*_FORMS[kind], "_created")) or (
        kind == "histogram" and series.has(Selector(bare))
    ):
        what = "native histogram" if kind == "histogram" else kind
        return Verdict("fail", f"the {what} `{bare}` has no `{part}` series", f"Use `{bare}` in the expression.")
    return None


def _unknown(series: Series, name: str, jobs: Sequence[str]) -> Verdict:
    """Nobody promises it, and nobody announces it now."""
    owners = series.components_serving(name, jobs)
    quiet = [job for job in owners if job in series.silent]
    if quiet:
        return _from_silent(series, name, quiet[0])
    owner = next(iter(owners.values()), "") or next(iter(series.components_serving(name).values()), "")
    unbound = [job.name for job in series.context.jobs if job.service and job.service.contract is None]
    open_ones = [job for job in unbound if not jobs or job in jobs]
    silent = [] if owner else [each for each in open_ones if each in series.silent and _may_serve(series, each, name)]
    if silent:  # it may be one of these that serves it: a name that is alike would be bad advice
        return _from_silent(series, name, silent[0])
    # A rule may have recorded nothing yet, and is what was meant all the same.
    # A record that reads the name is not: nor is it there then.
    known = {*series.names, *series.catalogue.series, *series.catalogue.records} - {name}
    near = nearest(name, {each for each in known if not series.catalogue.reads(each, name)})
    if owner and SequenceMatcher(None, name, near).ratio() < _MISSPELT:
        summary = f"`{owner}` does not serve `{name}`"
        return Verdict("fail", summary, "Turn on the collector that serves it, or remove it.", optional=owner)
    if near:
        return Verdict("fail", f"nothing serves `{name}`", f"Did you mean `{near}`? Correct the name.")
    when = " any more" if name in series.names else ""
    may_come = not when and not owner and not series.catalogue.complete
    remedy = "Expose it, or remove the expression."
    return Verdict("fail", f"nothing serves `{name}`{when}", remedy, may_come=may_come)


def _may_serve(series: Series, job: str, name: str) -> bool:
    """Return whether a job that is down may be the one that serves a name.

    Servers of somebody else have run before: a job that was up lately has left all its names there.
    """
    if not series.context.given or name in series.names:
        return True
    labels = series.jobs[job]
    ups = Selector("up", (of_jobs(sorted(labels)),)).text
    return not series.client.has_result(f"max(max_over_time({ups}[{_LATELY}])) == 1")


def _from_silent(series: Series, name: str, owner: str) -> Verdict:
    return Verdict("skip", f"`{name}` is served by `{owner}`, which {series.silent[owner]}")


def _left_in(name: str) -> Verdict:
    """The verdict on what an expression leaves out, where it may be there only at times, as during maintenance."""
    return Verdict("empty", f"nothing serves `{name}` right now, so `unless` leaves nothing out")


def _job_of(service: Service) -> str:
    return service.push.job if service.push else service.name

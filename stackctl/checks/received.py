"""`remote_write.received`: Prometheus accepts what others write to it, by remote write or OTLP, by its own account.

A sender drops what is refused, and only its own log says so. It repeats what failed for now, as while Prometheus
starts: that is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.model import Prometheus
from stackctl.verification import server_log, targets
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

ID = "remote_write.received"
_WRITE, _OTLP = "/api/v1/write", "/api/v1/otlp/v1/metrics"
# How far back requests count: a sender that has been corrected is green after that.
_LATELY, _MINUTES = "5m", 5
# How the log speaks of what was refused, in lower case; how many different lines of it are shown.
_REFUSALS = ("remote write", "otlp")
_SHOWN = 3
# Too many requests at once: the sender repeats them, as it does after an error of the server.
_TOO_MANY = "429"
_REMEDY = (
    "Fix the sender: two that write the same series need `external_labels` that differ, and samples that come late "
    "need `prometheus.out_of_order_time_window`."
)


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for each path at which others may write to Prometheus."""
    subjects = [Subject(ID, path, context.stack.prometheus.origin) for path in _paths(context.stack.prometheus)]
    if not subjects:
        return []
    own = next((job for job in context.jobs if job.component is context.stack.prometheus), None)
    if own is None:
        return [each.skipped("Prometheus does not scrape itself, so nothing says what it accepts") for each in subjects]
    seen = targets.settle(context)
    if isinstance(seen, NoAnswer):
        return [each.unanswered(seen) for each in subjects]
    try:
        found = [_requests(context, own.label or own.name, each.name) for each in subjects]
    except NoAnswer as error:
        return [each.unanswered(error) for each in subjects]
    return [_judged(context, subject, counts) for subject, counts in zip(subjects, found, strict=True)]


def _paths(server: Prometheus) -> list[str]:
    taken = ((_WRITE, server.remote_write_receiver), (_OTLP, server.otlp_receiver))
    return [path for path, is_taken in taken if is_taken]


def _requests(context: Context, job: str, path: str) -> Mapping[str, float]:
    """The requests of the last minutes: "accepted", "refused", or "repeated" by the sender later. Raises NoAnswer."""
    series = f'prometheus_http_requests_total{{job="{job}",handler="{path}"}}'
    counts: dict[str, float] = {}
    for labels, count in context.prometheus().values(f"sum by (code) (increase({series}[{_LATELY}]))"):
        outcome = _outcome(labels.get("code", ""))
        counts[outcome] = counts.get(outcome, 0.0) + count
    return counts


def _outcome(status: str) -> str:
    if status.startswith("2"):
        return "accepted"
    return "repeated" if status.startswith("5") or status == _TOO_MANY else "refused"


def _judged(context: Context, subject: Subject, counts: Mapping[str, float]) -> Diagnostic:
    accepted, refused, repeated = (counts.get(each, 0.0) for each in ("accepted", "refused", "repeated"))
    of_all = f"of {sum(counts.values()):.0f} requests of the last {_MINUTES} minutes"
    if refused:
        summary = f"Prometheus refused about {refused:.0f} {of_all}"
        return subject.failed(summary, _REMEDY, "\n".join(_reasons(context)), stage="loaded")
    if repeated:
        summary = f"Prometheus could not take about {repeated:.0f} {of_all}, which senders repeat"
        remedy = "That is normal while Prometheus starts; else see `stackctl logs prometheus`."
        if accepted:
            return subject.warned(summary, remedy)
        return subject.failed(summary, remedy, "\n".join(_reasons(context)), stage="loaded")
    if accepted:
        return subject.passed(f"Prometheus has accepted all requests of the last {_MINUTES} minutes")
    return subject.skipped(f"nothing was written in the last {_MINUTES} minutes")


def _reasons(context: Context) -> Sequence[str]:
    """The last lines of Prometheus' log about what it refused."""
    log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
    found = [
        " ".join(filter(None, (f"{each.message}: {each.error}", each.fields.get("series", ""))))
        for each in log
        if each.error and any(words in each.message.lower() for words in _REFUSALS)
    ]
    return list(dict.fromkeys(reversed(found)))[:_SHOWN]

"""`remote_write.received`: Prometheus accepts what others write to it, by remote write or OTLP, by its own account.

A sender drops what is refused, and only its own log says so.
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
    """The requests of the last minutes, by the first digit of the status. Raises NoAnswer."""
    series = f'prometheus_http_requests_total{{job="{job}",handler="{path}"}}'
    counts: dict[str, float] = {}
    for labels, count in context.prometheus().values(f"sum by (code) (increase({series}[{_LATELY}]))"):
        digit = labels.get("code", "")[:1]
        counts[digit] = counts.get(digit, 0.0) + count
    return counts


def _judged(context: Context, subject: Subject, counts: Mapping[str, float]) -> Diagnostic:
    accepted, refused = counts.get("2", 0.0), counts.get("4", 0.0) + counts.get("5", 0.0)
    if refused:
        share = f"about {refused:.0f} of {accepted + refused:.0f} requests of the last {_MINUTES} minutes"
        return subject.failed(f"Prometheus refused {share}", _REMEDY, "\n".join(_reasons(context)), stage="loaded")
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

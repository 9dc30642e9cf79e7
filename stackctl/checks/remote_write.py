"""`remote_write.sent`: what Prometheus is to write elsewhere arrives there, block by block, by its own account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.clients.exposition import Exposition
from stackctl.clients.http import NoAnswer
from stackctl.clients.probe import probe
from stackctl.diagnostic import Diagnostic
from stackctl.verification import server_log
from stackctl.verification.context import PROBE_SECONDS, Context
from stackctl.verification.redirects import redirect_of
from stackctl.verification.server_log import Entry
from stackctl.verification.subject import Subject

ID = "remote_write.sent"
_PREFIX = "prometheus_remote_storage_"
_KINDS = ("samples", "histograms")
# Prometheus sends a batch after five seconds at the latest, unless `batch_send_deadline` says otherwise.
_BATCH_SECONDS = 5.0
_LONGEST_SECONDS = 20.0
# A sample counts as late when it has waited this much longer than that.
_LATE_SECONDS = 30.0


@dataclass(frozen=True)
class Queue:
    """The account of one block: counters since the start, samples that wait, and Unix times of the newest sample that
    was read for it and of the newest that was sent."""

    failed: float
    retried: float
    dropped: float
    pending: float
    newest: float
    sent: float


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every block of `remote_write`, those of `extra` too."""
    blocks = context.tree.yaml(c.PROMETHEUS_FILE).get("remote_write") or []
    if not blocks:
        return []
    client = context.prometheus()
    first: list[Exposition] = []

    def observe() -> Exposition:
        first[:] = first or [client.own_metrics()]
        return client.own_metrics()

    def settled(seen: Exposition) -> bool:
        return all(_moves(_queue(first[0], block), _queue(seen, block)) for block in blocks)

    seen = context.settle(observe, settled, within=_LONGEST_SECONDS)
    log: list[Entry] = []
    if not isinstance(seen, NoAnswer) and not settled(seen):
        log = server_log.entries(context.place, context.stack, c.PROMETHEUS)
    return [_block(context, block, first, seen, log) for block in blocks]


def _moves(before: Queue | None, now: Queue | None) -> bool:
    """Return whether something was sent while this looked, and nothing failed meanwhile."""
    if before is None or now is None:
        return False
    return now.sent > before.sent and (now.failed, now.retried) == (before.failed, before.retried)


def _block(
    context: Context,
    block: Mapping[str, Any],
    first: Sequence[Exposition],
    seen: Exposition | NoAnswer,
    log: Sequence[Entry],
) -> Diagnostic:
    subject = Subject(ID, block_name(block), context.stack.prometheus.origin)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    before, now = _queue(first[0], block), _queue(seen, block)
    if before is None or now is None:
        return subject.failed("Prometheus has no such remote write", "Run `stackctl reload`.")
    reason = _reason(block, log)
    evidence = f"{now.failed:g} samples failed, {now.retried:g} were retried, {now.pending:g} are pending"
    if now.failed > before.failed:
        summary = f"the receiver rejects samples{reason}"
        return subject.failed(summary, _REMEDY, evidence, stage="loaded")
    if now.sent > before.sent:
        return _redirected(context, subject, block) or subject.passed(_sent(now))
    if now.retried > before.retried or reason:
        why = reason or _unreachable(context, str(block.get("url", "")))
        return subject.failed(f"no samples are sent{why}", _REMEDY, evidence, stage="loaded")
    if now.dropped > before.dropped and not now.pending:
        summary = "`write_relabel_configs` drops every sample"
        return subject.warned(summary, "Correct its steps, or remove the block.", evidence)
    if now.sent and now.newest - now.sent <= _LATE_SECONDS + _deadline(block):
        return _redirected(context, subject, block) or subject.passed(_sent(now))
    if not now.sent and _deadline(block) > min(context.seconds, _LONGEST_SECONDS):
        summary = f"no samples were sent yet: a batch may wait for {_deadline(block):g} s"
        return subject.skipped(summary, "Run `stackctl verify` again after that time.")
    summary = f"no samples were sent while this check waited, and {now.pending:g} samples are pending"
    return subject.failed(summary, "Wait longer with --timeout, and see `stackctl logs prometheus`.", stage="loaded")


def _redirected(context: Context, subject: Subject, block: Mapping[str, Any]) -> Diagnostic | None:
    """The failure of a block whose samples are lost at a redirect, though Prometheus counts them as sent."""
    to = redirect_of(context.place.dial, str(block.get("url", "")))
    summary = f"the samples are lost: `url` redirects to {to}, without their content"
    return subject.failed(summary, "Write the URL that it redirects to.", stage="loaded") if to else None


_REMEDY = "Correct `url` or the login of this block, or start its receiver; then run `stackctl reload`."


def _sent(queue: Queue) -> str:
    lost = f"; {queue.failed:g} have failed since the start" if queue.failed else ""
    return f"samples are sent, {queue.pending:g} are pending{lost}"


def _deadline(block: Mapping[str, Any]) -> float:
    from stackctl.promql import duration

    text = (block.get("queue_config") or {}).get("batch_send_deadline")
    return duration.seconds(str(text)) if text else _BATCH_SECONDS


def _reason(block: Mapping[str, Any], log: Sequence[Entry]) -> str:
    """The last words of Prometheus' log about this block."""
    about = [entry for entry in log if entry.error and _is_of(block, entry.fields)]
    return f": {about[-1].error}" if about else ""


def _unreachable(context: Context, url: str) -> str:
    """Return why Prometheus gets no response: of several blocks that fail, its log names one a minute."""
    asked = probe(bare_url(url), context.place.dial, PROBE_SECONDS, {})
    # Where nothing can be asked from Prometheus' place, that says nothing of the receiver.
    return f": {asked}" if asked.reply is None and asked.failure != "unable" else ""


def block_name(block: Mapping[str, Any]) -> str:
    """A block by its name, or by its URL without what may be secret in it."""
    return str(block.get("name") or bare_url(str(block.get("url", ""))))


def bare_url(url: str) -> str:
    """Return a URL without what may be secret in it."""
    return re.sub(r"//[^/@]*@", "//", url.partition("?")[0])


def _is_of(block: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Return whether a series or a line of the log is about `block`; Prometheus makes up the names that it lacks."""
    if "name" in block:
        return labels.get("remote_name") == str(block["name"])
    return bare_url(re.sub(r"//\**@", "//", labels.get("url", ""))) == bare_url(str(block.get("url", "")))


def _queue(metrics: Exposition, block: Mapping[str, Any]) -> Queue | None:
    def value(name: str) -> float:
        return sum(value for labels, value in metrics.series(f"{_PREFIX}{name}") if _is_of(block, labels))

    if not any(_is_of(block, labels) for labels, _ in metrics.series(f"{_PREFIX}shards")):
        return None
    failed, retried, dropped = (
        sum(value(f"{kind}_{what}_total") for kind in _KINDS) for what in ("failed", "retried", "dropped")
    )
    pending = sum(value(f"{kind}_pending") for kind in _KINDS)
    sent = value("queue_highest_sent_timestamp_seconds")
    newest = metrics.total(f"{_PREFIX}highest_timestamp_in_seconds") or value("queue_highest_timestamp_seconds")
    return Queue(failed, retried, dropped, pending, newest, sent)

"""`stack.generation`, `stack.files`, `prometheus.config` and `prometheus.retention`: what runs is what the manifest
says, on disk and by the servers' own account."""

from __future__ import annotations

from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import RuntimeInfo
from stackctl.diagnostic import Diagnostic
from stackctl.model import Retention
from stackctl.verification.config_difference import config_difference, same_retention
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

GENERATION = "stack.generation"
FILES = "stack.files"
CONFIG = "prometheus.config"
RETENTION = "prometheus.retention"


# What Prometheus reports of itself, and the configuration that it has loaded.
Seen = tuple[RuntimeInfo, str] | NoAnswer


def check(context: Context) -> Iterable[Diagnostic]:
    """The generation that runs, and the configuration and the retention that Prometheus reports."""
    client = context.prometheus()
    seen = context.settle(lambda: (client.runtime_info(), client.config()), lambda _: True)
    return [_generation(context), _files(context), _config(context, seen), _retention(context, seen)]


def check_given(context: Context) -> Iterable[Diagnostic]:
    """The result of the last load of the configuration of a Prometheus that somebody else runs."""
    subject = Subject(CONFIG, c.PROMETHEUS, context.stack.prometheus.origin)
    info = context.settle(context.prometheus().runtime_info, lambda _: True)
    if isinstance(info, NoAnswer):
        return [subject.unanswered(info)]
    if info.reload_ok is None:
        return [subject.skipped("not checked: this server does not report whether its configuration was loaded")]
    if not info.reload_ok:
        summary = "the last reload of the configuration failed: it runs an older one, and may not start again"
        return [subject.failed(summary, "Fix the error shown in `stackctl logs prometheus`.", stage="loaded")]
    return [subject.passed("the last load of the configuration succeeded")]


def _generation(context: Context) -> Diagnostic:
    subject = Subject(GENERATION, context.stack.name, context.stack.origin)
    if context.current == context.declared:
        return subject.passed(f"generation {context.current} matches the manifest")
    return subject.failed(
        f"generation {context.current} is running, but the manifest now renders to {context.declared}",
        "Run `stackctl reload`, or `stackctl up` if more than rules and targets changed.",
    )


def _files(context: Context) -> Diagnostic:
    subject = Subject(FILES, context.stack.name, context.stack.origin)
    if context.intact:
        return subject.passed(f"the files of generation {context.current} are unchanged")
    return subject.failed(
        f"files of generation {context.current} have been changed by hand: a restart would load them",
        "Run `stackctl reload`: it rewrites them. Move any change you want to keep into the manifest.",
    )


def _config(context: Context, seen: Seen) -> Diagnostic:
    subject = Subject(CONFIG, c.PROMETHEUS, context.stack.prometheus.origin)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    info, loaded = seen
    if not info.reload_ok:
        remedy = "Fix the error shown in `stackctl logs prometheus`, then run `stackctl reload`."
        return subject.failed("the last reload of the configuration failed", remedy)
    lines = config_difference(context.tree.files[c.PROMETHEUS_FILE].content, loaded)
    if lines:
        summary = f"Prometheus has loaded a different configuration: {lines[0]}"
        return subject.failed(summary, "Run `stackctl reload`.", "\n".join(lines[:20]))
    return subject.passed("the loaded configuration matches the rendered one")


def _retention(context: Context, seen: Seen) -> Diagnostic:
    subject = Subject(RETENTION, c.PROMETHEUS, context.stack.prometheus.origin)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    info, _ = seen
    declared = _limits(context.stack.prometheus.retention)
    if same_retention(declared, info.retention):
        return subject.passed(f"Prometheus reports that samples are kept for {declared}")
    kept = info.retention or "an unknown time"
    return subject.failed(
        f"samples are kept for {kept}, not for {declared}", "Run `stackctl up`: the change needs a restart."
    )


def _limits(retention: Retention) -> str:
    return " or ".join(limit for limit in (retention.time, retention.size) if limit)

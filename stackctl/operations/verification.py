"""Proving that what the manifest declares works: everything that a check needs, and how long it may wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import raise_if_any
from stackctl.operations.session import Session, kept_secrets

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.model import Stack, Waiver
    from stackctl.report.report import Report
    from stackctl.state import Generation


# A rule of Grafana's own that is evaluated less often is not waited for: it is checked once it has been evaluated.
_LONGEST_OF_GRAFANA = 60.0


def verify_stack(
    manifest: Path,
    wait_seconds: float | None,
    only: Sequence[str],
    *,
    history: bool = False,
    ignored: Sequence[Waiver] = (),
) -> Report:
    """Every finding about the running stack, or those of the checks in `only`; with `history` the panels' charts too.

    `wait_seconds` bounds the wait for scrapes and evaluations; None is as long as the slowest of them needs. What is
    `ignored` is accepted, as what the manifest ignores.

    Raises InputError for a bad manifest or an unknown check, and Unavailable when nothing runs.
    """
    from contextlib import nullcontext

    from stackctl.bounds.deadline import within
    from stackctl.clients.http import TIMEOUT_SECONDS

    # What is asked at the end of that time still has the time of one answer.
    with nullcontext() if wait_seconds is None else within(wait_seconds + TIMEOUT_SECONDS):
        return _verified(manifest, wait_seconds, only, history=history, ignored=ignored)


def _verified(
    manifest: Path, wait_seconds: float | None, only: Sequence[str], *, history: bool, ignored: Sequence[Waiver]
) -> Report:
    from stackctl import scrape
    from stackctl.checks import registry
    from stackctl.checks.panels import PANEL
    from stackctl.operations.checker_errors import accept, unknown_checks, unused_in_verification
    from stackctl.operations.checking import load_or_report
    from stackctl.operations.selection import refuse_unknown_checks
    from stackctl.report import panel_history as panels
    from stackctl.report.report import Report
    from stackctl.runtimes.dial import directly
    from stackctl.verification.context import Context

    stack = load_or_report(manifest, ignored)
    if stack.external:
        from stackctl.operations.external_verification import verify_external

        return verify_external(stack, wait_seconds, only, history=history)
    if stack.kubernetes:
        from stackctl.operations.cluster.verification import verify_cluster

        return verify_cluster(manifest, stack, wait_seconds, only)
    refuse_unknown_checks(only, registry.OWN_IDS)
    session = Session.of_stack(manifest, stack)
    raise_if_any(unknown_checks(session.stack.waivers))
    begun, start = time.time(), time.monotonic()
    context = Context(
        stack=session.stack,
        runtime=session.runtime.facts,
        tree=session.tree,
        jobs=scrape.rendered_jobs(session.stack, session.runtime.facts, session.tree),
        skipped=session.running.units_skipped,
        current=session.current.id,
        declared=session.state.identify(session.tree),
        intact=session.state.read(session.current) is not None,
        seconds=patience(session.stack) if wait_seconds is None else wait_seconds,
        server=_server(session.current),
        fetch=session.fetch,
        place=session.runtime,
        dial=directly,
        logins=session.state.logins,
        grafana_password=kept_secrets(session.state).get(c.GRAFANA_ADMIN_PASSWORD),
    )
    waivers = session.stack.waivers
    findings = accept(registry.run(context, only), waivers)
    findings += unused_in_verification(waivers, findings)
    seconds = time.monotonic() - start
    charts = panels.look(context) if history and any(finding.code == PANEL for finding in findings) else None
    return Report(session.stack.name, session.runtime.name, session.current.id, tuple(findings), seconds, begun, charts)


def _server(current: Generation) -> Access:
    return next(current.access(unit) for unit in current.units() if unit.name == c.PROMETHEUS)


def patience(stack: Stack) -> float:
    """Return the longest time to wait for a scrape or evaluation, in seconds, with as much again for a slow machine."""
    from stackctl.promql import duration

    intervals = [stack.prometheus.scrape_interval, stack.prometheus.evaluation_interval]
    intervals += [service.scrape_interval for service in stack.services if service.scrape_interval]
    intervals += [each.scrape.interval for each in stack.components if each.scrape and each.scrape.interval]
    slowest = max(*map(duration.seconds, intervals), min(stack.grafana_interval, _LONGEST_OF_GRAFANA))
    return 2 * (slowest + c.TARGET_SYNC_SECONDS)

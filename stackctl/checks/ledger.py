"""The ledger: all families of checks, run side by side against a running stack, in the order of the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from stackctl.checks import (
    alertmanager,
    components,
    config,
    contracts,
    drift,
    exporters,
    expressions,
    grafana,
    health,
    jobs,
    panels,
    rules,
    storage,
    targets,
)
from stackctl.checks.context import Context
from stackctl.checks.finding import Finding

Family = Callable[[Context], Iterable[Finding]]

# The families in the order in which they are reported, each with the ids it answers for.
FAMILIES: tuple[tuple[Family, tuple[str, ...]], ...] = (
    (components.check, (components.ID,)),
    (config.check, (config.GENERATION, config.FILES, config.CONFIG, config.RETENTION)),
    (storage.check, (storage.ID,)),
    (jobs.check, (jobs.ID,)),
    (targets.check, (targets.ID,)),
    (contracts.check, (contracts.METRIC, contracts.LABELS)),
    (health.check, (health.ID,)),
    (exporters.check, (exporters.WORKS, exporters.PROBE)),
    (rules.check, (rules.LOADED, rules.HEALTHY)),
    (expressions.check, (expressions.ID,)),
    (alertmanager.check, (alertmanager.CONNECTED, alertmanager.CONFIG, alertmanager.RECEIVER)),
    (grafana.check, (grafana.HEALTH, grafana.LOGIN, grafana.DATASOURCE, grafana.DASHBOARD)),
    (panels.check, (panels.PANEL, panels.VARIABLE)),
    (drift.check, (drift.JOB, drift.TARGET, drift.RULE, drift.RECEIVER, drift.DASHBOARD)),
)
IDS = tuple(id for _, ids in FAMILIES for id in ids)


def run(context: Context, only: Sequence[str] = ()) -> list[Finding]:
    """The findings of all families, or of those that answer for the ids (or families, `target`) in `only`."""
    context = replace(context)  # what families look at together is looked at anew in each run
    chosen = [family for family, ids in FAMILIES if not only or any(_named(id, only) for id in ids)]
    with ThreadPoolExecutor(len(FAMILIES)) as pool:
        results = list(pool.map(lambda family: _timed(family, context), chosen))
    return [finding for findings in results for finding in findings if not only or _named(finding.id, only)]


def _named(id: str, only: Sequence[str]) -> bool:
    return any(id == name or id.startswith(f"{name}.") for name in only)


def _timed(family: Family, context: Context) -> list[Finding]:
    """The findings of one family; the time is that of the family, which looks at all its subjects together."""
    start = time.monotonic()
    findings = list(family(context))
    seconds = round(time.monotonic() - start, 3)
    return [replace(finding, duration_seconds=seconds) for finding in findings]

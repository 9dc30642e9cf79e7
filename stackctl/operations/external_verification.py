"""Proving that servers which somebody else runs have loaded what the manifest declares, and that it works there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.model import Stack
    from stackctl.report.report import Report


def verify_external(stack: Stack, wait_seconds: float | None, only: Sequence[str], *, history: bool) -> Report:
    """Every finding about the declared stack on the servers of its `external`; as `verify_stack`.

    Raises InputError for an unknown check, and for certificates that cannot be used.
    """
    from stackctl.checks import registry
    from stackctl.checks.panels import PANEL
    from stackctl.errors import raise_if_any
    from stackctl.export.external import external_tree
    from stackctl.manifest.routed_alike import misrouted
    from stackctl.operations.checker_errors import accept, unknown_checks, unused_in_verification
    from stackctl.operations.external import accesses
    from stackctl.operations.given_verification import CONFIGURATIONS, read_loaded, servers_context, with_unread
    from stackctl.operations.selection import refuse_unknown_checks
    from stackctl.report import panel_history as panels
    from stackctl.report.report import Report
    from stackctl.verification import external, given
    from stackctl.verification.given_words import in_words_of_manifest

    refuse_unknown_checks(only, [id for _, ids in registry.EXTERNAL for id in ids])
    raise_if_any(unknown_checks(stack.waivers))
    begun, start = time.time(), time.monotonic()
    servers = accesses(stack)
    loaded, unread = read_loaded({name: access for name, access in servers.items() if name != c.GRAFANA})
    found = external.stack_of(stack, servers, loaded)
    tree = external.tree_of(external_tree(stack), loaded)
    jobs = external.jobs_of(found, loaded)
    theirs = replace(found, alertmanager=given.stack_of(servers, loaded).alertmanager)
    context = servers_context(
        servers,
        found,
        tree,
        jobs,
        wait_seconds,
        has_manifest=True,
        misrouted=misrouted(found, theirs) if loaded.alertmanager else {},
    )
    context = replace(context, skipped=external.missing_jobs(context, loaded))
    results = with_unread(registry.run(context, only), unread, only, CONFIGURATIONS)
    findings = accept(map(in_words_of_manifest, results), stack.waivers)
    findings += unused_in_verification(stack.waivers, findings)
    seconds = time.monotonic() - start
    charts = panels.look(context) if history and any(finding.code == PANEL for finding in findings) else None
    return Report(stack.name, given.NAME, "", tuple(findings), seconds, begun, charts)

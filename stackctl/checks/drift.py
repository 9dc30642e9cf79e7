"""`drift.*`: what the servers have and the manifest does not declare, each thing named.

It breaks nothing that is declared, so it is a warning; but a drill that was left behind makes alerts fire. That the
servers' whole configuration differs is reported by `prometheus.config` and `alertmanager.config`, and is a failure.
Where all is declared, one line says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import LoadedRule
from stackctl.diagnostic import Diagnostic
from stackctl.scrape import rendered_blocks
from stackctl.verification.context import Context
from stackctl.verification.subject import Subject

JOB = "drift.job"
TARGET = "drift.target"
RULE = "drift.rule"
RECEIVER = "drift.receiver"
DASHBOARD = "drift.dashboard"
# So many are named; of a hundred more, one knows as much by their number.
_NAMED = 20
_UNDECLARED = "it is loaded, but the manifest does not declare it"
_RELOAD = "Declare it in the manifest, or run `stackctl reload` to remove it."
_DRILLED = "a drill is running or was interrupted, and its configuration is still loaded"
_END = "Wait until it has ended, or run `stackctl reload`, which cleans up an interrupted drill."
_OF_A_DRILL = re.compile(rf"{re.escape(PurePosixPath(c.DRILL_RULES).name)}/|{c.DRILL}-[0-9a-f]{{6}}-\d+-")
_BY_HAND = "Declare it in the manifest, or delete it in Grafana."

# What is loaded: a name -> whether it is declared.
Loaded = Mapping[str, bool]


def check(context: Context) -> Iterable[Diagnostic]:
    """For each kind of thing, a warning for every one that is not declared, or a pass."""
    stack = context.stack
    looks: list[tuple[Subject, Callable[[Context], Loaded], str]] = [
        (Subject(id, c.PROMETHEUS, stack.prometheus.origin), look, _RELOAD)
        for id, look in ((JOB, _jobs), (TARGET, _targets), (RULE, _rules))
    ]
    if stack.alertmanager and c.ALERTMANAGER not in context.skipped:
        looks.append((Subject(RECEIVER, c.ALERTMANAGER, stack.alertmanager.origin), _receivers, _RELOAD))
    if stack.grafana and c.GRAFANA not in context.skipped:
        looks.append((Subject(DASHBOARD, c.GRAFANA, stack.grafana.origin), _dashboards, _BY_HAND))
    with ThreadPoolExecutor(len(looks)) as pool:  # in parallel: where a server is away, each waits for it
        found = pool.map(lambda look: _findings(context, *look), looks)
        return [finding for findings in found for finding in findings]


def _findings(context: Context, subject: Subject, look: Callable[[Context], Loaded], remedy: str) -> list[Diagnostic]:
    # What was taken out by a reload may be there for a moment more.
    loaded = context.settle(lambda: look(context), lambda seen: all(seen.values()))
    if isinstance(loaded, NoAnswer):
        return [subject.unanswered(loaded)]
    foreign = sorted(name for name, declared in loaded.items() if not declared)
    drilled = [name for name in foreign if _OF_A_DRILL.match(name)]
    if drilled:
        # Its alerts fire, and where they go is not what the manifest says: this is no stack to be called verified.
        return [subject.failed(_DRILLED, _END, f"From the drill: {', '.join(drilled[:_NAMED])}", stage="loaded")]
    if foreign:
        named = [replace(subject, name=name).warned(_UNDECLARED, remedy) for name in foreign[:_NAMED]]
        more = len(foreign) - _NAMED
        return [*named, subject.warned(f"{more} more are not declared", remedy)] if more > 0 else named
    # Where nothing is loaded, that nothing foreign is says nothing.
    return [subject.passed(f"nothing undeclared among {len(loaded)} loaded")] if loaded else []


def _jobs(context: Context) -> Loaded:
    rendered = _configured(context)
    return {job: job in rendered for job in context.prometheus().jobs()}


def _targets(context: Context) -> Loaded:
    """The targets of all jobs that list theirs, by the address before relabelling."""
    listed = {
        name: {str(target) for group in job.get("static_configs") or [] for target in group.get("targets") or []}
        for name, job in _configured(context).items()
        if not any(key.endswith("_sd_configs") for key in job)
    }
    pools = context.prometheus().pools()
    return {f"{job}/{address}": address in listed[job] for job, address in pools if job in listed}


def _rules(context: Context) -> Loaded:
    """The rules of the tree's own files: `extra` may name others."""
    declared = {(file.path, rule.group, rule.kind, rule.name) for file in context.stack.rules for rule in file.rules}
    loaded = [rule for rule in context.prometheus().rules() if f"/{c.RULES_FOLDER}" in rule.file]
    return {"/".join(_place(rule)): (*_place(rule)[:2], rule.kind, rule.name) in declared for rule in loaded}


def _place(rule: LoadedRule) -> tuple[str, str, str]:
    return PurePosixPath(rule.file).name, rule.group, rule.name


def _receivers(context: Context) -> Loaded:
    rendered = {str(receiver["name"]) for receiver in context.tree.yaml(c.ALERTMANAGER_FILE).get("receivers") or []}
    return {name: name in rendered for name in context.alertmanager().receivers()}


def _dashboards(context: Context) -> Loaded:
    """The dashboards in the folders that the manifest fills; "" is the one at the top level."""
    declared = {dashboard.uid for dashboard in context.stack.dashboards}
    folders = {dashboard.folder for dashboard in context.stack.dashboards}
    found = context.grafana().dashboards()
    return {f"{each.folder}/{each.title}".lstrip("/"): each.uid in declared for each in found if each.folder in folders}


def _configured(context: Context) -> dict[str, Mapping[str, Any]]:
    """The scrape jobs of the rendered configuration, those of `extra` too."""
    return {str(job["job_name"]): job for job in rendered_blocks(context.tree)}

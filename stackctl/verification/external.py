"""A manifest for servers that somebody else runs: what it declares next to what they have loaded.

Somebody else decides how the files are laid out, what else is loaded, and how often what the manifest leaves open is
done. So a rule is known by its kind and name, whatever its file and group, and of a job only what is declared counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stackctl import conventions as c
from stackctl import model
from stackctl.access import Access
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import ActiveTarget, LoadedRule
from stackctl.scrape import Job, jobs
from stackctl.tree import File, Tree
from stackctl.verification import given
from stackctl.verification.config_difference import ADDED, config_difference
from stackctl.verification.context import Context
from stackctl.verification.given import FACTS, Loaded
from stackctl.verification.receivers import integrations
from stackctl.verification.written_rules import WrittenRule, differences

# Why the service of a job is skipped that is not loaded, which has its own row.
NOT_LOADED = "Prometheus has not loaded its job"
# What a job says of where and how it is scraped, which the rows of its targets prove.
_OF_TARGETS = frozenset({"static_configs", "metrics_path", "scheme"})
# Sources of targets that may be written in another way: in a list, or in files of any name.
_LISTED = frozenset({"static_configs", "file_sd_configs"})


# -- the context ----------------------------------------------------------------------------------------------


def stack_of(stack: model.Stack, servers: Mapping[str, Access], loaded: Loaded) -> model.Stack:
    """Return the declared stack, with servers as they have been found."""
    found = given.stack_of(servers, loaded)
    places = {each.name: each.origin for each in stack.external}
    prometheus = replace(found.prometheus, origin=places[c.PROMETHEUS])
    alertmanager, grafana = found.alertmanager, found.grafana
    if alertmanager:
        declared = stack.alertmanager or replace(alertmanager, receivers=(), route=None)
        alertmanager = replace(declared, listen=alertmanager.listen, origin=places[c.ALERTMANAGER])
    if grafana:
        grafana = replace(stack.grafana or grafana, listen=grafana.listen, origin=places[c.GRAFANA])
    return replace(stack, prometheus=prometheus, alertmanager=alertmanager, grafana=grafana)


def tree_of(declared: Tree, loaded: Loaded) -> Tree:
    """Return the declared files, and the configuration that Prometheus has loaded."""
    content = (loaded.prometheus or "{}").encode()
    files = {c.ALERTMANAGER_FILE: File(b"{}"), **declared.files, c.PROMETHEUS_FILE: File(content, secret=True)}
    return replace(declared, files=files)


def jobs_of(stack: model.Stack, loaded: Loaded) -> tuple[Job, ...]:
    """Return the declared jobs, which are scraped as often as they are loaded."""
    blocks = loaded_blocks(loaded.config)
    found = {**{each.job: given.block_of(each.job, [each]) for each in loaded.targets}, **blocks}
    return tuple(_as_often(job, found.get(job.name, {})) for job in jobs(stack, FACTS) if job.service)


def _as_often(job: Job, block: Mapping[str, Any]) -> Job:
    assert job.service  # noqa: S101 - asked for jobs of services only
    interval = block.get("scrape_interval") or job.service.scrape_interval
    return replace(job, service=replace(job.service, scrape_interval=interval))


def missing_jobs(context: Context, loaded: Loaded) -> Mapping[str, str]:
    """Return the services whose job is not loaded, each with the reason why nothing of it is checked.

    Prometheus takes up the jobs of a new configuration some seconds later, so one that is missing is waited for.
    """
    if not (loaded.prometheus or loaded.targets):
        return {}  # it does not answer, which its own check reports
    declared = {job.name for job in context.jobs}
    known = {*loaded_blocks(loaded.config), *(target.job for target in loaded.targets)}
    if declared <= known:
        return {}
    client = context.prometheus()
    pools = context.settle(client.jobs, lambda found: declared <= known | found, within=2 * c.TARGET_SYNC_SECONDS)
    found = known if isinstance(pools, NoAnswer) else known | pools
    return dict.fromkeys(sorted(declared - found), NOT_LOADED)


# -- jobs -----------------------------------------------------------------------------------------------------


def loaded_blocks(config: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the scrape_configs of a configuration, by the names of their jobs."""
    return {str(block.get("job_name")): block for block in config.get("scrape_configs") or ()}


def told_differences(declared: Mapping[str, Any], job: Job, targets: Iterable[ActiveTarget]) -> list[str]:
    """The same for a job that is in one of the `scrape_config_files`, by what its targets tell."""
    told = given.block_of(job.name, [target for target in targets if target.job == job.name])
    return job_differences({key: value for key, value in declared.items() if key in told}, told)


def job_differences(declared: Mapping[str, Any], loaded: Mapping[str, Any]) -> list[str]:
    """Return in what a loaded job contradicts the declared one. What is loaded beyond it is no difference."""
    is_listed = "static_configs" in declared and "relabel_configs" not in declared
    left_out = _OF_TARGETS if is_listed else frozenset({"static_configs"})
    compared = {key: value for key, value in _plain(declared).items() if key not in left_out | _LISTED}
    theirs = {key: loaded[key] for key in compared if key in loaded}
    return _differences(compared, theirs)


def _plain(value: Any) -> Any:
    """Return a block without its secrets and files: servers do not show the ones, and have others of the others."""
    if isinstance(value, Mapping):
        kept = {key: _plain(item) for key, item in value.items() if not _is_private(str(key))}
        return {key: item for key, item in kept.items() if item not in ({}, [])}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _is_private(key: str) -> bool:
    return key.endswith(("_file", "files")) or key in ("ca", "cert", "key", "password", "credentials", "client_secret")


def label_differences(declared: Mapping[str, Any], job: Job, targets: Iterable[ActiveTarget]) -> list[str]:
    """Return the labels that listed targets of a job do not have, neither before relabelling nor after it."""
    found = [target for target in targets if target.job == job.name]
    return [
        f"the target {address} lacks the label `{name}` with the value `{value}`"
        for group in declared.get("static_configs") or ()
        for address in group.get("targets") or ()
        for name, value in (group.get("labels") or {}).items()
        if not name.startswith("__") and _all_lack(found, str(address), str(name), str(value))
    ]


def _all_lack(targets: Sequence[ActiveTarget], address: str, name: str, value: str) -> bool:
    """Return whether there are targets of an address, and none of them has a label."""
    alike = [each for each in targets if each.address == address]
    return bool(alike) and all(value not in (each.discovered.get(name), each.labels.get(name)) for each in alike)


# -- rules ----------------------------------------------------------------------------------------------------


def matched(
    written: Sequence[WrittenRule], loaded: Iterable[LoadedRule], intervals: Mapping[tuple[str, str], float]
) -> list[tuple[LoadedRule | None, list[str]]]:
    """Return for each written rule the loaded one that it has become, and the differences between the two.

    `intervals` are those that groups say themselves, by file and group; of the others the server decides. A loaded
    rule is that of one written rule only: first of those that are the same, then of the most similar ones.
    """
    left: dict[tuple[str, str], list[LoadedRule]] = {}
    for rule in loaded:
        left.setdefault((rule.kind, rule.name), []).append(rule)
    found: dict[int, tuple[LoadedRule, list[str]]] = {}
    ranked = sorted(
        (len(lines), number, order, rule, lines)
        for number, one in enumerate(written)
        for order, rule in enumerate(left.get((one.kind, one.name), ()))
        if (lines := _rule_differences(one, rule, intervals)) is not None
    )
    taken: set[int] = set()
    for _, number, _, rule, lines in ranked:
        if number not in found and id(rule) not in taken:
            found[number] = (rule, lines)
            taken.add(id(rule))
    return [found.get(number, (None, [])) for number in range(len(written))]


def _rule_differences(
    written: WrittenRule, loaded: LoadedRule, intervals: Mapping[tuple[str, str], float]
) -> list[str]:
    interval = intervals.get((written.file, written.group), loaded.interval)
    return differences(replace(written, interval=interval, position=loaded.position), loaded)


# -- receivers ------------------------------------------------------------------------------------------------


def receiver_differences(receiver: model.Receiver, rendered: Mapping[str, Any], loaded: Mapping[str, Any]) -> list[str]:
    """Return in what a loaded receiver contradicts the declared one: its integrations, and of each what the manifest
    itself says. What Alertmanager does not show, as it is secret, may be anything."""
    here, there = sorted(integrations(rendered)), sorted(integrations(loaded))
    if here != there:
        return [f"it notifies by {', '.join(there) or 'nothing'}, not by {', '.join(here) or 'nothing'}"]
    sections = [key for key in rendered if key.endswith("_configs")]
    return [
        line
        for section, blocks in zip(sections, receiver.integrations.values(), strict=True)
        for said, block in zip(blocks, rendered[section], strict=True)
        for line in _least_differences({key: block[key] for key in said if key in block}, loaded[section], section)
    ]


def _least_differences(block: Mapping[str, Any], loaded: Sequence[Mapping[str, Any]], section: str) -> list[str]:
    """Return how a block differs from the most similar loaded one; nothing where one is the same."""
    lines = [_block_differences(_plain(block), other) for other in loaded]
    return [f"{section}.{line}" for line in min(lines, key=len)]


def _block_differences(block: Mapping[str, Any], loaded: Mapping[str, Any]) -> list[str]:
    compared = {key: value for key, value in block.items() if f"{key}_file" not in loaded}
    return _differences(compared, {key: loaded[key] for key in compared if key in loaded})


def _differences(declared: Mapping[str, Any], loaded: Mapping[str, Any]) -> list[str]:
    lines = config_difference(json.dumps(declared).encode(), json.dumps(loaded, default=str))
    return [line for line in lines if not line.endswith(ADDED)]

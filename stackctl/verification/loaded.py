"""Comparison of the loaded with the rendered: configuration, rules, targets, dashboards, as the servers report them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.tree import Tree, load_yaml
from stackctl.verification.config_difference import config_difference
from stackctl.verification.written_rules import Key, WrittenRule, rules_difference

_DASHBOARDS = "grafana/dashboards/"


def prometheus_difference(client: Prometheus, tree: Tree, rules: Mapping[Key, list[WrittenRule]]) -> list[str]:
    """Return where Prometheus' report differs from the configuration in `tree` and its `rules`, line by line.

    An answer of 200 to a reload says less: a rule file that could not be read leaves new scrape jobs next to old
    rules. Raises NoAnswer when Prometheus gives none.
    """
    rendered = tree.files[c.PROMETHEUS_FILE].content
    info = client.runtime_info()
    failed = [] if info.reload_ok else ["the last reload of the configuration failed"]
    lines = [*failed, *config_difference(rendered, client.config())]
    lines += rules_difference(rules, client.rules())
    return lines or targets_difference(load_yaml(rendered), client.pools())


def targets_difference(config: Mapping[str, Any], found: Iterable[tuple[str, str]]) -> list[str]:
    """Return where the targets that Prometheus has found differ from those of the configuration `config`.

    It takes up new ones some seconds after a reload. What discovery finds cannot be known, but for the job it is of.
    """
    found = set(found)
    jobs = {job["job_name"]: job for job in config.get("scrape_configs") or []}
    listed = {name for name, job in jobs.items() if not any(key.endswith("_sd_configs") for key in job)}
    declared = {(name, address) for name in listed for address in _addresses(jobs[name])}
    missing = [f"target {address} of the job {name} does not exist yet" for name, address in sorted(declared - found)]
    known = {pair for pair in found if pair in declared or pair[0] in jobs.keys() - listed}
    # Jobs may also come from files that the manifest adds by `extra`.
    extra = () if config.get("scrape_config_files") else sorted(found - known)
    return missing + [f"target {address} of the job {name} still exists" for name, address in extra]


def _addresses(job: Mapping[str, Any]) -> list[str]:
    return [str(target) for group in job.get("static_configs") or [] for target in group.get("targets") or []]


def alertmanager_difference(client: Alertmanager, tree: Tree) -> list[str]:
    """Return where the configuration that Alertmanager has loaded differs from the one in `tree`, line by line.

    Its own hash of the file decides, to the byte: what it reports has defaults filled in, secrets hidden and matchers
    written its own way, and only serves to say what differs. Raises NoAnswer when it gives none.
    """
    rendered = tree.files[c.ALERTMANAGER_FILE].content
    # Six bytes of a checksum, made as Alertmanager makes it.
    wanted = int.from_bytes(hashlib.md5(rendered, usedforsecurity=False).digest()[:6], "little")
    if client.config_hash() == wanted:
        return []
    return config_difference(rendered, client.config()) or ["it has loaded a file with other settings"]


def own_datasource(tree: Tree) -> str:
    """Return the uid of the datasource of the stack's own Prometheus in a rendered tree."""
    found: str = tree.yaml(c.DATASOURCES_FILE)["datasources"][0]["uid"]
    return found


def datasource_difference(client: Grafana, uid: str) -> list[str]:
    """Return whether Grafana reaches Prometheus by the datasource `uid`. Raises NoAnswer when it gives none."""
    try:
        health = client.datasource_health(uid)
    except NoAnswer as error:
        if not error.status:
            raise
        return [f"it cannot reach Prometheus: {error.said}"]
    return [] if health.get("status") == "OK" else [f"it cannot reach Prometheus: {health.get('message', health)}"]


def dashboards_difference(client: Grafana, dashboards: Mapping[str, Any], gone: Iterable[str]) -> list[str]:
    """Return where Grafana differs from `dashboards` (uid -> JSON), and which of the uids `gone` it still has.

    Compared is what a reader sees, because Grafana brings older dashboards to its own form. Raises NoAnswer when it
    gives none.
    """
    lines = [line for uid, rendered in dashboards.items() for line in _dashboard_difference(client, uid, rendered)]
    return lines + [f"the dashboard {uid} still exists" for uid in gone if _loaded_dashboard(client, uid) is not None]


def _dashboard_difference(client: Grafana, uid: str, rendered: Mapping[str, Any]) -> list[str]:
    loaded = _loaded_dashboard(client, uid)
    if loaded is None:
        return [f"the dashboard {uid} is not loaded"]
    if loaded.get("title") != rendered.get("title"):
        return [f"the dashboard {uid} is loaded as {loaded.get('title')!r}, not as {rendered.get('title')!r}"]
    if "panels" in rendered and _panels(rendered) != _panels(loaded):
        return [f"the dashboard {uid} is loaded with other panels"]
    return []


def _loaded_dashboard(client: Grafana, uid: str) -> Mapping[str, Any] | None:
    try:
        return client.dashboard(uid)
    except NoAnswer as error:
        if error.status == 404:
            return None
        raise


def _panels(dashboard: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The title and the expressions of each panel, those in collapsed rows among them."""
    panels = [each for panel in dashboard.get("panels") or [] for each in (panel, *(panel.get("panels") or []))]
    return [(panel.get("title") or "", _expressions(panel)) for panel in panels]


def _expressions(panel: Mapping[str, Any]) -> list[str]:
    return [str(target.get("expr") or "") for target in panel.get("targets") or []]


def dashboards_in(tree: Tree) -> dict[str, Any]:
    """The dashboards of a tree: uid -> JSON."""
    return {PurePosixPath(path).stem: json.loads(file.content) for path, file in tree if path.startswith(_DASHBOARDS)}

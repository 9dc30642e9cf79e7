"""Whether Prometheus has loaded a written tree: its configuration and every rule of it, by its own account."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from stackctl.checks.config import PROMETHEUS_FILE, config_difference
from stackctl.clients.prometheus import LoadedRule, Prometheus
from stackctl.promql.expression import same

Key = tuple[str, str, str, str]


def loaded_difference(client: Prometheus, tree: Path) -> list[str]:
    """Where what Prometheus reports differs from the tree at `tree`, a line for each difference.

    An answer of 200 to a reload says less: a rule file that could not be read leaves new scrape jobs beside old
    rules. Raises NoAnswer when Prometheus gives none.
    """
    info = client.runtime_info()
    failed = [] if info.reload_ok else ["the last reload of the configuration failed"]
    rendered = (tree / PROMETHEUS_FILE).read_bytes()
    differences = config_difference(rendered, client.config())
    return [*failed, *differences, *rules_difference(_written(tree, rendered), client.rules())]


def rules_difference(written: dict[Key, list[str]], loaded: Iterable[LoadedRule]) -> list[str]:
    """Where the loaded rules differ from the written ones. Rules are known by file, group, kind and name."""
    found: dict[Key, list[str]] = {}
    for rule in loaded:
        found.setdefault((PurePosixPath(rule.file).name, rule.group, rule.kind, rule.name), []).append(rule.query)
    lines = []
    for key in sorted({*written, *found}):
        name = f"{key[0]}: {key[1]}/{key[3]}"
        if len(written.get(key, [])) != len(found.get(key, [])):
            lines.append(f"{name}: {len(written.get(key, []))} written, {len(found.get(key, []))} loaded")
        elif not all(same(one, other) for one, other in zip(written[key], found[key], strict=True)):
            lines.append(f"{name}: loaded with another expression")
    return lines


def _written(tree: Path, rendered: bytes) -> dict[Key, list[str]]:
    config = _yaml(rendered)
    folder = (tree / PROMETHEUS_FILE).parent
    rules: dict[Key, list[str]] = {}
    for file in config.get("rule_files") or []:
        for group in (_yaml((folder / file).read_bytes()) or {}).get("groups") or []:
            for rule in group.get("rules") or []:
                kind = "alert" if "alert" in rule else "record"
                key = (PurePosixPath(file).name, str(group["name"]), kind, str(rule[kind]))
                rules.setdefault(key, []).append(str(rule["expr"]))
    return rules


def _yaml(content: bytes) -> Any:
    import yaml

    return yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader

"""Whether Prometheus has loaded a written tree: its configuration and every rule of it, by its own account."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from stackctl.checks.config import PROMETHEUS_FILE, config_difference
from stackctl.clients.prometheus import LoadedRule, Prometheus
from stackctl.model import Stack
from stackctl.promql.expression import same

Key = tuple[str, str, str, str]


Written = dict[Key, list[str]]


def loaded_difference(client: Prometheus, rendered: bytes, written: Written) -> list[str]:
    """Where what Prometheus reports differs from the `rendered` configuration and the `written` rules, line by line.

    An answer of 200 to a reload says less: a rule file that could not be read leaves new scrape jobs beside old
    rules. Raises NoAnswer when Prometheus gives none.
    """
    info = client.runtime_info()
    failed = [] if info.reload_ok else ["the last reload of the configuration failed"]
    return [*failed, *config_difference(rendered, client.config()), *rules_difference(written, client.rules())]


def rules_difference(written: Written, loaded: Iterable[LoadedRule]) -> list[str]:
    """Where the loaded rules differ from the written ones. Rules are known by file, group, kind and name."""
    found: Written = {}
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


def rules_of(stack: Stack) -> Written:
    """The expressions of a stack's rules."""
    rules: Written = {}
    for file in stack.rules:
        for rule in file.rules:
            rules.setdefault((file.path, rule.group, rule.kind, rule.name), []).append(rule.expr)
    return rules


def rules_in(tree: Path) -> Written:
    """The expressions of the rules in a tree on disk, whose stack is no longer known."""
    config = _yaml((tree / PROMETHEUS_FILE).read_bytes())
    folder = (tree / PROMETHEUS_FILE).parent
    rules: Written = {}
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

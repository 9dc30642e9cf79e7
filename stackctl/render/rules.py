"""Rule files: as the user wrote them, or rendered where the manifest changes or holds the rules itself."""

from __future__ import annotations

from typing import Any

from stackctl.model import RuleFile, Stack
from stackctl.render.text import yaml_bytes
from stackctl.tree import File, load_yaml


def rule_files(stack: Stack) -> dict[str, File]:
    """The rule files of `stack`, by their names."""
    return {rule_file.path: File(_content(rule_file, stack.origin.file)) for rule_file in stack.rules}


def groups(rule_file: RuleFile) -> Any:
    """The groups of a rule file as data, without the empty entries that Prometheus skips."""
    if not isinstance(rule_file.content, bytes):
        return rule_file.content["groups"]
    written = (load_yaml(rule_file.content) or {}).get("groups") or ()
    return [{**group, "rules": [rule for rule in group.get("rules") or () if rule]} for group in written if group]


def _content(rule_file: RuleFile, manifest: str) -> bytes:
    if isinstance(rule_file.content, bytes):
        return rule_file.content
    source = rule_file.source if rule_file.source.isprintable() else "a rule file"
    note = f"# {source} with the manifest's overrides; its comments stay there.\n" if source else ""
    return yaml_bytes(rule_file.content, manifest, note)

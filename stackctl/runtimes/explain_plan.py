"""Reasons to replace a unit: the differences between the tree that it was started with and the new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.runtimes.plan import ANY_CHANGE
from stackctl.runtimes.protocol import Plan
from stackctl.tree import Tree, Unit

# Key of a Compose service, or field of a unit -> what a reader calls it. `spec` and the labels follow from the rest.
_WORDS = {
    "command": "flags",
    "cwd": "folder to run in",
    "env": "environment",
    "env_file": "environment",
    "mem_limit": "memory limit",
    "ports": "published address",
    "tool": "program",
    "volumes": "mounts",
}
_FIELDS = ("command", "cwd", "env", "env_file", "scheme", "tool")
_GROUP = "group_add"
_JOINS = (
    "it now has a secret to read, or no longer has one: its container joins or leaves the group that may read secrets, "
    "which needs a new container"
)
_MOVES = (
    "its group that may read secrets changed, as another exporter was added or removed, which needs a new container"
)


def explained(plan: Plan, before: Tree, after: Tree) -> Plan:
    """The same plan, with what has changed as the cause of each replacement, as far as the trees show."""
    steps = (
        replace(step, cause=_cause(step.unit, before, after) or step.cause) if step.cause == ANY_CHANGE else step
        for step in plan.steps
    )
    return Plan(tuple(steps))


def _cause(name: str, before: Tree, after: Tree) -> str:
    old, new = _definition(name, before), _definition(name, after)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    words = list(dict.fromkeys(_WORDS.get(key, key) for key in keys if key != _GROUP))
    causes = [f"{', '.join(words)} changed"] if words else []
    causes += [_MOVES if old.get(_GROUP) and new.get(_GROUP) else _JOINS] if _GROUP in keys else []
    return "; ".join(causes) or _files(name, before, after)


def _definition(name: str, tree: Tree) -> Mapping[str, Any]:
    """All that a unit is started with but the files that it reads."""
    unit = next((unit for unit in tree.units if unit.name == name), Unit(name))
    if c.COMPOSE_FILE in tree.files:
        service: dict[str, Any] = tree.yaml(c.COMPOSE_FILE)["services"].get(unit.in_compose, {})
        return {**{key: value for key, value in service.items() if key != "labels"}, "scheme": unit.scheme}
    return {field: getattr(unit, field) for field in _FIELDS}


def _files(name: str, before: Tree, after: Tree) -> str:
    unit = after.unit(name)
    known = registry.find((unit and unit.kind) or name)
    folders = (f"{c.SECRETS_DIR}/{name}/", *(known.reads_at_start if known else ()))
    paths = sorted(path for path in before.files.keys() | after.files.keys() if path.startswith(folders))
    changed = [
        path
        for path in paths
        if before.files.get(path) != after.files.get(path) and not path.startswith((c.WEB_FOLDER, c.GRAFANA_WEB_FOLDER))
    ]
    return f"it reads {', '.join(changed)} only when it starts" if changed else ""

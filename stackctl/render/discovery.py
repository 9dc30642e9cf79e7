"""Service discovery in a container: what the user has on their own machine is found there, and reached from inside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackctl.addresses import reachable_url
from stackctl.runtimes.facts import Facts
from stackctl.source import Attached
from stackctl.tree import load_yaml

# The keys of `*_sd_configs` that hold the address of the server that is asked.
_SERVERS = frozenset({"url", "server", "api_server"})


def reachable_discovery(block: Any, runtime: Facts) -> Any:
    """`block` with the addresses in its `*_sd_configs`, and of targets in their files, as Prometheus reaches them."""
    if not runtime.this_machine:
        return block
    if isinstance(block, Mapping):
        return {
            key: [_reachable(entry, runtime) for entry in value]
            if str(key).endswith("_sd_configs") and isinstance(value, list | tuple)
            else reachable_discovery(value, runtime)
            for key, value in block.items()
        }
    return [reachable_discovery(item, runtime) for item in block] if isinstance(block, list | tuple) else block


def _reachable(entry: Any, runtime: Facts) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    fields = {
        key: reachable_url(value, runtime) if key in _SERVERS and isinstance(value, str) else value
        for key, value in entry.items()
    }
    if isinstance(entry.get("files"), list):
        fields["files"] = [
            _with_targets(file, runtime) if isinstance(file, Attached) else file for file in entry["files"]
        ]
    return fields


def _with_targets(file: Attached, runtime: Facts) -> Attached:
    """A file of targets; as it is when none of them is on the user's machine."""
    groups = load_yaml(file.content)  # JSON is YAML too
    if not isinstance(groups, list):
        return file
    made = [part for group in groups for part in _groups(group, runtime)]
    return file if made == groups else replace(file, content=json.dumps(made, indent=2) + "\n")


def _groups(group: Any, runtime: Facts) -> Iterator[Any]:
    """A group, and for each target whose address changes one of its own, which keeps the address as `instance`."""
    targets = group.get("targets") if isinstance(group, Mapping) else None
    if not isinstance(targets, list):
        yield group
        return
    moved = {target: address for target in targets if (address := reachable_url(str(target), runtime)) != target}
    if kept := [target for target in targets if target not in moved]:
        yield {**group, "targets": kept} if moved else group
    for target, address in moved.items():
        yield {**group, "targets": [address], "labels": {"instance": str(target), **(group.get("labels") or {})}}

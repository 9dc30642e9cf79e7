"""The rules of a tree, and where a loaded rule differs from the written one in anything that Prometheus reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar

from stackctl import conventions as c
from stackctl.clients.prometheus import LoadedRule
from stackctl.promql import duration
from stackctl.promql.expression import same
from stackctl.tree import Tree, load_texts

# Prometheus' own default.
_DEFAULT_INTERVAL = "1m"
# The file in the tree's folder of rules, group, kind and name.
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class WrittenRule:
    """A rule as its file has it. Times are in seconds; `position` is that in its group.

    `labels` are the rule's own and its group's, `interval` is its group's or the global one.
    """

    file: str
    group: str
    kind: str
    name: str
    expr: str
    interval: float = 0.0
    position: int = 0
    hold: float = 0.0
    keep_firing: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.file, self.group, self.kind, self.name


def written_rules(tree: Tree) -> dict[Key, list[WrittenRule]]:
    """The rules of a tree, those of one name in their order."""
    common = (tree.yaml(c.PROMETHEUS_FILE).get("global") or {}).get("evaluation_interval", _DEFAULT_INTERVAL)
    found: dict[Key, list[WrittenRule]] = {}
    for path, file in tree:
        if path.startswith(c.RULES_FOLDER):
            for rule in _rules(path.removeprefix(c.RULES_FOLDER), load_texts(file.content), str(common)):
                found.setdefault(rule.key, []).append(rule)
    return found


def _rules(file: str, content: Any, common: str) -> Iterator[WrittenRule]:
    for group in (content or {}).get("groups") or ():
        interval, shared = _seconds(group.get("interval")) or duration.seconds(common), group.get("labels")
        for position, rule in enumerate(group.get("rules") or ()):
            kind = "alert" if "alert" in rule else "record"
            yield WrittenRule(
                file,
                group["name"],
                kind,
                rule[kind],
                rule["expr"],
                interval,
                position,
                _seconds(rule.get("for")),
                _seconds(rule.get("keep_firing_for")),
                {**_texts(shared), **_texts(rule.get("labels"))},
                _texts(rule.get("annotations")),
            )


def index(loaded: Iterable[LoadedRule]) -> dict[Key, list[LoadedRule]]:
    """The loaded rules of the tree's own files, those of one name in their order.

    Files outside of the tree, which the manifest may name in `extra`, are not the tree's to compare.
    """
    found: dict[Key, list[LoadedRule]] = {}
    for rule in loaded:
        if f"/{c.RULES_FOLDER}" in rule.file:
            key = (PurePosixPath(rule.file).name, rule.group, rule.kind, rule.name)
            found.setdefault(key, []).append(rule)
    return found


Placed = TypeVar("Placed", WrittenRule, LoadedRule)


def ranked(rules: Mapping[Key, list[Placed]], others: Mapping[Key, list[Any]]) -> dict[Key, list[Placed]]:
    """`rules`, each with its rank among those of its group that `others` have too for its position.

    One rule that was added or taken away moves all that follow it; only their order among each other matters.
    """
    common = [
        (rule, key, ordinal)
        for key, alike in rules.items()
        for ordinal, rule in enumerate(alike)
        if ordinal < len(others.get(key, ()))
    ]
    result = {key: list(alike) for key, alike in rules.items()}
    ranks: dict[tuple[str, str], int] = {}
    for rule, key, ordinal in sorted(common, key=lambda each: each[0].position):
        rank = ranks.setdefault(key[:2], 0)
        result[key][ordinal] = replace(rule, position=rank)
        ranks[key[:2]] = rank + 1
    return result


def differences(written: WrittenRule, loaded: LoadedRule) -> list[str]:
    """Return what is loaded otherwise than it is written, in a few words each."""
    compared = (
        ("`for`", written.hold, loaded.hold),
        ("`keep_firing_for`", written.keep_firing, loaded.keep_firing),
        ("the interval of its group", written.interval, loaded.interval),
        ("its place in the group", written.position, loaded.position),
    )
    return [
        *([] if same(written.expr, loaded.query) else [OTHER_EXPRESSION]),
        *_mapping_differences("label", written.labels, loaded.labels),
        *_mapping_differences("annotation", written.annotations, loaded.annotations),
        *(f"{name} {there:g} and not {here:g}" for name, here, there in compared if abs(here - there) > _ROUNDING),
    ]


OTHER_EXPRESSION = "another expression"
# Durations are reported as fractions of a second.
_ROUNDING = 0.0005


def _mapping_differences(what: str, written: Mapping[str, str], loaded: Mapping[str, str]) -> list[str]:
    names = sorted({*written, *loaded})
    return [f"another {what} `{name}`" for name in names if written.get(name, "") != loaded.get(name, "")]


def rules_difference(written: Mapping[Key, list[WrittenRule]], loaded: Iterable[LoadedRule]) -> list[str]:
    """Return where the loaded rules differ from the written ones, a line for each rule."""
    there_are = index(loaded)
    written, found, lines = ranked(written, there_are), ranked(there_are, written), []
    for key in sorted({*written, *found}):
        name, here, there = f"{key[0]}: {key[1]}/{key[3]}", written.get(key, []), found.get(key, [])
        if len(here) != len(there):
            lines.append(f"{name}: {len(here)} written, {len(there)} loaded")
        elif other := [line for pair in zip(here, there, strict=True) for line in differences(*pair)]:
            lines.append(f"{name}: loaded with {', '.join(other)}")
    return lines


def _seconds(text: str | None) -> float:
    return duration.seconds(text) if text else 0.0


def _texts(mapping: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: value or "" for name, value in (mapping or {}).items()}

"""Rules, from files and from the manifest itself: read with positions, checked as Prometheus would, overridden."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.packs import Packs
from stackctl.manifest.packs.expand import rule_group
from stackctl.manifest.packs.schema import RULES as PACK_RULES
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.rule_comments import read_comments
from stackctl.manifest.rule_schema import GroupModel, OverrideModel, RuleFileModel, RuleModel, RuleSourceModel
from stackctl.manifest.salvage import salvage
from stackctl.manifest.text import read_named
from stackctl.manifest.validate import unknown_name
from stackctl.model import Block, Rule, RuleFile
from stackctl.promql.duration import seconds
from stackctl.source import Passage, Position

_OF_PROMETHEUS_1 = re.compile(r"^ALERT\s+\w+\s+IF\s", re.MULTILINE)


@dataclass(frozen=True)
class _Overrides:
    """Changes in the manifest to the rules of a file or a pack, by the name of the alert, and their positions."""

    changes: Mapping[str, OverrideModel]
    manifest: Document
    place: Place

    def position(self, *keys: str) -> Position:
        return self.manifest.position((*self.place, *keys))


@dataclass(frozen=True)
class _Written:
    """A rule with its path in its document, the place to correct it, and the places of its texts and its expression."""

    model: RuleModel
    path: Place
    origin: Position
    places: Mapping[tuple[str, str], Position]
    passage: Passage | None


@dataclass(frozen=True)
class _Group:
    """A group, and those of its rules that are rendered."""

    model: GroupModel
    rules: tuple[_Written, ...]


def read_rules(
    document: Document, sources: Sequence[tuple[Place, RuleSourceModel]], root: Path, packs: Packs, problems: Problems
) -> list[RuleFile]:
    """Return the rule files of `sources`, each with its place in the manifest, as far as they can be read.

    `root` is the manifest's folder. What is wrong with the rest is added to `problems`.
    """
    paths = _tree_names([source for _, source in sources])
    read = [
        _read(document, place, source, path, root, packs, problems)
        for (place, source), path in zip(sources, paths, strict=True)
    ]
    return [each for each in read if each]


def rule_file(
    document: Document, groups: Sequence[tuple[Place, GroupModel]], stem: str, taken: Sequence[str], origin: Position
) -> RuleFile:
    """A file of `groups`, each to be corrected at its place. It has the name `stem`, unless that is `taken`."""
    made = [_group(document, place, model) for place, model in groups]
    return RuleFile(_free_name(_file_stem(stem), taken), _block(made), tuple(_rules(made)), origin)


def _read(
    document: Document,
    place: Place,
    source: RuleSourceModel,
    path: str,
    root: Path,
    packs: Packs,
    problems: Problems,
) -> RuleFile | None:
    if source.pack is not None:
        return _from_pack(document, place, source, path, packs, problems)
    if source.file is not None:
        return _from_file(document, place, source, path, root, problems)
    return _inline(document, place, source, path)


def _from_pack(
    manifest: Document, place: Place, source: RuleSourceModel, path: str, packs: Packs, problems: Problems
) -> RuleFile | None:
    """The groups of a pack, one for each service. Whatever is to be corrected is where the manifest names it."""
    found = Problems()
    used = packs.uses(manifest, place, source, PACK_RULES, found) or ()
    models = [group for each in used if (group := rule_group(each, found))]
    if problems.extend(dict.fromkeys(found)) or not models:
        return None
    if problems.extend(_override_problems(manifest, place, source, RuleFileModel(groups=models))):
        return None
    overrides = _Overrides(source.override, manifest, (*place, "override"))
    groups = [_group(manifest, (*place, "pack"), model, overrides) for model in models]
    return RuleFile(path, _block(groups), tuple(_rules(groups)), manifest.position((*place, "pack")))


def _inline(document: Document, place: Place, source: RuleSourceModel, path: str) -> RuleFile:
    # It has been validated: what was text is a number by now.
    said = {key: getattr(source, key) for key in GroupModel.model_fields if key in source.model_fields_set}
    group = GroupModel.model_construct(**said)
    groups = [_group(document, place, group)]
    return RuleFile(path, _block(groups), tuple(_rules(groups)), document.position(place))


def _from_file(
    manifest: Document, place: Place, source: RuleSourceModel, path: str, root: Path, problems: Problems
) -> RuleFile | None:
    assert source.file  # noqa: S101 - the caller has looked
    origin = manifest.position((*place, "file"))
    text = read_named(root, source.file, origin, problems)
    if text is None:
        return None
    if old := _OF_PROMETHEUS_1.search(text):
        at = Position(source.file, text.count("\n", 0, old.start()) + 1, 1)
        summary = "this rule file is in the format of Prometheus 1, which later versions do not read"
        problems.add(Diagnostic("file.format", summary, at, remedy="Write its rules in YAML, below `groups`."))
        return None
    document = parse(text, source.file, several=True)
    if problems.extend(document.problems):
        return None
    left = salvage(_without_empty_entries(document), RuleFileModel)
    problems.extend(left.problems)
    if left.model is None:
        return None
    document, model = left.document, left.model
    further = [*_group_problems(document, model), *_override_problems(manifest, place, source, model)]
    problems.extend(left.gone.independent(further))
    if further:
        return None
    overrides = _Overrides(source.override, manifest, (*place, "override"))
    groups = [_group(document, ("groups", index), group, overrides) for index, group in enumerate(model.groups)]
    content = _block(groups) if source.override or left.problems else text.encode()
    comments = read_comments(text, document, [(rule.path, rule.origin) for group in groups for rule in group.rules])
    problems.extend(comments.problems)
    notes = (*_notes(document, groups), *comments.notes)
    return RuleFile(path, content, tuple(_rules(groups)), origin, source.file, notes, comments.waivers)


def _notes(document: Document, groups: list[_Group]) -> tuple[Diagnostic, ...]:
    """Return warnings about what Prometheus accepts in a rule file, but is hardly intended."""
    notes = []
    if document.following is not None:
        at = document.at(document.following, 0)
        remedy = "Move these groups into the first document, or into a file of their own."
        notes.append(
            Diagnostic(
                "rule.documents", "Prometheus reads only the first YAML document of a rule file", at, remedy=remedy
            )
        )
    if not any(group.model.rules for group in groups):
        remedy = "Add a group with rules, or remove the file from the manifest."
        notes.append(
            Diagnostic("rule.empty-file", "there are no rules in this file", Position(document.file), remedy=remedy)
        )
    return tuple(notes)


def _without_empty_entries(document: Document) -> Document:
    """`document` without the entries of lists that hold nothing: Prometheus skips them."""
    places: dict[Place, Place] = {}

    def kept(value: Any, to: Place, written: Place) -> Any:
        places[to] = written
        if isinstance(value, dict):
            return {key: kept(item, (*to, key), (*written, key)) for key, item in value.items()}
        if isinstance(value, list):
            filled = [(index, item) for index, item in enumerate(value) if item is not None]
            return [kept(item, (*to, at), (*written, index)) for at, (index, item) in enumerate(filled)]
        return value

    if not _has_empty_entries(document.value):
        return document
    return document.rearranged(kept(document.value, (), ()), places)


def _has_empty_entries(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_empty_entries, value.values()))
    return isinstance(value, list) and (None in value or any(map(_has_empty_entries, value)))


def _group_problems(document: Document, model: RuleFileModel) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, group in enumerate(model.groups):
        if group.name in seen:
            where = document.position(("groups", index, "name"))
            yield Diagnostic(
                "rule.duplicate-group", f"two groups are named `{group.name}`", where, remedy="Rename one of them."
            )
        seen.add(group.name)


def _override_problems(
    manifest: Document, place: Place, source: RuleSourceModel, model: RuleFileModel
) -> Iterator[Diagnostic]:
    alerts = sorted({rule.alert for group in model.groups for rule in group.rules if rule.alert})
    for name in source.override:
        if name not in alerts:
            where = manifest.position((*place, "override", name), key=True)
            owner = source.file or f"the pack `{source.pack}`"
            yield Diagnostic(
                "rule.unknown-alert",
                f"{owner} has no alert `{name}`",
                where,
                remedy=unknown_name(name, alerts, "Alerts"),
            )


def _group(document: Document, place: Place, model: GroupModel, overrides: _Overrides | None = None) -> _Group:
    """`model` with its overrides. What an override sets is to be corrected there, not in the file."""
    rules = []
    for index, rule in enumerate(model.rules):
        at: Place = (*place, "rules", index)
        change = overrides.changes.get(rule.alert or "") if overrides else None
        if overrides is None or change is None:
            passage = document.passage((*at, "expr"), rule.expr)
            rules.append(_Written(rule, at, document.position(at), _places(document, at, rule), passage))
        elif not change.off:
            name = str(rule.alert)
            origin = overrides.position(name, "expr") if change.expr else document.position(at)
            places = {**_places(document, at, rule), **_places(overrides.manifest, (*overrides.place, name), change)}
            passage = (
                overrides.manifest.passage((*overrides.place, name, "expr"), change.expr)
                if change.expr
                else document.passage((*at, "expr"), rule.expr)
            )
            rules.append(_Written(_changed(rule, change), at, origin, places, passage))
    return _Group(model, tuple(rules))


def _places(document: Document, place: Place, rule: RuleModel | OverrideModel) -> dict[tuple[str, str], Position]:
    """Return the positions of a rule's templates."""
    parts = (("label", "labels", rule.labels), ("annotation", "annotations", rule.annotations))
    return {
        (part, key): document.position((*place, section, key))
        for part, section, written in parts
        for key, text in (written or {}).items()
        if "{{" in text
    }


def _changed(rule: RuleModel, change: OverrideModel) -> RuleModel:
    """`rule` with what `change` sets: labels and annotations one by one, all else whole."""
    fields: dict[str, Any] = {name: getattr(change, name) for name in change.model_fields_set}
    for name in fields.keys() & {"labels", "annotations"}:
        fields[name] = {**(getattr(rule, name) or {}), **(fields[name] or {})}
    return rule.model_copy(update=fields)


def _block(groups: list[_Group]) -> Block:
    """The groups as Prometheus reads them, without those that have lost all their rules."""
    return {
        "groups": [
            {
                "name": group.model.name,
                **group.model.model_dump(exclude={"name", "rules"}, exclude_none=True),
                "rules": [rule.model.model_dump(by_alias=True, exclude_none=True) for rule in group.rules],
            }
            for group in groups
            if group.rules or not group.model.rules
        ]
    }


def _rules(groups: list[_Group]) -> Iterator[Rule]:
    for group in groups:
        for written in group.rules:
            rule = written.model
            yield Rule(
                kind="alert" if rule.alert else "record",
                name=rule.alert or rule.record or "",
                expr=rule.expr,
                group=group.model.name,
                origin=written.origin,
                labels={**(group.model.labels or {}), **(rule.labels or {})},
                annotations=rule.annotations or {},
                places=written.places,
                passage=written.passage,
                for_seconds=seconds(rule.for_ or "0"),
                interval_seconds=seconds(group.model.interval or "0"),
            )


def _tree_names(sources: Sequence[RuleSourceModel]) -> list[str]:
    """A file name in the tree for each: that of the file or the group, made unique by a number."""
    names: list[str] = []
    for source in sources:
        stem = PurePath(source.file).stem if source.file else _file_stem(source.pack or source.name or "")
        names.append(_free_name(stem, names))
    return names


def _free_name(stem: str, taken: Sequence[str]) -> str:
    name, number = f"{stem}.yml", 2
    while name in taken:
        name, number = f"{stem}-{number}.yml", number + 1
    return name


def _file_stem(group: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", group).strip("-.") or "rules"

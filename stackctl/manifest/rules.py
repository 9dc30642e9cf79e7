"""Prometheus rule files: read with positions, checked as Prometheus would, kept as the user wrote them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from stackctl.errors import Problem
from stackctl.manifest.document import Document, parse
from stackctl.manifest.fields import Duration, Integer, Text, wrong
from stackctl.manifest.validate import show_path, validate
from stackctl.model import Rule, RuleFile
from stackctl.promql import duration
from stackctl.promql.expression import syntax_error
from stackctl.source import Position


def _pause(value: object) -> str:
    """A duration that may be zero, as `for` may."""
    if not isinstance(value, str):
        raise wrong("expected a duration")
    try:
        duration.seconds(value)
    except ValueError:
        raise wrong(f"not a duration: `{value}`", "Write a number and a unit: `30s`, `5m`.") from None
    return str(value)


Pause = Annotated[str, BeforeValidator(_pause)]


def _expression(value: object) -> str:
    if not isinstance(value, str):
        raise wrong("expected a PromQL expression")
    message = syntax_error(value)
    if message:
        raise wrong(f"not PromQL: {message}")
    return str(value)


Expression = Annotated[str, BeforeValidator(_expression)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True)


class _RuleModel(_Strict):
    record: Text | None = None
    alert: Text | None = None
    expr: Expression
    for_: Pause | None = Field(None, alias="for")
    keep_firing_for: Pause | None = None
    labels: dict[str, Text] | None = None
    annotations: dict[str, Text] | None = None


class _GroupModel(_Strict):
    name: Text
    interval: Duration | None = None
    query_offset: Pause | None = None
    limit: Integer | None = None
    labels: dict[str, Text] | None = None
    rules: list[_RuleModel]


class _RuleFileModel(_Strict):
    groups: list[_GroupModel]


def read_rules(text: str, shown: str, path: str, origin: Position) -> RuleFile | list[Problem]:
    """The rule file `text`, or all that is wrong with it.

    `shown` is how messages name it, `path` its place in the tree, `origin` the manifest line that names it.
    """
    document = parse(text, shown)
    if document.problems:
        return document.problems
    if document.value is None:
        return [Problem("the rule file is empty", Position(shown), remedy="Write `groups:` and at least one group.")]
    model = validate(document, _RuleFileModel)
    if isinstance(model, list):
        return model
    problems = [*_group_problems(document, model), *_rule_problems(document, model)]
    if problems:
        return problems
    rules = tuple(
        Rule(
            kind="alert" if rule.alert else "record",
            name=rule.alert or rule.record or "",
            expr=rule.expr,
            group=group.name,
            origin=document.position(("groups", g, "rules", r)),
        )
        for g, group in enumerate(model.groups)
        for r, rule in enumerate(group.rules)
    )
    return RuleFile(path, text.encode(), rules, origin)


def _group_problems(document: Document, model: _RuleFileModel) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for index, group in enumerate(model.groups):
        if group.name in seen:
            where = document.position(("groups", index, "name"))
            problems.append(Problem(f"two groups are named `{group.name}`", where, remedy="Rename one of them."))
        seen[group.name] = index
    return problems


def _rule_problems(document: Document, model: _RuleFileModel) -> list[Problem]:
    problems: list[Problem] = []
    for g, group in enumerate(model.groups):
        for r, rule in enumerate(group.rules):
            path = ("groups", g, "rules", r)
            if bool(rule.alert) == bool(rule.record):
                summary = f"{show_path(path)}: a rule has either `alert` or `record`"
                problems.append(Problem(summary, document.position(path)))
    return problems

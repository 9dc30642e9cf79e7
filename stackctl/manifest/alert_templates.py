"""The labels that the templates of an alert ask for, beside those that its expression can have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackctl.errors import Problem
from stackctl.manifest.validate import unknown_name
from stackctl.metrics import catalogue
from stackctl.model import Rule, Stack
from stackctl.promql.result_labels import result_labels

_LABEL = re.compile(r"""(?:\$labels|(?<![\w$)])\.Labels)\.([A-Za-z_]\w*)|index\s+\$labels\s+["`]([^"`]+)["`]""")
_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
# Where a label is asked for to see whether it is there; and where the dot is something else.
_ASKING = re.compile(r"(?:if|else if|with|or|and|not)\b")
_OTHER_DOT = re.compile(r"(?:range|with|define|template)\b")


def missing_labels(stack: Stack) -> Iterator[Problem]:
    """The labels that are empty in every alert, because its expression has no such label."""
    known = catalogue(stack)
    said = set()
    for rule in (rule for file in stack.rules for rule in file.rules if rule.kind == "alert"):
        texts = {f"label `{key}`": text for key, text in rule.labels.items()}
        texts |= {f"annotation `{key}`": text for key, text in rule.annotations.items()}
        asked = {part: names for part, text in texts.items() if (names := _asked(text))}
        labels = result_labels(rule.expr, known) if asked else None
        if labels is None:
            continue
        for part, names in asked.items():
            for name in names:
                if name not in labels and (rule.origin, part, name) not in said:
                    yield _problem(rule, part, name, labels)
                said.add((rule.origin, part, name))


def _asked(text: str) -> list[str]:
    """The labels that a template shows, without those that it looks for first."""
    actions = [match[1] for match in _ACTION.finditer(text)]
    if not actions:
        return []
    guarded = {name for action in actions if _ASKING.match(action) for name in _names(action)}
    dot = not any(_OTHER_DOT.match(action) for action in actions)
    shown = [name for action in actions for name in _names(action if dot else action.replace(".Labels", ""))]
    return [name for name in dict.fromkeys(shown) if name not in guarded]


def _names(action: str) -> Iterator[str]:
    yield from (name for found in _LABEL.findall(action) for name in found if name)


def _problem(rule: Rule, part: str, name: str, labels: frozenset[str]) -> Problem:
    summary = f"{rule.name}: the {part} shows the label `{name}`, which the expression does not have"
    remedy = unknown_name(name, sorted(labels), "It has") if labels else "It has no labels: keep some with `by (...)`."
    return Problem(summary, rule.origin, "It is empty in every alert.", remedy)

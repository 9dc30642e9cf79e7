"""What the servers' own checkers refuse, at the lines of what the user wrote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import Problem

if TYPE_CHECKING:
    from stackctl.model import Stack
    from stackctl.runtime import Refusal
    from stackctl.runtime.checkers import BadTemplate
    from stackctl.source import Position


def placed(refusals: Iterable[Refusal], stack: Stack | None) -> list[Problem]:
    """The refusals as problems; of templates at their rules, when the `stack` that was rendered is known."""
    return [each if isinstance(each, Problem) else each.at(_origin(each, stack)) for each in refusals]


def _origin(template: BadTemplate, stack: Stack | None) -> Position | None:
    files = [file for file in stack.rules if c.RULES_FOLDER + file.path == template.file] if stack else []
    rules = [rule for file in files for rule in file.rules if rule.group == template.group]
    return rules[template.index].origin if template.index < len(rules) else None

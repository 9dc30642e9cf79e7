"""What is known to be wrong with a stack before any server loads it: one code for `check`, `up` and `reload`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import Problem

if TYPE_CHECKING:
    from stackctl.manifest.queries import Review
    from stackctl.model import Stack, Waiver
    from stackctl.runtime import Refusal
    from stackctl.runtime.checkers import Texts
    from stackctl.runtime.validation import BadTemplate
    from stackctl.source import Position


def refused(
    stack: Stack | None, validate: Callable[[Texts], Iterable[Refusal]], review: Review | None = None
) -> list[Problem]:
    """All that is wrong, at the lines of what the user wrote: what expressions cannot mean, and what the servers' own
    checkers find, by `validate`. Without a `stack`, where only the tree is known, the latter alone. A `review` of its
    expressions that was made already is not made again.
    """
    from stackctl.operations.texts import texts

    found = validate(texts(stack))
    if stack is None:
        return placed(found, None)
    from stackctl.manifest.queries import review_queries

    problems = [*unknown_checks(stack.waivers), *(review or review_queries(stack)).errors]
    return [*problems, *placed(found, stack)]


def unknown_checks(waivers: Sequence[Waiver]) -> list[Problem]:
    """Return a problem for each exception in `ignore` from a check that does not exist: it would never apply."""
    if not waivers:
        return []
    from stackctl.checks.ledger import IDS
    from stackctl.manifest.validate import unknown_name

    names = {*IDS, *(id.split(".")[0] for id in IDS)}
    return [
        Problem(
            f"ignore: there is no check `{each.check}`", each.origin, remedy=unknown_name(each.check, IDS, "Checks")
        )
        for each in waivers
        if each.check not in names
    ]


def placed(refusals: Iterable[Refusal], stack: Stack | None) -> list[Problem]:
    """The refusals as problems; at the places of what they are about, when the `stack` that was rendered is known."""
    from stackctl.runtime.validation import BadSetting, BadTemplate, UnknownField

    problems = []
    for each in refusals:
        if isinstance(each, BadTemplate):
            problems.append(each.at(_origin(each, stack)))
        elif isinstance(each, BadSetting):
            problems.append(each.at(_setting(each.words, stack)))
        elif isinstance(each, UnknownField):
            problems.append(each.at(stack.places.find_key(each.name) if stack else None))
        else:
            problems.append(each)
    return problems


def _origin(template: BadTemplate, stack: Stack | None) -> Position | None:
    files = [file for file in stack.rules if c.RULES_FOLDER + file.path == template.file] if stack else []
    rules = [rule for file in files for rule in file.rules if rule.group == template.group]
    return rules[template.index].place(template.part, template.key) if template.index < len(rules) else None


def _setting(words: str, stack: Stack | None) -> Position | None:
    if stack is None or stack.alertmanager is None:
        return None
    return stack.places.find(words, (c.ALERTMANAGER,)) or stack.alertmanager.origin

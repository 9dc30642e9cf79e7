"""Problems in the words of the file: what came through a variable is named by the variable, and not shown.

A variable's value may be a secret wherever it is used, and a manifest from a stranger may use any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from stackctl import redaction
from stackctl.diagnostic import Diagnostic

_CAUSE = "Values of variables are not shown."


def as_written(problems: Iterable[Diagnostic], filled: Mapping[str, str]) -> list[Diagnostic]:
    """Return `problems` with the texts of `filled` as they are written: text -> the text with its variables."""
    values = sorted((value for value in filled if len(value) >= redaction.SHORTEST), key=len, reverse=True)
    if not values:
        return list(problems)
    pattern = re.compile("|".join(map(re.escape, values)))
    forms = {_plain(value) for value in values}
    return [_as_written(problem, pattern, filled, forms) for problem in problems]


def _as_written(
    problem: Diagnostic, pattern: re.Pattern[str], filled: Mapping[str, str], forms: set[str]
) -> Diagnostic:
    summary, cause, remedy = (
        pattern.sub(lambda match: redaction.without_defaults(filled[match[0]]), text)
        for text in (problem.summary, problem.cause, problem.remedy)
    )
    if (summary, cause, remedy) == (problem.summary, problem.cause, problem.remedy):
        return problem
    # A proposal is made from the value.
    proposed = remedy if not any(form in _plain(remedy) for form in forms) else ""
    return replace(problem, summary=summary, cause=f"{cause} {_CAUSE}".strip(), remedy=proposed)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()

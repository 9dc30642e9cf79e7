"""Findings that are to be reported: those with some codes, or of some families."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stackctl.diagnostic import Diagnostic
from stackctl.errors import raise_if_any


def listed(given: Iterable[str]) -> list[str]:
    """The names in the values of an option that is repeatable, with commas between them; each once."""
    return list(dict.fromkeys(name.strip() for value in given for name in value.split(",")))


def chosen(given: Iterable[str], option: str) -> tuple[str, ...]:
    """Codes and families of an option, whose values have commas between them. Raises InputError for unknown ones."""
    from stackctl.codes import CODES, FAMILIES
    from stackctl.manifest.validate import closest

    names = listed(given)
    known = sorted({*CODES, *FAMILIES})
    raise_if_any(
        Diagnostic(
            "usage.unknown-name",
            f"{option}: there is no code `{name}`",
            remedy=f"Did you mean `{close}`?"
            if (close := closest(name, known))
            else f"Families: {', '.join(FAMILIES)}.",
        )
        for name in names
        if name not in known
    )
    return tuple(names)


def select(found: Iterable[Diagnostic], names: Sequence[str]) -> list[Diagnostic]:
    """Return the findings without the warnings and suggestions that have none of these codes and families.

    Where there are no `names`, all of them.
    """
    return [
        each
        for each in found
        if not names or each.status not in ("warn", "info") or each.code in names or each.family in names
    ]


def refuse_unknown_checks(only: Sequence[str], known: Sequence[str]) -> None:
    """Raise InputError for a name in `only` that is neither a check nor a family of checks."""
    names = {*known, *(id.split(".")[0] for id in known)}
    remedy = f"Checks: {', '.join(known)}."
    raise_if_any(
        Diagnostic("usage.unknown-name", f"--only: there is no check `{name}`", remedy=remedy)
        for name in only
        if name not in names
    )

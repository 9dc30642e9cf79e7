"""Names, labels and values that were probably meant, of those that there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from stackctl.diagnostic import listed
from stackctl.promql.selectors import Condition

_SHOWN = 5


def nearest(word: str, known: Iterable[str], cutoff: float = 0.75) -> str:
    """Return the one of `known` that is most like `word`, "" where none is like it enough: 1.0 is the same."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), "")


def suggested_value(wanted: Condition, values: Iterable[str]) -> str:
    """Return the remedy for a condition that none of the `values` of its label fulfils."""
    known = sorted(values)
    near = nearest(wanted.value, known, 0.6)
    if near and near != wanted.value:
        return f'Did you mean `{wanted.label}="{near}"`? Correct the value.'
    shown = listed([f"`{value}`" for value in known], _SHOWN)
    return f"`{wanted.label}` is {shown}." if known else f"No series has `{wanted.label}` now."


def is_misspelt(wanted: Condition, values: Iterable[str]) -> bool:
    """Return whether a value is so similar to an existing one that it is a slip. `5xx` and `4xx`, `valid` and `invalid`
    are two."""
    near = nearest(wanted.value, values, 0.75) if wanted.operator == "=" else ""
    if not near or near in wanted.value or wanted.value in near:
        return False
    return not any(letter.isdigit() for letter in near + wanted.value)

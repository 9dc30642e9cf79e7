"""Remark of a review on an expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Part:
    """A part of an expression: a selector, call or operator, before which `index` others of its sort are written, or
    the first mention of a `label` after that. Functions and aggregations are calls.
    """

    sort: Literal["selector", "call", "operator"]
    index: int
    label: str = ""


@dataclass(frozen=True)
class Remark:
    """One thing about an expression, with the `code` of its kind.

    certain     when it cannot be meant; else it is only a warning
    part        what it is about, None for the whole expression
    fix         the whole expression as it was probably meant, "" where that is not certain
    suggestion  when it rests on what names usually mean, or may be meant: not even a warning
    """

    code: str
    summary: str
    remedy: str
    certain: bool = True
    part: Part | None = None
    fix: str = ""
    suggestion: bool = False

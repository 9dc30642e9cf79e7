"""Matchers that Grafana adds to every selector of a query: the saved filters of an ad hoc variable."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stackctl.promql.offsets import selectors_at

_NAME = re.compile(r"[A-Za-z_:][\w:]*\s*")


def narrowed(expr: str, matchers: Sequence[str]) -> str:
    """Return an expression with matchers, each like `job="api"`, in all of its selectors."""
    if not matchers:
        return expr
    added = ",".join(matchers)
    for begin in reversed(selectors_at(expr)):
        named = _NAME.match(expr, begin)
        end = named.end() if named else begin
        if expr[end : end + 1] == "{":
            is_empty = expr[end + 1 :].lstrip().startswith("}")
            expr = f"{expr[: end + 1]}{added}{'' if is_empty else ','}{expr[end + 1 :]}"
        else:
            end = begin + len(named[0].rstrip()) if named else begin
            expr = f"{expr[:end]}{{{added}}}{expr[end:]}"
    return expr

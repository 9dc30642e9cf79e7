"""The syntax tree of an expression: walking it, and writing its parts as people do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import promql_parser as p

from stackctl.promql.duration import seconds

# Kind of node -> the attributes that hold the nodes below it.
_BELOW = {
    p.BinaryExpr: ("lhs", "rhs"),
    p.AggregateExpr: ("expr", "param"),
    p.ParenExpr: ("expr",),
    p.UnaryExpr: ("expr",),
    p.SubqueryExpr: ("expr",),
    p.MatrixSelector: ("vector_selector",),
}
# Names that need no quotes.
PLAIN_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
STRING_OR_COMMENT = re.compile(r"""\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*""")
# Operators that compare values.
COMPARISONS = frozenset({">", ">=", "<", "<=", "==", "!="})
OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


def children(node: Any) -> list[Any]:
    """The nodes directly below `node`."""
    kind = type(node)
    if kind is p.Call:
        return list(node.args)
    return [child for name in _BELOW.get(kind, ()) if (child := getattr(node, name)) is not None]


# Far above any expression in use. The parser, and what walks its trees, take a step for each level.
OPERATORS_LIMIT, DEPTH_LIMIT = 1000, 200
_STRING = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""", re.DOTALL)
_MATCHERS = re.compile(r"\{[^{}]*\}")
_OPERATOR = re.compile(r"[-+*/%^(<>]|[!=]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_DURATION = re.compile(r"(?<![\w.])(?:\d+(?:ms|[smhdwy]))+(?!\w)")
_GROUPED = re.compile(
    STRING_OR_COMMENT.pattern
    + r"|(?<![\w.:])(?:0[xX][\da-fA-F]+(?:_[\da-fA-F]+)+|\d+(?:_\d+)+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w:])"
)


@lru_cache(10_000)
def parse(expr: str) -> Any:
    """The syntax tree of `expr`. Raises ValueError when it is not PromQL, or is beyond the limits."""
    bare = _MATCHERS.sub("", _STRING.sub("", expr))
    # Each operator, and each level, is one character at least.
    if len(bare) > OPERATORS_LIMIT and sum(1 for _ in _OPERATOR.finditer(bare)) > OPERATORS_LIMIT:
        raise ValueError(f"more than {OPERATORS_LIMIT:,} operators and brackets")
    for match in _DURATION.finditer(bare):
        seconds(match[0])  # the parser keeps what no server does
    tree = p.parse(_GROUPED.sub(_ungrouped, expr))
    if len(expr) > DEPTH_LIMIT and _is_deep(tree):
        raise ValueError(f"nested more than {DEPTH_LIMIT} levels deep")
    return tree


def _ungrouped(match: re.Match[str]) -> str:
    """A number without the underscores that Prometheus reads over, and any string or comment as it is."""
    return match[0].replace("_", "") if match[0][0].isdigit() else match[0]


def _is_deep(tree: Any) -> bool:
    level = [tree]
    for _ in range(DEPTH_LIMIT):
        level = [child for node in level for child in children(node)]
        if not level:
            return False
    return True


def walk(node: Any) -> Iterator[Any]:
    """`node` and all nodes below it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += children(node)[::-1]


def find(tree: Any, kind: type) -> Iterator[Any]:
    """All nodes of a kind."""
    return (node for node in walk(tree) if isinstance(node, kind))


def selectors(tree: Any) -> Iterator[Any]:
    """All vector selectors, those inside of ranges too."""
    return find(tree, p.VectorSelector)


def metric(selector: Any) -> str:
    """The name that a selector asks for, "" for any: `x`, `{__name__="x"}` or `{"x"}`."""
    if selector.name:
        return str(selector.name)
    named = (each for each in selector.matchers.matchers if each.name == "__name__" and each.op == p.MatchOp.Equal)
    return next((str(each.value) for each in named), "")


@lru_cache(10_000)
def metrics(expr: str) -> frozenset[str]:
    """The names that the selectors of `expr` ask for, "" for any. Raises ValueError when it is not PromQL."""
    return frozenset(map(metric, selectors(parse(expr))))


def bare(node: Any) -> Any:
    """`node` without brackets around it."""
    while isinstance(node, p.ParenExpr):
        node = node.expr
    return node


def matchers(selector: Any) -> set[tuple[str, str, str]]:
    """Label, operator and value of each matcher."""
    return {(each.name, OPERATORS[str(each.op)], each.value) for each in selector.matchers.matchers}


# Strings, which stay as they are, and blanks between other words.
_BLANKS = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|  +""", re.DOTALL)


def text(node: Any) -> str:
    """The expression as people write it: the parser adds braces and blanks, and takes the quotes of labels away."""
    written = re.sub(r"(?<=[\w:])\{\}", "", str(node))
    written = _BLANKS.sub(lambda found: found[1] or " ", written)
    for label in _labels(node):
        if not PLAIN_NAME.fullmatch(label):
            quoted = json.dumps(label, ensure_ascii=False).replace("\\", "\\\\")
            written = re.sub(rf"(?<=[{{(,\s]){re.escape(label)}(?=\s*[=!,)])", quoted, written)
    return written


def _labels(node: Any) -> set[str]:
    """The labels that are named anywhere below `node`."""
    named = {each.name for selector in selectors(node) for each in selector.matchers.matchers}
    grouped = (each.modifier.labels for each in find(node, p.AggregateExpr) if each.modifier)
    return named.union(*grouped)


def replaced(tree: Any, node: Any, with_: str) -> str:
    """The whole expression with the text `with_` in place of `node`."""
    return text(tree).replace(text(node), with_, 1)

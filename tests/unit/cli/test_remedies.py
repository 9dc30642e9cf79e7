"""A remedy is a sentence: it begins with a capital letter (or a name) and ends with a full stop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import MODULES, nodes


def remedies(path: Path) -> Iterator[ast.expr]:
    """Every text that is given as a remedy, by name."""
    for node in nodes(path):
        names = node.targets if isinstance(node, ast.Assign) else []
        assigned = any(isinstance(name, ast.Name) and name.id == "remedy" for name in names)
        if assigned or (isinstance(node, ast.keyword) and node.arg == "remedy"):
            yield from texts(node.value)


def texts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and node.value):
        yield node


def is_sentence(node: ast.expr) -> bool:
    """What a variable begins or ends is not looked at."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    first, last = (part.value if isinstance(part, ast.Constant) else None for part in (parts[0], parts[-1]))
    return not (isinstance(first, str) and first[0].islower()) and (last is None or str(last).endswith((".", "?")))


@pytest.mark.many
@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_remedy_is_a_sentence(path: Path) -> None:
    found = remedies(path)
    assert [f"{path.name}:{node.lineno}" for node in found if not is_sentence(node)] == []

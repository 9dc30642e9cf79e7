"""The sources of stackctl, each of which is read and parsed once in a run."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "stackctl"
MODULES = tuple(sorted(PACKAGE.rglob("*.py")))


@cache
def text(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all nodes of a module, the module itself first."""
    return tuple(ast.walk(ast.parse(text(path))))

"""Tests are found: a module's tests are where the module is, and their names say the behaviour."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.sources import MODULES, PACKAGE

TESTS = Path(__file__).parent
# `stackctl/checks/targets.py` has its tests in `tests/unit/checks/test_targets.py`, or in the same place below
# tests/contract if they need servers, pretended or real.
ROOTS = (TESTS / "unit", TESTS / "contract")

# Words that say how a test feels about the behaviour, or that language retired, instead of the behaviour.
RETIRED = re.compile(r"_(must|mends?|mended|anew|beside|vouch(es)?|guilty|told|tells?|lies)(?=_|$)")


def test_every_module_has_its_tests_in_its_place() -> None:
    untested = [str(path.relative_to(PACKAGE)) for path in MODULES if _has_code(path) and not _tests_of(path)]
    assert untested == [], "write tests in the place of the module"


def test_no_name_of_a_test_has_a_retired_word() -> None:
    found = [
        f"{path.relative_to(TESTS)}: {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and RETIRED.search(node.name)
    ]
    assert found == [], "say what happens, in about eight words"


def _tests_of(path: Path) -> bool:
    """Return whether a module has a test module; a package of several has them in its folder."""
    place = path.relative_to(PACKAGE).parent
    name = "test_*.py" if path.stem == "__init__" else f"test_{path.stem}.py"
    return any(list((root / place).glob(name)) for root in ROOTS)


def _has_code(path: Path) -> bool:
    """Return whether there is anything to test: names, data and protocols do nothing."""
    return any(_does_something(node) for node in ast.parse(path.read_text()).body)


def _does_something(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        is_protocol = any("Protocol" in ast.unparse(base) for base in node.bases)
        return not is_protocol and any(map(_does_something, node.body))
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)

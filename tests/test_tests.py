"""Tests are found: a module's tests are where the module is, and their names say the behaviour."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.sources import MODULES, PACKAGE

TESTS = Path(__file__).parent
# `stackctl/checks/targets.py` has its tests in `tests/unit/checks/test_targets.py`, or in the same place below
# tests/contract if they need servers, pretended or real.
ROOTS = (TESTS / "unit", TESTS / "contract")

# Tests that cover modules without a test module of their own -> those modules. A row gets shorter, or goes, when a
# module gets its tests; a new module comes with them.
ELSEWHERE = {
    # What commands do needs a running stack.
    "e2e/test_backup.py": "operations/restore",
    "e2e/test_reload.py": "operations/reload",
    "e2e/test_drill.py": "drill/sink operations/drill operations/drill_changes",
    "e2e/test_preview.py": "operations/preview",
    "e2e/test_simulate_container.py": "operations/simulate_container simulate/__main__",
    # One behaviour of all runtimes, on real servers.
    "contract/runtimes/test_protocol.py": (
        "runtimes/docker/command runtimes/docker/removal runtimes/docker/sidecar "
        "runtimes/docker/volume runtimes/native/runtime runtimes/ready"
    ),
}
# May only become less.
MOST_ELSEWHERE = 14

# Words that say how a test feels about the behaviour, or that language retired, instead of the behaviour.
RETIRED = re.compile(r"_(must|mends?|mended|anew|beside|vouch(es)?|guilty|told|tells?|lies)(?=_|$)")


def test_every_module_has_its_tests_in_its_place() -> None:
    elsewhere = {module for modules in ELSEWHERE.values() for module in modules.split()}
    untested = {name for path in MODULES if _has_code(path) and not _tests_of(path) for name in [_name(path)]}
    assert untested - elsewhere == set(), "write tests in the place of the module"
    assert elsewhere - untested == set(), "these have tests of their own, or are gone: remove them from ELSEWHERE"
    assert len(elsewhere) <= MOST_ELSEWHERE


@pytest.mark.parametrize("test", ELSEWHERE)
def test_tests_elsewhere_exist(test: str) -> None:
    assert (TESTS / test).is_file()


def test_no_name_of_a_test_has_a_retired_word() -> None:
    found = [
        f"{path.relative_to(TESTS)}: {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and RETIRED.search(node.name)
    ]
    assert found == [], "say what happens, in about eight words"


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE).with_suffix(""))


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

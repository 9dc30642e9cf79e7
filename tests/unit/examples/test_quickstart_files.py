"""The quickstart's manifest and the parts of its demo that need no servers."""

from __future__ import annotations

import importlib.util
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

from stackctl.manifest import load
from stackctl.promql.expression import syntax_error

EXAMPLE = Path(__file__).parents[3] / "examples" / "quickstart"


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """demo.py with a scratch folder of the test's own."""
    monkeypatch.setenv("STACKCTL_DEMO_DIR", str(tmp_path / "scratch"))
    spec = importlib.util.spec_from_file_location("quickstart_demo", EXAMPLE / "demo.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "quickstart_demo", module)
    spec.loader.exec_module(module)
    return module


def test_the_manifest_loads() -> None:
    stack = load(EXAMPLE / "stack.yml", {})
    assert [component.name for component in stack.components] == ["prometheus", "alertmanager", "grafana"]
    assert len(stack.rules[0].rules) == 6


def test_every_panel_asks_something_that_parses() -> None:
    (board,) = load(EXAMPLE / "stack.yml", {}).dashboards
    for panel in board.definition["panels"]:
        for target in panel["targets"]:
            assert syntax_error(target["expr"].replace("$__rate_interval", "1m")) is None, target["expr"]


def test_copy_has_the_demos_ports_and_its_own_name(demo: ModuleType) -> None:
    ports = {"app": 8001, "prometheus": 9190, "alertmanager": 9193, "grafana": 3001}
    demo.copy(demo.Demo("native", ports, ["127.0.0.1"]))
    stack = load(demo.HOME / "stack.yml", {})
    assert stack.name.startswith("quickstart-")
    assert [component.listen.port for component in stack.components] == [9190, 9193, 3001]
    assert stack.services[0].targets[0].address == "localhost:8001"
    assert demo.Demo.kept() == demo.Demo("native", ports, ["127.0.0.1"])


def test_the_rule_that_the_demo_edits_exists(demo: ModuleType) -> None:
    text = (EXAMPLE / "rules/shop.yml").read_text()
    assert text.count(demo.BEFORE) == 1
    assert demo.AFTER not in text


def test_a_taken_port_is_passed_over(demo: ModuleType) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert demo.free_port(taken, ["127.0.0.1"], [taken + 1]) > taken + 1


def test_table_counts_by_check(demo: ModuleType) -> None:
    checks = [{"code": "target.up", "status": status} for status in ("pass", "pass", "skip")]
    assert demo.table([*checks, {"code": "x", "status": "fail"}]) == [
        "check       passed   failed   warned  skipped",
        "target.up        2        -        -        1",
        "x                -        1        -        -",
    ]


def test_down_without_a_demo_does_nothing(demo: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.down() == 0
    assert capsys.readouterr().out == "nothing to stop\n"

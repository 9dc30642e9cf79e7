"""Places start at the root of the repository, where CI systems look for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.report.checkout import Checkout
from stackctl.source import Position
from tests.unit.report.reports import CI_DIAGNOSTICS, LINE


def test_paths_start_at_the_root_of_the_repository() -> None:
    checkout = Checkout(Path("/repo"), Path("/repo/ops"), Path("shop/stack.yml"))
    assert checkout.path("shop/stack.yml") == "ops/shop/stack.yml"
    assert checkout.path("rules/shop.yml") == "ops/shop/rules/shop.yml"
    assert checkout.path("../common.yml") == "ops/common.yml"
    assert checkout.path("../../../elsewhere.yml") == "../../../elsewhere.yml"
    assert checkout.placed(Diagnostic("usage.option", "wrong", LINE)).position == Position(
        "ops/shop/stack.yml",
        5,
        15,
    )
    assert checkout.placed(CI_DIAGNOSTICS[2]) == CI_DIAGNOSTICS[2]


def test_places_on_servers_are_left_out() -> None:
    checkout = Checkout(Path("/repo"), Path("/repo"), Path("stack.yml"))
    finding = Diagnostic("target.up", "down", Position("http://prometheus:9090"))
    assert checkout.placed(finding).position is None


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"])
def test_root_is_what_the_ci_system_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ops").mkdir()
    monkeypatch.chdir(tmp_path / "ops")
    assert Checkout.of(Path("stack.yml"), {name: str(tmp_path)}).path("stack.yml") == "ops/stack.yml"
    assert Checkout.of(Path("stack.yml"), {}).path("stack.yml") == "stack.yml"
    assert Checkout.of(tmp_path / "stack.yml", {name: str(tmp_path)}).path(str(tmp_path / "stack.yml")) == "stack.yml"

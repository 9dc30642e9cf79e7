"""Pushgateway keeps what was pushed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.render import render


@pytest.mark.parametrize(("runtime", "data"), [("docker", "/pushgateway"), ("native", "{data}")])
def test_keeps_pushed_metrics_in_its_data(tmp_path: Path, runtime: str, data: str) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\npushgateway: {}\nexporters: {node: {}}\n")
    tree = render(load(tmp_path / "stack.yml", {}), runtime)
    unit = tree.unit("pushgateway")
    assert unit
    command = unit.command or tree.yaml("compose.yaml")["services"]["pushgateway"]["command"]
    assert f"--persistence.file={data}/metrics.db" in command

"""Packs that fit are suggested once."""

from __future__ import annotations

from pathlib import Path

from stackctl.manifest.packs.fits import Fit
from stackctl.operations import suggest
from stackctl.state import State
from tests.unit.manifest.packs.test_fits import stack


def test_suggests_again_only_after_a_removal(tmp_path: Path) -> None:
    state = State.beside(tmp_path / "stack.yml")
    node, both = "exporters: {node: {}}\n", 'exporters: {node: {}, redis: {address: "redis:6379"}}\n'

    def new(text: str) -> list[str]:
        return [fit.pack for fit in suggest.newly_fitting(stack(tmp_path, text), state)]

    assert new(node) == ["prometheus", "host"]
    assert new(node) == []
    assert new(both) == ["redis"]
    assert new(node) == []
    assert new(both) == ["redis"]


def test_many_suggestions_are_cut_short() -> None:
    assert suggest.suggestions([]) == []
    shown = suggest.suggestions([Fit("rules", f"p{n}", f"services.s{n}") for n in range(7)])
    assert shown[0].startswith("packs that fit and are not used yet")
    assert shown[1] == "  services.s0: p0 (rules)"
    assert shown[-1] == "  2 more: `stackctl packs list`"
    assert len(shown) == 7

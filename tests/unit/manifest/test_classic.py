"""Dashboards in Grafana's own form, as they may lie on a disk."""

from __future__ import annotations

import pytest

from stackctl.errors import Problem
from stackctl.manifest.classic import read_classic
from stackctl.source import Position


@pytest.mark.parametrize("text", ["", "\n", '{"title": "x",\n', '{"title": "x"', "{\n\n\n"])
def test_a_dashboard_that_breaks_off_must_be_a_problem_with_its_place(text: str) -> None:
    found = read_classic(text, "d.json", "", Position("stack.yml", 1, 1))
    assert isinstance(found, Problem)
    assert found.summary.startswith("not JSON: ")
    assert found.position
    assert found.position.file == "d.json"

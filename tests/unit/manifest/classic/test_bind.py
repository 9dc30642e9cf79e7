"""Datasources are bound to those of this stack."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.manifest.classic.boards import OURS, exprs, of, read


@pytest.mark.parametrize(
    "source",
    [
        "Prometheus",
        "some name",
        "default",
        "${DS_PROM}",
        "${DS_UNDECLARED}",
        {"type": "prometheus", "uid": "PBFA97CFB590B2093"},
        {"type": "prometheus", "uid": "${DS_PROM}"},
        {"type": "prometheus", "uid": "${DS_PROMETHEUS}"},
        {"uid": "${DS_PROMETHEUS}"},
        {"type": "grafana-amazonprometheus-datasource", "uid": "x"},
    ],
)
def test_binds_every_prometheus_to_this_stacks(source: Any) -> None:
    found = read(of(source))
    assert found.definition["panels"][0]["datasource"] == OURS  # type: ignore[index]
    assert exprs(found) == [("P", "up")]


@pytest.mark.parametrize("source", [None, "$ds", "${ds}", "[[ds]]", {"type": "prometheus", "uid": "${ds}"}])
def test_keeps_the_default_and_variables(source: Any) -> None:
    found = read(of(source))
    assert found.definition["panels"][0]["datasource"] == source  # type: ignore[index]
    assert exprs(found) == [("P", "up")]
    [choice, _] = found.definition["templating"]["list"]  # type: ignore[index]
    assert (choice["current"]["value"], choice["regex"]) == ("prometheus", "")


def test_resolves_inputs_and_drops_them() -> None:
    found = read(of("${DS_PROM}", {"expr": "x{a='${VAR_X}'}"}, __requires=[], id=7))
    assert exprs(found) == [("P", "x{a='v'}")]
    assert {"__inputs", "__requires"}.isdisjoint(found.definition)  # type: ignore[arg-type]

"""A pack is described with the lines that use it."""

from __future__ import annotations

from stackctl.manifest.packs import describe
from stackctl.manifest.packs.library import Library


def test_lists_every_pack_with_what_it_is_for() -> None:
    packs = {(pack["under"], pack["name"]): pack for pack in describe.summaries(Library())}
    assert packs["rules", "redis"]["for"] == "redis"
    assert packs["rules", "http"]["for"] == "each service"
    assert {name for _, name in packs} == set(describe.names(Library()))


def test_describes_alerts_parameters_and_metrics() -> None:
    rules = next(pack for pack in describe.described(Library(), "http") if pack["under"] == "rules")
    assert rules["use"] == ["rules:", "  - pack: http", "    services: [api]"]
    assert all(alert["severity"] and alert["summary"] and alert["runbook"] for alert in rules["alerts"])
    assert all(parameter["description"] for parameter in rules["parameters"])
    assert rules["panels"] == []


def test_describes_panels_of_a_dashboard() -> None:
    name = next(pack["name"] for pack in describe.summaries(Library()) if pack["under"] == "dashboards")
    dashboard = next(pack for pack in describe.described(Library(), name) if pack["under"] == "dashboards")
    assert dashboard["panels"]
    assert all(panel["title"] and panel["description"] for panel in dashboard["panels"])


def test_unknown_pack_has_no_description() -> None:
    assert describe.described(Library(), "no-such-pack") == []

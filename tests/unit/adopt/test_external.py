"""Manifests about servers that go on running."""

from __future__ import annotations

from typing import Any

from stackctl.adopt import Adopted
from stackctl.adopt.addresses import Addresses
from stackctl.adopt.external import as_external

SERVERS = {"prometheus": "http://p:9090"}


def made(**sections: Any) -> Adopted:
    manifest = {"version": 1, "name": "a", "prometheus": {"scrape_interval": "5s"}, **sections}
    return as_external(Adopted(manifest, {}, (), Addresses((), None, {}, {})), SERVERS)


def test_only_what_servers_have_to_load_is_declared() -> None:
    services = {"api": {"targets": ["a:1"]}}
    alertmanager = {"receivers": {"x": {}}, "route": {"receiver": "x"}, "extra": {"inhibit_rules": []}}
    grafana = {"datasource": {"name": "P"}, "datasources": [{"name": "Logs"}], "extra_env": {"GF_A": "b"}}
    assert made(services=services, alertmanager=alertmanager, grafana=grafana).manifest == {
        "version": 1,
        "name": "a",
        "runtime": "external",
        "external": SERVERS,
        "services": services,
        "alertmanager": {"receivers": {"x": {}}, "route": {"receiver": "x"}},
        "grafana": {"datasource": {"name": "P"}},
    }


def test_times_that_no_section_has_are_not_named_by_routes() -> None:
    route = {"receiver": "x", "routes": [{"receiver": "x", "mute_time_intervals": ["nights"]}]}
    manifest = made(alertmanager={"receivers": {"x": {}}, "route": route}).manifest
    assert manifest["alertmanager"]["route"] == {"receiver": "x", "routes": [{"receiver": "x"}]}


def test_job_that_no_service_can_say_is_left_out() -> None:
    result = made(prometheus={"extra": {"scrape_configs": [{"job_name": "odd"}]}})
    assert [each.summary for each in result.remarks] == ["the job `odd` is left out"]


def test_sections_with_nothing_to_declare_are_gone() -> None:
    assert [*made(grafana={"extra_env": {}}, alertmanager={}).manifest] == ["version", "name", "runtime", "external"]

"""What a manifest declares next to what servers of somebody else, pretended, have loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.external import MANIFEST, load_prometheus, rows, set_up, verified, write
from tests.contract.serving import Reply
from tests.contract.world import DASHBOARD, RULES, World

LOADED = ("job.loaded", "rule.loaded", "alertmanager.receiver", "grafana.dashboard", "grafana.datasource")


@pytest.fixture
def folder(well: World) -> Path:
    root = well.context.stack.root
    set_up(well, root)
    return root


def failed(folder: Path) -> dict[str, str]:
    return rows(verified(folder, LOADED), "fail", "warn")


def job(name: str, **keys: Any) -> Callable[[dict[str, Any]], None]:
    """The change of a configuration by which a job has other keys."""

    def change(config: dict[str, Any]) -> None:
        next(each for each in config["scrape_configs"] if each["job_name"] == name).update(keys)

    return change


@pytest.mark.parametrize(
    ("declared", "loaded"),
    [
        ("sample_limit: 100", {"sample_limit": 200}),
        ("sample_limit: 100", {}),
        ("scrape_interval: 5s", {"scrape_interval": "10s"}),
        ("honor_labels: true", {}),
        ("params: {{a: [b]}}", {"params": {"a": ["c"]}}),
        ("basic_auth: {{username: me, password: secret-word}}", {"basic_auth": {"username": "other"}}),
    ],
)
def test_job_with_another_setting_fails(well: World, folder: Path, declared: str, loaded: dict[str, Any]) -> None:
    write(well, folder, MANIFEST.replace("labels: {{team: core}}", f"labels: {{{{team: core}}}}, {declared}"))
    load_prometheus(well, job("api", **loaded))
    assert failed(folder).keys() == {"job.loaded api"}


def test_settings_that_the_manifest_leaves_open_are_no_difference(well: World, folder: Path) -> None:
    steps = [{"target_label": "zone", "replacement": "a"}]
    load_prometheus(well, job("api", scrape_interval="1m", sample_limit=9, relabel_configs=steps))
    assert failed(folder) == {}


def test_password_of_a_job_may_be_anywhere(well: World, folder: Path) -> None:
    login = "labels: {{team: core}}, basic_auth: {{username: me, password: secret-word}}"
    write(well, folder, MANIFEST.replace("labels: {{team: core}}", login))
    load_prometheus(well, job("api", basic_auth={"username": "me", "password_file": "/etc/theirs"}))
    assert failed(folder) == {}


def test_target_without_a_declared_label_fails(well: World, folder: Path) -> None:
    write(well, folder, MANIFEST.replace("team: core", "team: other"))
    assert failed(folder) == {
        "job.loaded api": "Prometheus has loaded another job of this name: "
        "the target localhost:8000 lacks the label `team` with the value `other`"
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("expr: up < 1", "expr: up < 2"),
        ("severity: warn", "severity: page"),
        ("alert: Down, expr: up < 1", "alert: Lower, expr: up < 1"),
        ("expr: up < 1", "for: 1m, expr: up < 1"),
    ],
)
def test_rule_that_is_loaded_otherwise_fails(folder: Path, old: str, new: str) -> None:
    (folder / "r.yml").write_text(RULES.replace(old, new))
    (row,) = failed(folder)
    assert row.startswith("rule.loaded r.yml/g/")


def test_rules_in_another_layout_are_the_same(folder: Path) -> None:
    groups = yaml.safe_load(RULES)["groups"]
    moved = [{"name": "other", "rules": [rule]} for rule in reversed(groups[0]["rules"])]
    (folder / "r.yml").write_text(
        yaml.safe_dump({"groups": [{**each, "name": f"o{n}"} for n, each in enumerate(moved)]})
    )
    assert failed(folder) == {}


def test_interval_that_a_group_declares_has_to_be_loaded(folder: Path) -> None:
    (folder / "r.yml").write_text(RULES.replace("- name: g", "- name: g\n    interval: 5m"))
    assert {row.partition(" ")[0] for row in failed(folder)} == {"rule.loaded"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("oncall: {{webhook", "nobody: {{webhook"),
        ('webhook: {{url: "http://127.0.0.1:1/"}}', 'slack: {{api_url: "http://127.0.0.1:1/", channel: "#a"}}'),
        ('url: "http://127.0.0.1:1/"', 'url: "http://127.0.0.1:1/", max_alerts: 3'),
    ],
)
def test_receiver_that_is_loaded_otherwise_fails(well: World, folder: Path, old: str, new: str) -> None:
    write(well, folder, MANIFEST.replace(old, new))
    (row,) = failed(folder)
    assert row.startswith("alertmanager.receiver ")


def test_notifications_of_a_missing_receiver_are_not_proven(well: World, folder: Path) -> None:
    write(well, folder, MANIFEST.replace("oncall: {{webhook", "nobody: {{webhook"))
    found = rows(verified(folder, ["alertmanager.notifications"]), "skip")
    assert found == {"alertmanager.notifications nobody": "not checked: it is not loaded"}


def test_route_that_leads_elsewhere_fails_its_receiver(well: World, folder: Path) -> None:
    status = well.servers["alertmanager"].routes["/api/v2/status"]
    config = yaml.safe_load(status["config"]["original"])
    config["route"] = {"receiver": "theirs", "routes": [{"receiver": "oncall", "matchers": ['severity="warn"']}]}
    config["receivers"].append({"name": "theirs"})
    status["config"] = {"original": yaml.safe_dump(config)}
    assert failed(folder) == {
        "alertmanager.receiver oncall": "the loaded routes do not lead to it what the manifest's do: "
        'Down{severity="page"} goes to theirs'
    }


@pytest.mark.parametrize("change", [{"title": "Other"}, {"panels": []}])
def test_dashboard_that_is_loaded_otherwise_fails(well: World, folder: Path, change: dict[str, Any]) -> None:
    board = {"dashboard": {**DASHBOARD, **change}, "meta": {}}
    well.servers["grafana"].routes["/api/dashboards/uid/shop"] = board
    assert failed(folder).keys() == {"grafana.dashboard d.json"}


def test_dashboard_that_is_missing_fails(well: World, folder: Path) -> None:
    well.servers["grafana"].routes["/api/dashboards/uid/shop"] = Reply({"message": "Dashboard not found"}, 404)
    assert failed(folder) == {"grafana.dashboard d.json": "in Grafana the dashboard shop is not loaded"}


def test_datasource_is_known_by_the_uid_of_the_manifest(well: World, folder: Path) -> None:
    write(well, folder, MANIFEST + "grafana: {{datasource: {{name: Metrics, uid: metrics}}}}\n")
    assert failed(folder).keys() == {"grafana.datasource grafana"}


def test_login_that_may_not_read_datasources_is_a_skip(well: World, folder: Path) -> None:
    well.servers["grafana"].routes["/api/datasources/uid/prometheus"] = Reply({"message": "no"}, 403)
    assert failed(folder) == {}
    assert "grafana.datasource grafana" in rows(verified(folder, LOADED), "skip")

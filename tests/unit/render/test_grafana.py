from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from stackctl.conventions import GRAFANA_ADMIN_PASSWORD
from stackctl.errors import InputError
from stackctl.model import Dashboard
from stackctl.render import render
from stackctl.source import Secret
from tests.unit.render.stacks import dashboard, grafana, prometheus, stack

OURS = {"type": "prometheus", "uid": "prometheus"}


def rendered(definition: dict[str, Any]) -> Any:
    tree = render(stack(grafana=grafana(), dashboards=(dashboard(definition),)), "docker")
    return json.loads(tree.files["grafana/dashboards/general/a.json"].content)


def refusal(*dashboards: Dashboard) -> str:
    with pytest.raises(InputError) as caught:
        render(stack(grafana=grafana(), dashboards=dashboards), "docker")
    return str(caught.value)


def test_the_datasource_must_know_the_real_scrape_interval() -> None:
    tree = render(stack(grafana=grafana(), prometheus=prometheus(scrape_interval="7s")), "docker")
    [source] = yaml.safe_load(tree.files["grafana/provisioning/datasources/prometheus.yml"].content)["datasources"]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    assert source["jsonData"]["timeInterval"] == "7s"
    assert source["jsonData"]["prometheusVersion"] == "3.13.5"


def test_inputs_must_be_resolved_and_dropped() -> None:
    inputs = [
        {"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"},
        {"name": "VAR_X", "type": "constant", "value": "v"},
    ]
    panel = {"datasource": "${DS_PROM}", "expr": "${VAR_X}", "targets": [{"datasource": {"uid": "${DS_PROM}"}}]}
    result = rendered({"__inputs": inputs, "__requires": [], "id": 7, "uid": "other", "panels": [panel]})
    assert result == {
        "id": None,
        "uid": "a",
        "panels": [{"datasource": OURS, "expr": "v", "targets": [{"datasource": OURS}]}],
    }


@pytest.mark.parametrize(
    "kept",
    [None, "-- Mixed --", "$ds", "${ds}", {"type": "prometheus", "uid": "${ds}"}, {"type": "grafana", "uid": "x"}],
)
def test_grafanas_own_and_variable_datasources_must_stay(kept: Any) -> None:
    assert rendered({"panels": [{"datasource": kept}]})["panels"][0]["datasource"] == kept


@pytest.mark.parametrize("foreign", ["Prometheus", "some name", {"type": "prometheus", "uid": "PBFA97CFB590B2093"}])
def test_datasources_of_another_grafana_must_become_ours(foreign: Any) -> None:
    assert rendered({"panels": [{"datasource": foreign}]})["panels"][0]["datasource"] == OURS


def test_an_input_that_nothing_declares_must_be_refused() -> None:
    assert "nothing says what ${DS_OTHER} is" in refusal(dashboard({"panels": [{"datasource": "${DS_OTHER}"}]}))


def test_a_variable_of_the_dashboard_must_not_be_taken_for_an_input() -> None:
    templating = {"list": [{"name": "DS_X", "type": "datasource", "query": "prometheus"}]}
    assert rendered({"templating": templating, "panels": [{"datasource": "${DS_X}"}]})["panels"][0] == {
        "datasource": "${DS_X}"
    }


@pytest.mark.parametrize(
    "definition",
    [
        {"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {"elements": {}}},
        {"elements": {}, "layout": {}},
    ],
)
def test_the_newer_format_must_be_refused_with_the_way_to_export_the_classic_one(definition: dict[str, Any]) -> None:
    message = refusal(dashboard(definition))
    assert "newer resource format" in message
    assert "help: In Grafana, open Export" in message


def test_another_kind_of_datasource_must_be_refused() -> None:
    message = refusal(dashboard({"panels": [{"datasource": {"type": "loki", "uid": "x"}}]}))
    assert "needs a datasource of type `loki`" in message


def test_two_equal_uids_must_be_refused_with_both_places() -> None:
    message = refusal(dashboard(uid="a", title="A"), dashboard(uid="a", title="B", folder="x"))
    assert "the uid `a` is that of a.json (stack.yml:3:1)" in message


def test_two_equal_titles_must_be_refused_in_one_folder_only() -> None:
    assert "the title `A` is that of a.json" in refusal(dashboard(uid="a"), dashboard(uid="b"))
    render(stack(grafana=grafana(), dashboards=(dashboard(uid="a"), dashboard(uid="b", folder="x"))), "docker")


@pytest.mark.parametrize("uid", ["a b", "a/b", "x" * 41])
def test_a_uid_that_grafana_refuses_must_be_refused(uid: str) -> None:
    assert "not a uid" in refusal(dashboard(uid=uid))


def test_all_problems_must_be_told_at_once() -> None:
    message = refusal(dashboard(uid="a b", title=""), dashboard({"elements": {}, "layout": {}}, uid="c"))
    assert "not a uid" in message
    assert "no title" in message
    assert "newer resource format" in message


def test_each_folder_must_have_a_provider_and_a_directory_of_its_own() -> None:
    folders = ("", "general", "Shop", "sh/op", "sh op")
    boards = tuple(dashboard(uid=f"u{n}", folder=folder) for n, folder in enumerate(folders))
    tree = render(stack(grafana=grafana(), dashboards=boards), "docker")
    providers = yaml.safe_load(tree.files["grafana/provisioning/dashboards/stackctl.yml"].content)["providers"]
    assert [provider["folder"] for provider in providers] == list(folders)
    assert len({provider["options"]["path"] for provider in providers}) == len(folders)
    assert len({provider["name"] for provider in providers}) == len(folders)
    for provider, board in zip(providers, boards, strict=True):
        path = provider["options"]["path"].removeprefix("${STACKCTL_TREE}/")
        assert f"{path}/{board.uid}.json" in tree.files


def test_a_generated_password_must_come_from_the_caller() -> None:
    without = stack(grafana=grafana(None))
    tree = render(without, "docker", {GRAFANA_ADMIN_PASSWORD: Secret("made")})
    assert tree.files["secrets/grafana/admin_password"].content == b"made"
    with pytest.raises(KeyError, match="grafana_admin_password"):
        render(without, "docker")

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from stackctl import conventions as c
from stackctl.conventions import GRAFANA_ADMIN_PASSWORD
from stackctl.errors import InputError
from stackctl.model import Board, Dashboard, Datasource, Datasources, Panel, Query, Row
from stackctl.render import render
from stackctl.source import Secret
from tests.unit.render.stacks import HERE, dashboard, grafana, prometheus, stack

OURS = {"type": "prometheus", "uid": "prometheus"}


def rendered(definition: dict[str, Any]) -> Any:
    tree = render(stack(grafana=grafana(), dashboards=(dashboard(definition),)), "docker")
    return json.loads(tree.files["grafana/dashboards/general/a.json"].content)


def refusal(*dashboards: Dashboard) -> str:
    with pytest.raises(InputError) as caught:
        render(stack(grafana=grafana(), dashboards=dashboards), "docker")
    return str(caught.value)


def test_datasource_knows_the_scrape_interval() -> None:
    tree = render(stack(grafana=grafana(), prometheus=prometheus(scrape_interval="7s")), "docker")
    [source] = yaml.safe_load(tree.files["grafana/provisioning/datasources/prometheus.yml"].content)["datasources"]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    assert source["jsonData"]["timeInterval"] == "7s"
    assert source["jsonData"]["prometheusVersion"] == "3.13.5"


def test_datasource_has_the_settings_of_the_manifest() -> None:
    settings = {"timeInterval": "30s", "httpMethod": "GET", "exemplarTraceIdDestinations": [{"url": "http://t/$${x}"}]}
    tree = render(stack(grafana=replace(grafana(), settings=settings)), "docker")
    [source] = yaml.safe_load(tree.files["grafana/provisioning/datasources/prometheus.yml"].content)["datasources"]
    written = source["jsonData"]
    assert (written["timeInterval"], written["httpMethod"], written["prometheusType"]) == ("30s", "GET", "Prometheus")
    assert "$${" not in written["exemplarTraceIdDestinations"][0]["url"].replace("$$$$", "")


def test_refuses_equal_uids_with_both_places() -> None:
    message = refusal(dashboard(uid="a", title="A"), dashboard(uid="a", title="B", folder="x"))
    assert "the uid `a` is already used by a.json (stack.yml:3:1)" in message


def test_refuses_equal_titles_in_one_folder_only() -> None:
    assert "the title `A` is already used by a.json" in refusal(dashboard(uid="a"), dashboard(uid="b"))
    render(stack(grafana=grafana(), dashboards=(dashboard(uid="a"), dashboard(uid="b", folder="x"))), "docker")


@pytest.mark.parametrize("uid", ["a b", "a/b", "x" * 41])
def test_a_uid_that_grafana_refuses_is_refused(uid: str) -> None:
    assert "not a uid" in refusal(dashboard(uid=uid))


def test_reports_all_problems_at_once() -> None:
    message = refusal(dashboard(uid="a b", title=""), dashboard(uid="c d"))
    assert message.count("not a uid") == 2
    assert "no title" in message


def test_each_folder_has_a_provider_and_a_directory_of_its_own() -> None:
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


def test_a_generated_password_comes_from_the_caller() -> None:
    without = stack(grafana=grafana(None))
    tree = render(without, "docker", {GRAFANA_ADMIN_PASSWORD: Secret("made")})
    assert tree.files["secrets/grafana/admin_password"].content == b"made"
    with pytest.raises(KeyError, match="grafana_admin_password"):
        render(without, "docker")


def test_datasources_of_the_manifest_are_provisioned_without_their_secrets() -> None:
    fields = {"url": "http://localhost:3100", "jsonData": {"derivedFields": [{"url": "${__value.raw}"}]}}
    loki = Datasource("Logs $1", "logs", "loki", fields, {"basicAuthPassword": Secret("pa$word-1")}, HERE)
    one = stack(grafana=replace(grafana(), datasources=(loki,)))
    tree = render(one, "docker")
    own, found = tree.yaml("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert own["isDefault"] is True
    assert found == {
        "name": "Logs $$1",
        "uid": "logs",
        "type": "loki",
        "access": "proxy",
        "editable": False,
        "url": "http://host.docker.internal:3100",
        "jsonData": {"derivedFields": [{"url": "$${__value.raw}"}]},
        "secureJsonData": {"basicAuthPassword": "${STACKCTL_DATASOURCE_1_BASICAUTHPASSWORD_1}"},
    }
    definition = tree.yaml("compose.yaml")["services"]["grafana"]
    path = "secrets/grafana/STACKCTL_DATASOURCE_1_BASICAUTHPASSWORD_1"
    assert definition["environment"]["STACKCTL_DATASOURCE_1_BASICAUTHPASSWORD_1"].endswith(f"{path}}}")
    assert definition["extra_hosts"] == ["host.docker.internal:host-gateway"]
    assert tree.files[path].secret
    assert [name for name, file in tree if b"word-1" in file.content] == [path]


def test_default_datasource_of_the_manifest_is_the_only_one() -> None:
    other = Datasource("A", "a", "loki", {"isDefault": True}, {}, HERE)
    tree = render(stack(grafana=replace(grafana(), datasources=(other,))), "native")
    found = tree.yaml("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert [(each["name"], each["isDefault"]) for each in found] == [("Prometheus", False), ("A", True)]


def test_grafana_joins_the_networks_of_its_datasources() -> None:
    other = Datasource("A", "a", "loki", {"url": "http://loki:3100"}, {}, HERE)
    tree = render(stack(grafana=replace(grafana(), datasources=(other,)), networks=("shop",)), "docker")
    assert tree.yaml("compose.yaml")["services"]["grafana"]["networks"] == ["default", "shop"]


def test_own_datasource_is_called_as_the_manifest_says() -> None:
    called = replace(grafana(), own_name="Main", own_uid="main")
    board = Board((Row("", (Panel("P", queries=(Query("up"),)),)),))
    compact = Dashboard("d.yml", "d", "D", "", board, HERE)
    tree = render(stack(grafana=called, dashboards=(compact,)), "native")
    written = tree.yaml(c.DATASOURCES_FILE)
    assert (written["datasources"][0]["name"], written["datasources"][0]["uid"]) == ("Main", "main")
    # What has another name is not ours to delete: a person may have made it.
    assert written.keys() == {"apiVersion", "datasources"}
    text = tree.files["grafana/dashboards/general/d.json"].content
    assert b'"uid": "main"' in text
    assert b'"uid": "prometheus"' not in text


def test_usual_name_and_uid_of_the_own_datasource_are_the_same_everywhere() -> None:
    assert (Datasources.name, Datasources.uid) == (c.DATASOURCE_NAME, c.DATASOURCE_UID)

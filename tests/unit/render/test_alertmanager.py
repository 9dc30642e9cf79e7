from __future__ import annotations

from typing import Any

import yaml

from stackctl.model import Alertmanager, Receiver
from stackctl.render import render
from stackctl.source import Secret
from tests.unit.render.stacks import HERE, alertmanager, declared, stack


def config_of(one: Alertmanager, runtime: str = "native") -> dict[str, Any]:
    tree = render(stack(alertmanager=one), runtime)
    return declared(yaml.safe_load(tree.files["alertmanager/alertmanager.yml"].content))


def test_without_receivers_alerts_go_to_nobody() -> None:
    config = config_of(alertmanager())
    assert config["receivers"] == [{"name": "null"}]
    assert config["route"] == {"receiver": "null", "group_by": ["alertname", "job"]}


def test_first_receiver_gets_all_alerts_by_default() -> None:
    config = config_of(alertmanager(Receiver("a", {}, HERE), Receiver("b", {}, HERE)))
    assert config["route"]["receiver"] == "a"


def test_a_route_is_passed_on_and_wins() -> None:
    one = alertmanager(Receiver("a", {}, HERE), Receiver("b", {}, HERE), route={"receiver": "b", "group_wait": "1s"})
    assert config_of(one)["route"] == {"receiver": "b", "group_wait": "1s"}


def test_teams_is_the_current_integration_of_alertmanager() -> None:
    one = alertmanager(Receiver("a", {"teams": ({"webhook_url": Secret("https://x.test")},)}, HERE))
    assert "webhook_url_file" in config_of(one, "docker")["receivers"][0]["msteamsv2_configs"][0]


def test_keys_that_older_binaries_lack_make_the_native_configuration_secret() -> None:
    tree = render(
        stack(alertmanager=alertmanager(Receiver("a", {"wechat": ({"api_secret": Secret("x")},)}, HERE))), "native"
    )
    file = tree.files["alertmanager/alertmanager.yml"]
    assert declared(yaml.safe_load(file.content))["receivers"][0]["wechat_configs"][0] == {"api_secret": "x"}
    assert file.secret


def test_a_webhook_on_the_users_machine_is_reached_from_a_container() -> None:
    blocks = ({"url": "http://localhost:5001/a"}, {"url": Secret("http://u:p@127.0.0.1/b")})
    tree = render(stack(alertmanager=alertmanager(Receiver("a", {"webhook": blocks}, HERE))), "docker")
    config = yaml.safe_load(tree.files["alertmanager/alertmanager.yml"].content)
    hooks = config["receivers"][0]["webhook_configs"]
    assert hooks[0] == {"url": "http://host.docker.internal:5001/a"}
    assert tree.files[hooks[1]["url_file"].removeprefix("current/")].content == b"http://u:p@host.docker.internal/b"
    services = yaml.safe_load(tree.files["compose.yaml"].content)["services"]
    assert services["alertmanager"]["extra_hosts"] == ["host.docker.internal:host-gateway"]
    assert "extra_hosts" not in services["prometheus"]


def test_no_route_of_the_users_comes_before_the_one_for_drilled_alerts() -> None:
    route = {"receiver": "a", "routes": [{"receiver": "a", "matchers": ['x="y"']}]}
    for one in (
        alertmanager(Receiver("a", {}, HERE), route=route),
        alertmanager(Receiver("a", {}, HERE), extra={"route": route}),
    ):
        config = yaml.safe_load(
            render(stack(alertmanager=one), "native").files["alertmanager/alertmanager.yml"].content
        )
        assert [each["receiver"] for each in config["route"]["routes"]] == ["stackctl-drill", "a"]


def test_extra_adds_receivers() -> None:
    one = alertmanager(Receiver("a", {}, HERE), extra={"receivers": [{"name": "b"}], "global": {"smtp_from": "x"}})
    config = config_of(one)
    assert [receiver["name"] for receiver in config["receivers"]] == ["a", "b"]
    assert config["global"] == {"smtp_from": "x"}


def test_secret_paths_start_where_alertmanager_runs() -> None:
    block = {"url": Secret("http://x.test"), "http_config": {"basic_auth": {"password": Secret("p")}}}
    (receiver,) = config_of(alertmanager(Receiver("a", {"webhook": (block,)}, HERE)), "docker")["receivers"]
    (webhook,) = receiver["webhook_configs"]
    assert webhook["url_file"].startswith("current/secrets/")
    assert webhook["http_config"]["basic_auth"]["password_file"].startswith("../secrets/")

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl import conventions as c
from stackctl.model import Container, NativeRun, Retention, RuleFile, Run, Server, Service, Stack
from stackctl.render import render
from stackctl.source import Secret
from stackctl.tree import Unit, load_units
from tests.unit.render.stacks import (
    HERE,
    alertmanager,
    component,
    container,
    dashboard,
    grafana,
    prometheus,
    service,
    stack,
)

EVERYTHING = {
    "alertmanager": alertmanager(),
    "grafana": grafana(),
    "pushgateway": Server(**component(c.PUSHGATEWAY)),
}


def project(one: Stack) -> dict[str, Any]:
    result: dict[str, Any] = yaml.safe_load(render(one, "docker").files["compose.yaml"].content)
    return result


def unit(one: Stack, name: str, runtime: str = "docker") -> Unit:
    return next(unit for unit in render(one, runtime).units if unit.name == name)


@pytest.mark.parametrize("name", ["prometheus", "alertmanager", "grafana", "pushgateway"])
def test_components_run_without_privileges_on_loopback(name: str) -> None:
    definition = project(stack(**EVERYTHING))["services"][name]
    assert definition["read_only"] is True
    assert definition["cap_drop"] == ["ALL"]
    assert definition["security_opt"] == ["no-new-privileges:true"]
    assert [port["host_ip"] for port in definition["ports"]] == ["127.0.0.1"]
    assert "user" not in definition
    assert "privileged" not in definition


def test_containers_join_the_group_of_their_unit_only() -> None:
    services = project(stack(**EVERYTHING))["services"]
    assert services["grafana"]["group_add"] == ["${STACKCTL_GID:-60712}"]
    groups = [group for definition in services.values() for group in definition.get("group_add", ())]
    assert len({*groups}) == len(groups)


def test_fields_of_the_user_win_over_defaults() -> None:
    definition = project(stack(services=(container(image="a", restart="no", init=False, labels={"x": "y"}),)))
    app = definition["services"]["app"]
    assert (app["restart"], app["init"]) == ("no", False)
    assert app["labels"]["x"] == "y"
    assert app["labels"][c.LABEL_UNIT] == "app"
    assert "read_only" not in app


def test_labels_given_as_a_list_stay_a_list() -> None:
    app = project(stack(services=(container(image="a", labels=["x=y"]),)))["services"]["app"]
    assert app["labels"][:2] == ["x=y", "stackctl.unit=app"]


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("${TOKEN}", "${TOKEN}"),
        ("${TOKEN:-a}", "${TOKEN:-a}"),
        ("$${TOKEN}", "$${TOKEN}"),
        ("$TOKEN", "$$TOKEN"),
        ("a$", "a$$"),
        ("pa$$word", "pa$$word"),
        ("$$$", "$$$$"),
        ("${not closed", "$${not closed"),
    ],
)
def test_leaves_only_references_in_braces_to_compose(written: str, rendered: str) -> None:
    app = project(stack(services=(container(image="a", environment={"X": written}),)))["services"]["app"]
    assert app["environment"]["X"] == rendered


def test_relative_paths_start_at_the_manifest() -> None:
    root = "${STACKCTL_ROOT:-${PWD:-.}}"
    fields = {
        "build": {"context": "app"},
        "env_file": ["app.env", "/etc/app.env"],
        "volumes": ["./data:/data", "cache:/cache", "/abs:/abs", {"type": "bind", "source": "../x", "target": "/x"}],
    }
    one = project(stack(services=(container(**fields),)))
    app = one["services"]["app"]
    assert app["build"]["context"] == f"{root}/app"
    assert app["env_file"] == [f"{root}/app.env", "/etc/app.env"]
    assert [v if isinstance(v, str) else v["source"] for v in app["volumes"]] == [
        f"{root}/./data:/data",
        "cache:/cache",
        "/abs:/abs",
        f"{root}/../x",
    ]
    assert one["volumes"] == {"prometheus-data": {}, "cache": {}}


@pytest.mark.parametrize("context", ["https://git.test/a.git", "/abs", "${APP}/x"])
def test_other_build_contexts_stay(context: str) -> None:
    assert project(stack(services=(container(build=context),)))["services"]["app"]["build"] == context


def test_networks_are_declared() -> None:
    one = project(stack(networks=("shared",), services=(container(image="a", networks=["shared", "own", "default"]),)))
    assert one["networks"] == {"shared": {"external": True}, "own": {}}
    assert one["services"]["prometheus"]["networks"] == ["default", "shared"]


def test_profiles_reach_compose_and_the_unit() -> None:
    one = stack(services=(replace(container(image="a"), profiles=("x",)),))
    assert project(one)["services"]["app"]["profiles"] == ["x"]
    assert unit(one, "app").profiles == ("x",)


def test_index_holds_the_units() -> None:
    tree = render(stack(**EVERYTHING), "docker")
    assert load_units(tree.files["stackctl.json"].content) == ("shop", "docker", tree.units)


def test_requires_only_prometheus() -> None:
    assert [u.name for u in render(stack(**EVERYTHING), "native").units if u.required] == ["prometheus"]


@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_a_rule_asks_for_a_reload_and_an_image_or_flag_for_a_restart(runtime: str) -> None:
    base = unit(stack(), "prometheus", runtime)
    ruled = unit(stack(rules=(RuleFile("a.yml", b"groups: []", (), HERE),)), "prometheus", runtime)
    other = prometheus(image="prom/prometheus:v3.10.0", retention=Retention("7d"))
    flagged = unit(stack(prometheus=other), "prometheus", runtime)
    assert (ruled.spec, ruled.reads != base.reads) == (base.spec, True)
    assert flagged.spec != base.spec


@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_grafana_restarts_for_its_datasource_but_no_dashboard(runtime: str) -> None:
    base = unit(stack(grafana=grafana()), "grafana", runtime)
    board = unit(stack(grafana=grafana(), dashboards=(dashboard(),)), "grafana", runtime)
    slower = unit(stack(grafana=grafana(), prometheus=prometheus(scrape_interval="1m")), "grafana", runtime)
    assert board.spec == base.spec
    assert slower.spec != base.spec


def test_secrets_of_a_native_service_are_in_its_file_only() -> None:
    run = NativeRun(("app",), {"MODE": "fast", "TOKEN": Secret("hidden-token")}, Path("/srv"))
    one: Service = service("app", run=Run(native=run))
    tree = render(stack(services=(one,)), "native")
    assert unit(stack(services=(one,)), "app", "native").env == {"MODE": "fast"}
    assert tree.files["secrets/app/env"].secret
    assert not [path for path, file in tree if b"hidden-token" in file.content and not file.secret]


def test_changed_secret_changes_the_salted_hash_of_its_unit() -> None:
    def spec(token: str, salt: bytes) -> str:
        run = NativeRun(("app",), {"TOKEN": Secret(token)}, Path("/srv"))
        return render(stack(services=(service("app", run=Run(native=run)),)), "native", salt=salt).units[-1].spec

    assert spec("one", b"salt") != spec("two", b"salt")
    assert spec("one", b"salt") != spec("one", b"pepper")
    assert spec("one", b"") == spec("two", b"")


def test_containers_are_rendered_as_they_are_written() -> None:
    fields = {
        "image": "grafana/loki:3",
        "command": ["-config.file=/etc/loki.yml", "$1"],
        "volumes": ["./loki.yml:/etc/loki.yml:ro", "loki:/loki"],
        "networks": ["default", "back"],
        "env_file": "loki.env",
        "labels": {"traefik.enable": "true"},
    }
    one = stack(containers=(Container("loki", "loki", fields, HERE),))
    found = project(one)
    labels = found["services"]["loki"].pop("labels")
    assert found["services"]["loki"] == {
        **{key: fields[key] for key in ("image", "networks")},
        "command": ["-config.file=/etc/loki.yml", "$$1"],
        "volumes": ["${STACKCTL_ROOT:-${PWD:-.}}/./loki.yml:/etc/loki.yml:ro", "loki:/loki"],
        "env_file": "${STACKCTL_ROOT:-${PWD:-.}}/loki.env",
    }
    assert labels == {"traefik.enable": "true", c.LABEL_UNIT: "loki", c.LABEL_SPEC: unit(one, "loki").spec}
    assert found["volumes"]["loki"] == {}
    assert found["networks"] == {"back": {}}


def test_changed_container_is_another_unit() -> None:
    one, other = (stack(containers=(Container("a", "a", {"image": image}, HERE),)) for image in ("x:1", "x:2"))
    assert unit(one, "a").spec != unit(other, "a").spec

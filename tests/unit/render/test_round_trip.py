"""What the manifest says is what a server reads, whatever characters it is made of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackctl.model import Receiver, Target
from stackctl.render import render
from stackctl.source import Secret
from stackctl.tree import Tree, load_yaml
from tests.unit.render.stacks import HERE, alertmanager, container, grafana, prometheus, service, stack

NASTY = st.sampled_from(
    [
        "", " ", "on", "y", "No", "null", "~", "22:22", "3.10", "0o17", "0x1F", "1_000", "1e3", ".inf", "2024-01-01",
        "!!int 3", "!tag", "&anchor", "*alias", "<<", "=", "- a", "? a", "a: b", "a #b", "#", "'", '"', "a\nb", "a\n",
        "\n", "\t", "a\\nb", "$", "$$", "${HOME}", "$1", "{{ $labels.job }}", "{{", "[[ x ]]", "[% x %]", "Zoë ☃ 🎉",
        "\u2028", "\x85", "\ufeff", "%", "@", "`", "|", ">-", "---", "...", "{a: b}", "[a]", "a,b",
    ]
)  # fmt: skip
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"))
TEXT = NASTY | st.text(CHARACTERS, max_size=20) | st.lists(NASTY, max_size=3).map("".join)
SECRET = TEXT.filter(bool)
CHECKED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@CHECKED
@given(label=TEXT, external=TEXT, param=TEXT, password=SECRET)
@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_prometheus_reads_the_values_of_the_manifest(
    runtime: str, label: str, external: str, param: str, password: str
) -> None:
    one = service(
        targets=(Target("api:8000", {"own": label}, HERE),),
        labels={"team": label},
        scrape={"params": {"q": [param]}, "basic_auth": {"username": label, "password": Secret(password)}},
    )
    tree = render(stack(prometheus=prometheus(external_labels={"x": external}), services=(one,)), runtime)
    config = _yaml(tree, "prometheus/prometheus.yml")
    job = config["scrape_configs"][-1]
    assert job["static_configs"][0]["labels"] == {"team": label, "own": label}
    assert job["params"]["q"] == [param]
    assert job["basic_auth"]["username"] == label
    assert _named(tree, "prometheus", job["basic_auth"]["password_file"]) == password
    # Prometheus 3 expands variables in external labels; `$$` is its literal `$`.
    assert config["global"]["external_labels"]["x"].replace("$$", "$") == external


@CHECKED
@given(name=TEXT.filter(bool), title=TEXT, url=SECRET)
def test_alertmanager_reads_the_values_of_the_manifest(name: str, title: str, url: str) -> None:
    receiver = Receiver(name, {"slack": ({"api_url": Secret(url), "title": title},)}, HERE)
    tree = render(stack(alertmanager=alertmanager(receiver)), "native")
    config = _yaml(tree, "alertmanager/alertmanager.yml")
    assert config["route"]["receiver"] == config["receivers"][0]["name"] == name
    slack = config["receivers"][0]["slack_configs"][0]
    assert slack["title"] == title
    assert _named(tree, "alertmanager", slack["api_url_file"]) == url


@CHECKED
@given(value=TEXT, password=SECRET)
def test_compose_reads_the_values_of_the_manifest(value: str, password: str) -> None:
    app = container(image="app", environment={"X": value, "LIST": [value]})
    tree = render(stack(grafana=grafana(password, GF_X=value), services=(app,)), "docker")
    services = _yaml(tree, "compose.yaml")["services"]
    assert _interpolated(services["grafana"]["environment"]["GF_X"]) == value
    assert tree.files["secrets/grafana/admin_password"].content.decode() == password
    kept = "${HOME}" in value
    assert kept or _interpolated(services["app"]["environment"]["X"]) == value.replace("$$", "$")


@CHECKED
@given(title=TEXT.filter(bool), folder=TEXT, content=TEXT)
def test_grafana_reads_the_values_of_the_manifest(title: str, folder: str, content: str) -> None:
    from tests.unit.render.stacks import dashboard

    one = dashboard({"title": title, "panels": [{"type": "text", "options": {"content": content}}]}, "u", title, folder)
    tree = render(stack(grafana=grafana(), dashboards=(one,)), "docker")
    provider = _yaml(tree, "grafana/provisioning/dashboards/stackctl.yml")["providers"][0]
    assert provider["folder"].replace("$$", "$") == folder
    path = provider["options"]["path"].removeprefix("${STACKCTL_TREE}/")
    definition = json.loads(tree.files[f"{path}/u.json"].content)
    assert (definition["title"], definition["panels"][0]["options"]["content"]) == (title, content)


def _yaml(tree: Tree, path: str) -> Any:
    return load_yaml(tree.files[path].content)


def _named(tree: Tree, folder: str, relative: str) -> str:
    # Alertmanager reads from where it runs, above the tree; Prometheus from where its configuration lies.
    above = {"prometheus": "../", "alertmanager": "current/"}[folder]
    assert relative.startswith(f"{above}secrets/{folder}/")
    return tree.files[relative.removeprefix(above)].content.decode()


def _interpolated(text: str) -> str:
    """`text` as Compose reads it when it holds no reference."""
    return text.replace("$$", "$")

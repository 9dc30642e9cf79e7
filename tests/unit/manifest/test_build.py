"""The model that a manifest becomes: values as written, defaults, places, and secrets that it does not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.render import render
from stackctl.source import Position, Secret
from tests.unit.manifest.small import SMALLEST, loaded, service


def test_a_section_named_but_left_empty_is_there_with_its_defaults(tmp_path: Path) -> None:
    stack = loaded(tmp_path, SMALLEST + "alertmanager:\ngrafana:\npushgateway:\nexporters:\n  node:\n")
    names = [component.name for component in stack.components]
    assert names == ["prometheus", "alertmanager", "grafana", "pushgateway", "node"]


def test_every_part_knows_the_line_that_declares_it(tmp_path: Path) -> None:
    stack = loaded(tmp_path, SMALLEST)
    target = stack.services[0].targets[0]
    assert target.origin == Position(str(tmp_path / "stack.yml"), 5, 15)
    assert target.origin.text == '    targets: ["localhost:8000"]'


@pytest.mark.parametrize("written", ["on", "off", "yes", "3.10", "22:22", "1e3", "0o17", "null ", "2024-01-01", "0x1F"])
def test_a_label_value_stays_as_written(tmp_path: Path, written: str) -> None:
    text = service(f"    labels: {{a: {written if written.strip() != 'null' else repr('null')}}}\n")
    assert loaded(tmp_path, text).services[0].labels == {"a": written.strip()}


def test_ipv6_targets_work(tmp_path: Path) -> None:
    text = SMALLEST.replace("localhost:8000", "[::1]:8000")
    target = loaded(tmp_path, text).services[0].targets[0]
    assert (target.host, target.port) == ("::1", 8000)


def test_model_does_not_show_secrets(tmp_path: Path) -> None:
    text = service(
        "    basic_auth: {username: u, password: hunter2}\n"
        "    run: {native: {command: [x], env: {TOKEN: ${TOKEN}, PLAIN: x}}}\n"
    ) + (
        "prometheus: {remote_write: [{url: http://x, authorization: {credentials: hunter2}}]}\n"
        "alertmanager: {receivers: {a: {slack: {api_url: hunter2, channel: c}, webhook: {url: '${HOOK}'}}}}\n"
        "grafana: {admin: {password: hunter2}}\n"
    )
    stack = loaded(tmp_path, text, {"TOKEN": "hunter2", "HOOK": "http://hunter2"})
    assert "hunter2" not in repr(stack)
    assert stack.services[0].run.native is not None
    assert stack.services[0].run.native.env == {"TOKEN": Secret("hunter2"), "PLAIN": "x"}


def test_leaves_variables_of_a_compose_service_to_compose(tmp_path: Path) -> None:
    text = service("    run: {docker: {image: 'x:${TAG}', environment: {PW: '${PW:-}'}}}\n")
    docker = loaded(tmp_path, text, {"TAG": "1"}).services[0].run.docker
    assert docker == {"image": "x:${TAG}", "environment": {"PW": "${PW:-}"}}


def test_leaves_variables_of_a_container_to_compose(tmp_path: Path) -> None:
    text = SMALLEST + "containers: {loki: {image: 'x:${TAG}', environment: {PW: '${PW:-}'}, profiles: [logs]}}\n"
    (container,) = loaded(tmp_path, text, {"TAG": "1"}).containers
    assert container.fields == {"image": "x:${TAG}", "environment": {"PW": "${PW:-}"}, "profiles": ["logs"]}
    assert (container.name, container.unit, container.profiles) == ("loki", "loki", ("logs",))


def test_container_and_component_of_one_name_are_two_units(tmp_path: Path) -> None:
    text = SMALLEST + "exporters: {redis: {address: 'redis:6379'}}\ncontainers: {redis: {image: 'redis:8'}}\n"
    stack = loaded(tmp_path, text)
    assert [each.unit for each in stack.containers] == ["redis-container"]
    units = {unit.name: unit.in_compose for unit in render(stack, "docker").units}
    assert (units["redis"], units["redis-container"]) == ("redis-exporter", "redis")


def test_a_rule_file_is_kept_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    text = "groups: # mine\n- name: g\n  rules:\n  - {alert: A, expr: 'up == 0', annotations: {x: '{{ $value }}'}}\n"
    (tmp_path / "rules" / "a.yml").write_text(text)
    stack = loaded(tmp_path, SMALLEST + "rules: [{file: rules/a.yml}]\n")
    assert stack.rules[0].content == text.encode()
    assert [(rule.kind, rule.name, rule.expr) for rule in stack.rules[0].rules] == [("alert", "A", "up == 0")]
    assert stack.rules[0].rules[0].origin.line == 4


def test_rule_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "r.yml").write_text("groups: []\n")
    stack = loaded(tmp_path, SMALLEST + "rules: [{file: a/r.yml}, {file: b/r.yml}]\n")
    assert [file.path for file in stack.rules] == ["r.yml", "r-2.yml"]


def test_region_of_opsgenie_is_not_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "stack.yml"
    receiver = "{opsgenie: {api_key: hunter2, api_url: 'https://api.eu.opsgenie.test/'}}"
    path.write_text(
        'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'
        f"alertmanager: {{receivers: {{a: {receiver}}}}}\n"
    )
    alertmanager = load(path, {}).alertmanager
    assert alertmanager
    (block,) = alertmanager.receivers[0].integrations["opsgenie"]
    assert block == {"api_key": Secret("hunter2"), "api_url": "https://api.eu.opsgenie.test/"}


@pytest.mark.parametrize(
    ("url", "native", "docker"),
    [
        ("postgresql://u:p@[::1]:5433/db", "[::1]:5433/db", "host.docker.internal:5433/db"),
        ("postgresql://u:p@[2001:db8::7]/db", "[2001:db8::7]:5432/db", "[2001:db8::7]:5432/db"),
        ("postgres://u:p@db:/x?sslmode=disable", "db:5432/x?sslmode=disable", "db:5432/x?sslmode=disable"),
        ("postgresql://u:p%40%2F@h", "h:5432", "h:5432"),
    ],
)
def test_renders_the_address_of_a_database(tmp_path: Path, url: str, native: str, docker: str) -> None:
    stack = loaded(tmp_path, f"version: 1\nname: x\nexporters: {{postgres: {{dsn: '{url}'}}}}\n")
    for runtime, expected in (("native", native), ("docker", docker)):
        tree = render(stack, runtime)
        assert tree.files["secrets/postgres/uri"].content.decode() == expected


@pytest.mark.parametrize(
    "extra",
    ["scrape_configs: [{job_name: x, static_configs: [{targets: ['a:1']}]}]", "scrape_config_files: [jobs.yml]"],
)
def test_jobs_of_extra_are_something_to_monitor(tmp_path: Path, extra: str) -> None:
    (tmp_path / "jobs.yml").write_text("scrape_configs: []\n")
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\nprometheus: {{extra: {{{extra}}}}}\n")
    assert load(tmp_path / "stack.yml", {}).name == "shop"

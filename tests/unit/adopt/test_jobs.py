"""Scrape jobs: services where the manifest has words for them, exporters where a container runs one for them alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.adopt.setups import adopted, compose, jobs

MACHINE = "static_configs: [{targets: ['machine:9100']}]"


def services(folder: Path, *blocks: str, whole: str = "") -> dict[str, Any]:
    result = adopted(folder, prometheus=jobs(*blocks), compose=whole)
    made: dict[str, Any] = result.manifest.get("services", {})
    return made


def test_targets_of_one_group_have_its_labels_together(tmp_path: Path) -> None:
    made = services(tmp_path, "{job_name: api, static_configs: [{targets: ['a:1', 'b:2'], labels: {env: prod}}]}")
    assert made == {"api": {"targets": ["a:1", "b:2"], "labels": {"env": "prod"}}}


def test_targets_of_several_groups_have_their_own_labels(tmp_path: Path) -> None:
    groups = "[{targets: ['a:1'], labels: {env: prod}}, {targets: ['b:2']}]"
    made = services(tmp_path, f"{{job_name: api, static_configs: {groups}}}")
    assert made == {"api": {"targets": [{"address": "a:1", "labels": {"env": "prod"}}, "b:2"]}}


def test_target_that_is_no_address_is_discovered(tmp_path: Path) -> None:
    made = services(tmp_path, "{job_name: web, static_configs: [{targets: ['https://example.org']}]}")
    assert made == {"web": {"discovery": {"static_configs": [{"targets": ["https://example.org"]}]}}}


def test_options_with_their_default_are_not_repeated(tmp_path: Path) -> None:
    options = "metrics_path: /metrics, scheme: http, honor_timestamps: true, scrape_timeout: 5s"
    made = services(tmp_path, f"{{job_name: api, {options}, static_configs: [{{targets: ['a:1']}}]}}")
    assert made == {"api": {"targets": ["a:1"], "scrape_timeout": "5s"}}


@pytest.mark.parametrize("name", ["with a space", "a/b", "_x"])
def test_job_whose_name_no_service_can_have_stays_in_prometheus_own_words(tmp_path: Path, name: str) -> None:
    result = adopted(tmp_path, prometheus=jobs(f"{{job_name: {name}, static_configs: [{{targets: ['a:1']}}]}}"))
    assert result.manifest["prometheus"]["extra"]["scrape_configs"][0]["job_name"] == name


def test_bearer_token_becomes_an_authorization(tmp_path: Path) -> None:
    made = services(tmp_path, "{job_name: api, bearer_token: notarealtoken, static_configs: [{targets: ['a:1']}]}")
    assert made["api"]["authorization"] == {"credentials": "${API_BEARER_TOKEN}"}


def test_exporter_of_one_job_becomes_an_exporter_with_its_job_and_instance(tmp_path: Path) -> None:
    whole = compose(
        "machine: {image: 'prom/node-exporter:v1.9.1', command: ['--collector.systemd', '--path.rootfs=/host']}"
    )
    block = "{job_name: hosts, scrape_interval: 5s, scrape_timeout: 4s, static_configs: [{targets: ['machine:9100']}]}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=whole)
    assert result.manifest["exporters"]["node"] == {
        "image": "prom/node-exporter:v1.9.1",
        "job": "hosts",
        "scrape_interval": "5s",
        "scrape_timeout": "4s",
        "labels": {"instance": "machine:9100"},
        "args": ["--collector.systemd"],
    }
    assert "containers" not in result.manifest


@pytest.mark.parametrize(
    "blocks",
    [
        ["{job_name: hosts, static_configs: [{targets: ['machine:9100', 'other:9100']}]}"],
        [
            "{job_name: a, static_configs: [{targets: ['machine:9100']}]}",
            "{job_name: b, static_configs: [{targets: ['machine:9100']}]}",
        ],
        [f"{{job_name: a, relabel_configs: [{{target_label: x, replacement: y}}], {MACHINE}}}"],
        ["{job_name: a, metrics_path: /other, static_configs: [{targets: ['machine:9100']}]}"],
        ["{job_name: a, static_configs: [{targets: ['machine:9200']}]}"],
    ],
    ids=["other targets too", "two jobs", "relabelled", "other path", "other port"],
)
def test_exporter_that_is_scraped_otherwise_stays_a_container(tmp_path: Path, blocks: list[str]) -> None:
    whole = compose("machine: {image: 'prom/node-exporter:v1.9.1'}")
    result = adopted(tmp_path, prometheus=jobs(*blocks), compose=whole)
    assert "exporters" not in result.manifest
    assert "machine" in result.manifest["containers"]


def test_own_scrape_keeps_its_instance(tmp_path: Path) -> None:
    block = "{job_name: prometheus, static_configs: [{targets: ['localhost:9090'], labels: {env: prod}}]}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=compose("web: {image: nginx}"))
    assert result.manifest["prometheus"]["labels"] == {"instance": "localhost:9090", "env": "prod"}
    assert "services" not in result.manifest
    assert result.remarks == ()


def test_own_scrape_keeps_its_job_and_its_options(tmp_path: Path) -> None:
    options = "job_name: self, scrape_interval: 5s, scrape_timeout: 4s, honor_labels: false"
    block = f"{{{options}, static_configs: [{{targets: ['prometheus:9090']}}]}}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=compose("web: {image: nginx}"))
    scrape = {"job": "self", "scrape_interval": "5s", "scrape_timeout": "4s"}
    assert result.manifest["prometheus"]["scrape"] == scrape
    assert "services" not in result.manifest
    assert result.remarks == ()


def test_login_of_an_own_scrape_is_left_out_and_a_line_says_so(tmp_path: Path) -> None:
    login = "basic_auth: {username: a, password: b}"
    block = f"{{job_name: prometheus, {login}, static_configs: [{{targets: ['localhost:9090']}}]}}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=compose("web: {image: nginx}"))
    assert [each.summary for each in result.remarks] == [
        "the scrape of `prometheus` itself has no `basic_auth` of its own"
    ]


def test_grafana_below_a_path_is_scraped_there(tmp_path: Path) -> None:
    block = "{job_name: grafana, metrics_path: /grafana/metrics, static_configs: [{targets: ['grafana:3000']}]}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=compose("grafana: {image: grafana/grafana}"))
    assert result.manifest["grafana"]["scrape"] == {"metrics_path": "/grafana/metrics"}


@pytest.mark.parametrize("option", ["--web.route-prefix=/prom", "--web.external-url=https://example.org/prom/"])
def test_prometheus_that_was_below_a_path_is_scraped_at_its_root(tmp_path: Path, option: str) -> None:
    block = "{job_name: prometheus, metrics_path: /prom/metrics, static_configs: [{targets: ['prometheus:9090']}]}"
    federation = "{job_name: f, metrics_path: /prom/federate, static_configs: [{targets: ['prometheus:9090']}]}"
    whole = f"services: {{prometheus: {{image: prom/prometheus, command: ['{option}']}}}}"
    result = adopted(tmp_path, prometheus=jobs(block, federation), compose=whole)
    assert "scrape" not in result.manifest["prometheus"]
    assert result.manifest["services"]["f"]["metrics_path"] == "/federate"


@pytest.mark.parametrize(
    "options",
    [
        "static_configs: [{targets: ['localhost:9090', 'app:8080']}]",
        "static_configs: [{targets: ['localhost:9090']}], metric_relabel_configs: [{regex: x, action: labeldrop}]",
        "static_configs: [{targets: ['localhost:9090']}], sample_limit: 5000",
        "static_configs: [{targets: ['other:9090']}]",
    ],
    ids=["other targets too", "relabelled", "other options", "another server"],
)
def test_server_that_is_scraped_otherwise_has_no_scrape_of_its_own(tmp_path: Path, options: str) -> None:
    result = adopted(
        tmp_path, prometheus=jobs(f"{{job_name: prometheus, {options}}}"), compose=compose("app: {image: a}")
    )
    assert result.manifest["prometheus"]["scrape"] is False
    assert "prometheus" in result.manifest["services"]


def test_second_job_of_a_server_stays_next_to_its_own(tmp_path: Path) -> None:
    blocks = [
        "{job_name: many, static_configs: [{targets: ['localhost:9090', 'app:8080']}]}",
        "{job_name: self, static_configs: [{targets: ['localhost:9090']}]}",
        "{job_name: again, static_configs: [{targets: ['localhost:9090']}]}",
    ]
    result = adopted(tmp_path, prometheus=jobs(*blocks), compose=compose("app: {image: a}"))
    assert result.manifest["prometheus"]["scrape"] == {"job": "self"}
    assert [*result.manifest["services"]] == ["many", "again"]


def test_server_that_nobody_scraped_is_scraped_by_the_stack(tmp_path: Path) -> None:
    result = adopted(tmp_path, prometheus=jobs("{job_name: app, static_configs: [{targets: ['app:1']}]}"))
    assert "scrape" not in result.manifest["prometheus"]


def test_target_on_the_machine_keeps_the_name_by_which_containers_know_it_as_its_instance(tmp_path: Path) -> None:
    block = "{job_name: app, static_configs: [{targets: ['host.docker.internal:8000']}]}"
    made = services(tmp_path, block, whole=compose())
    target = {"address": "localhost:8000", "labels": {"instance": "host.docker.internal:8000"}}
    assert made == {"app": {"targets": [target]}}


def test_pushgateway_keeps_its_job_and_its_options(tmp_path: Path) -> None:
    options = "job_name: pushed, honor_labels: true, scrape_interval: 5s"
    block = f"{{{options}, static_configs: [{{targets: ['pushgateway:9091'], labels: {{env: prod}}}}]}}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=compose("pushgateway: {image: prom/pushgateway}"))
    assert result.manifest["pushgateway"] == {
        "scrape": {"job": "pushed", "scrape_interval": "5s"},
        "labels": {"env": "prod"},
        "image": "prom/pushgateway",
    }


def test_pushgateway_whose_labels_are_not_honored_stays_a_container(tmp_path: Path) -> None:
    block = "{job_name: pushed, static_configs: [{targets: ['pushgateway:9091']}]}"
    result = adopted(tmp_path, prometheus=jobs(block), compose=compose("pushgateway: {image: prom/pushgateway}"))
    assert "pushgateway" not in result.manifest
    assert "pushgateway" in result.manifest["containers"]


def test_discovered_job_with_the_name_of_a_server_keeps_it(tmp_path: Path) -> None:
    result = adopted(tmp_path, prometheus=jobs("{job_name: prometheus, dns_sd_configs: [{names: [a]}]}"))
    assert result.manifest["services"] == {"prometheus": {"discovery": {"dns_sd_configs": [{"names": ["a"]}]}}}
    assert result.manifest["prometheus"]["scrape"] is False


def test_job_without_targets_is_left_out(tmp_path: Path) -> None:
    result = adopted(tmp_path, prometheus=jobs("{job_name: idle, static_configs: []}"))
    assert "services" not in result.manifest
    assert [each.summary for each in result.remarks] == ["the job `idle` is left out"]


def test_job_with_the_name_of_the_alertmanager_that_is_adopted_too_keeps_it(tmp_path: Path) -> None:
    block = "{job_name: alertmanager, static_configs: [{targets: ['10.0.0.1:9093']}]}"
    result = adopted(tmp_path, prometheus=jobs(block), alertmanager="route: {receiver: a}\nreceivers: [{name: a}]\n")
    assert result.manifest["services"] == {"alertmanager": {"targets": ["10.0.0.1:9093"]}}
    assert result.manifest["alertmanager"]["scrape"] is False


def test_values_of_labels_are_the_text_that_prometheus_reads(tmp_path: Path) -> None:
    groups = "[{targets: ['a:1'], labels: {shown: true, number: 7, none: }}]"
    made = services(tmp_path, f"{{job_name: api, static_configs: {groups}}}")
    assert made["api"]["labels"] == {"shown": "true", "number": "7", "none": ""}


@pytest.mark.parametrize("target", ["tasks.app:80", "shop_app_1:80", "shop-app-1:80"])
def test_target_by_the_name_of_a_container_in_a_project_is_that_container(tmp_path: Path, target: str) -> None:
    block = jobs(f"{{job_name: a, static_configs: [{{targets: ['{target}']}}]}}")
    made = adopted(tmp_path, prometheus=block, compose=f"{compose('app: {image: a}')}name: shop\n")
    assert made.manifest["services"]["a"]["targets"] == [{"address": "app:80", "labels": {"instance": target}}]


def test_tasks_of_a_swarm_are_services_and_a_line_says_so(tmp_path: Path) -> None:
    block = jobs("{job_name: a, dns_sd_configs: [{names: [tasks.app, tasks.gone], type: A, port: 80}]}")
    made = adopted(tmp_path, prometheus=block, compose=compose("app: {image: a}"))
    assert made.manifest["services"]["a"]["discovery"]["dns_sd_configs"][0]["names"] == ["app", "tasks.gone"]
    assert [each.summary for each in made.remarks] == [
        "the name `tasks.app` of `a` is `app` now",
        "the name `tasks.gone` of `a` leads nowhere now",
    ]


def exporters(folder: Path, services: list[str], *blocks: str) -> dict[str, Any]:
    result = adopted(folder, prometheus=jobs(*blocks), compose=compose(*services))
    made: dict[str, Any] = result.manifest.get("exporters", {})
    return made


def test_exporters_of_one_kind_have_the_names_of_their_containers(tmp_path: Path) -> None:
    services = [
        "carts: {image: 'oliver006/redis_exporter:v1.92.1', environment: [REDIS_ADDR=carts-db:6379]}",
        "redis-exporter-logins: {image: 'oliver006/redis_exporter:v1.92.1', environment: [REDIS_ADDR=logins:6379]}",
    ]
    made = exporters(
        tmp_path,
        services,
        "{job_name: carts, static_configs: [{targets: ['carts:9121']}]}",
        "{job_name: logins, static_configs: [{targets: ['redis-exporter-logins:9121']}]}",
    )
    assert [*made] == ["carts", "redis-exporter-logins"]
    assert {each["kind"] for each in made.values()} == {"redis"}
    assert made["carts"]["labels"] == {"instance": "carts:9121"}
    # Its service has the name that its container had.
    assert "labels" not in made["redis-exporter-logins"]
    assert (made["carts"].get("listen"), made["redis-exporter-logins"]["listen"]) == (None, 9122)


def test_exporter_whose_container_has_the_name_of_another_component_gets_another(tmp_path: Path) -> None:
    services = [
        "mysql: {image: 'oliver006/redis_exporter:v1.92.1', environment: [REDIS_ADDR=a:6379]}",
        "other: {image: 'oliver006/redis_exporter:v1.92.1', environment: [REDIS_ADDR=b:6379]}",
    ]
    blocks = [f"{{job_name: {each}, static_configs: [{{targets: ['{each}:9121']}}]}}" for each in ("mysql", "other")]
    assert [*exporters(tmp_path, services, *blocks)] == ["mysql-exporter", "other"]


def test_exporters_of_one_kind_in_one_job_stay_containers(tmp_path: Path) -> None:
    services = [f"{each}: {{image: 'oliver006/redis_exporter:v1.92.1'}}" for each in ("one", "two")]
    block = "{job_name: redis, static_configs: [{targets: ['one:9121', 'two:9121']}]}"
    assert exporters(tmp_path, services, block) == {}


@pytest.mark.parametrize(
    ("discovery", "kept"),
    [
        ("consul_sd_configs: [{server: 'a:8500', token: notareal1}]", {"server": "a:8500", "token": "${A_TOKEN}"}),
        ("ec2_sd_configs: [{secret_key: notareal1}]", {"secret_key": "${A_SECRET_KEY}"}),
        (
            "http_sd_configs: [{url: 'http://a', basic_auth: {username: u, password: notareal1}}]",
            {"url": "http://a", "basic_auth": {"username": "u", "password": "${A_PASSWORD}"}},
        ),
    ],
)
def test_secrets_of_a_discovery_move(tmp_path: Path, discovery: str, kept: dict[str, Any]) -> None:
    made = adopted(tmp_path, prometheus=jobs(f"{{job_name: a, {discovery}}}"))
    (found,) = made.manifest["services"]["a"]["discovery"].values()
    assert found == [kept]
    assert [*made.variables.values()] == ["notareal1"]

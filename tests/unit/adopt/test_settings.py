"""Settings of components from the containers that ran them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.adopt import Adopted
from tests.unit.adopt.setups import adopted, compose, jobs


def exporter(folder: Path, image: str, port: int, fields: str) -> dict[str, Any] | None:
    block = f"{{job_name: asked, static_configs: [{{targets: ['x:{port}']}}]}}"
    result = adopted(folder, prometheus=jobs(block), compose=compose(f"x: {{image: '{image}', {fields}}}"))
    made: dict[str, Any] = result.manifest.get("exporters", {})
    return next(iter(made.values()), None)


@pytest.mark.parametrize(
    ("image", "port", "fields", "settings"),
    [
        (
            "oliver006/redis_exporter",
            9121,
            "command: ['--redis.addr', 'redis://cache:6379']",
            {"address": "cache:6379"},
        ),
        ("prom/memcached-exporter", 9150, "command: --memcached.address=m:11211", {"address": "m:11211"}),
        ("danielqsj/kafka-exporter", 9308, "command: ['--kafka.server=k:9092']", {"brokers": ["k:9092"]}),
        ("percona/mongodb_exporter:0.55.0", 9216, "environment: {MONGODB_URI: 'mongodb://m'}", {"address": "m:27017"}),
        (
            "nginx/nginx-prometheus-exporter",
            9113,
            "command: [-nginx.scrape-uri=http://n/status]",
            {"url": "http://n/status"},
        ),
        (
            "prom/mysqld-exporter",
            9104,
            "environment: {DATA_SOURCE_NAME: 'u:${P:-x}@(db:3306)/'}",
            {"user": "u", "address": "db:3306", "password": "${P:-x}"},
        ),
    ],
)
def test_exporter_asks_what_it_asked(
    tmp_path: Path, image: str, port: int, fields: str, settings: dict[str, Any]
) -> None:
    made = exporter(tmp_path, image, port, fields)
    assert made is not None
    assert {key: value for key, value in made.items() if key not in ("image", "job", "labels")} == settings


@pytest.mark.parametrize(
    ("image", "port", "fields"),
    [
        ("oliver006/redis_exporter", 9121, "command: [--redis.addr=rediss://cache:6379]"),
        ("prometheuscommunity/postgres-exporter", 9187, "env_file: pg.env"),
        ("percona/mongodb_exporter", 9216, "command: ['--mongodb.uri=mongodb+srv://cluster.example.org']"),
        ("ncabatoff/process-exporter", 9256, "command: [--config.path=/config.yml]"),
        ("prom/blackbox-exporter", 9115, "command: []"),
    ],
)
def test_exporter_that_is_set_in_another_way_stays_a_container(
    tmp_path: Path, image: str, port: int, fields: str
) -> None:
    assert exporter(tmp_path, image, port, fields) is None


def test_image_that_is_too_old_is_said(tmp_path: Path) -> None:
    whole = compose().replace("v3.5.0", "v2.53.0")
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    assert "image" not in result.manifest["prometheus"]
    assert result.remarks[0].summary.endswith("instead of prom/prometheus:v2.53.0")


def test_port_that_others_could_reach_is_on_loopback_now_and_said(tmp_path: Path) -> None:
    whole = compose().replace("image:", "ports: ['9095:9090']\n    image:")
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    assert result.manifest["prometheus"]["listen"] == 9095
    assert [each.summary for each in result.remarks] == ["prometheus listens on this machine only, at port 9095"]


def test_limits_of_a_container_are_resources(tmp_path: Path) -> None:
    whole = compose().replace("image:", "deploy: {resources: {limits: {memory: 512M, cpus: '0.5'}}}\n    image:")
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    assert result.manifest["prometheus"]["resources"] == {"memory": "512m", "cpus": 0.5}


@pytest.mark.parametrize(
    "fields",
    [
        "network_mode: host",
        "volumes: ['./textfile:/textfile'], command: ['--collector.textfile.directory=/textfile']",
        "volumes: ['textfile:/textfile']",
        "environment: {GOGC: '50'}",
    ],
    ids=["the machine's network", "a folder", "a volume", "a variable"],
)
def test_exporter_that_would_serve_something_else_stays_a_container(tmp_path: Path, fields: str) -> None:
    """stackctl's own has none of these."""
    assert exporter(tmp_path, "prom/node-exporter", 9100, fields) is None


def test_cadvisor_shows_what_it_showed(tmp_path: Path) -> None:
    made = exporter(tmp_path, "gcr.io/cadvisor/cadvisor", 8080, "privileged: true, volumes: ['/:/rootfs:ro']")
    assert made
    assert made["args"] == ["--docker_only=false"]


def with_fields(folder: Path, fields: str) -> Adopted:
    """A set-up whose Prometheus has more `fields` in its Compose file."""
    whole = compose().replace("image:", f"{fields}\n    image:")
    return adopted(folder, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)


def test_container_of_a_server_keeps_labels_and_hosts(tmp_path: Path) -> None:
    fields = "labels: ['traefik.enable=${ON}']\n    extra_hosts: [db:10.0.0.7]\n    environment: {HTTPS_PROXY: p:3128}"
    result = with_fields(tmp_path, fields)
    assert result.manifest["prometheus"]["docker"] == {
        "labels": ["traefik.enable=${ON:-}"],
        "extra_hosts": ["db:10.0.0.7"],
        "environment": {"HTTPS_PROXY": "p:3128"},
    }
    assert [each.summary for each in result.remarks] == ["`ON` is not set"]


def test_user_of_a_server_is_left_out(tmp_path: Path) -> None:
    result = with_fields(tmp_path, "user: '1000:1000'")
    assert [each.summary for each in result.remarks] == ["`user` of the container `prometheus` is left out"]
    assert "docker" not in result.manifest["prometheus"]


def test_container_of_a_server_keeps_all_that_compose_gives_it(tmp_path: Path) -> None:
    result = with_fields(tmp_path, "env_file: [p.env]\n    cap_add: [NET_ADMIN]\n    healthcheck: {test: [CMD, x]}")
    assert result.manifest["prometheus"]["docker"] == {"env_file": ["p.env"], "cap_add": ["NET_ADMIN"]}


@pytest.mark.parametrize("start", ["command: [-c, 'sleep 9 && /run.sh']", "entrypoint: [sh, -c, /run.sh]"])
def test_start_of_a_server_by_a_script_is_left_out(tmp_path: Path, start: str) -> None:
    whole = compose(f"board: {{image: grafana/grafana, {start}}}")
    result = adopted(tmp_path, prometheus=jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}"), compose=whole)
    key = start.partition(":")[0]
    assert [each.summary for each in result.remarks] == [f"what `{key}` of `board` does is left out"]


def test_options_in_a_script_are_those_of_the_server(tmp_path: Path) -> None:
    start = (
        "entrypoint: [/bin/sh, -c]\n    command: ['/bin/prometheus --storage.tsdb.retention.time=9d --log.level=info']"
    )
    result = with_fields(tmp_path, start)
    assert result.manifest["prometheus"]["retention"] == {"time": "9d"}
    assert [each.summary for each in result.remarks] == [
        "what `entrypoint` and `command` of `prometheus` does is left out"
    ]


def test_login_that_a_server_asks_for_is_left_out(tmp_path: Path) -> None:
    result = with_fields(tmp_path, "command: [--web.config.file=/etc/web.yml]")
    assert [each.summary for each in result.remarks] == ["the login or TLS of prometheus in /etc/web.yml is left out"]


def test_exporter_keeps_its_user(tmp_path: Path) -> None:
    """It has no data that belong to the user of its image."""
    made = exporter(tmp_path, "oliver006/redis_exporter", 9121, "user: '1000', command: ['--redis.addr', 'c:1']")
    assert made
    assert made["docker"] == {"user": "1000"}


def test_what_only_a_swarm_uses_is_left_out(tmp_path: Path) -> None:
    result = with_fields(tmp_path, "deploy: {replicas: 1, labels: {a: b}, resources: {limits: {memory: 1g}}}")
    assert [each.summary for each in result.remarks] == ["`deploy.labels` of the container `prometheus` is left out"]
    assert result.manifest["prometheus"]["resources"] == {"memory": "1g"}


@pytest.mark.parametrize(("level", "count"), [("info", 0), ("debug", 1)])
def test_level_of_the_log_is_left_out_unless_it_is_the_usual_one(tmp_path: Path, level: str, count: int) -> None:
    result = with_fields(tmp_path, f"command: ['--config.file=/etc/prometheus/prometheus.yml', '--log.level={level}']")
    said = "the option `--log.level` of prometheus is left out"
    assert [each.summary for each in result.remarks].count(said) == count


@pytest.mark.parametrize(
    ("ports", "lost"),
    [
        ("['9090:9090']", ""),
        ("['9090:9090', '19090:9090']", "`19090:9090`"),
        ("['9090:9090', '8125:8125/udp', '${P:-9000}-9001:9000-9001']", "`8125:8125/udp`, `9000-9001:9000-9001`"),
        ("[{target: 9090, published: '9090'}, {target: 1, published: '2', protocol: udp}]", "`2:1/udp`"),
        ("['9090']", "`9090`"),
    ],
)
def test_ports_besides_that_of_a_server_are_left_out(tmp_path: Path, ports: str, lost: str) -> None:
    result = with_fields(tmp_path, f"ports: {ports}")
    found = [each.summary for each in result.remarks if "of the ports of" in each.summary]
    assert found == ([f"{lost} of the ports of `prometheus` is left out"] if lost else [])


def test_server_in_the_network_of_the_machine_is_said(tmp_path: Path) -> None:
    result = with_fields(tmp_path, "network_mode: host")
    (remark,) = (each for each in result.remarks if "network of its own" in each.summary)
    assert "host.docker.internal" in remark.remedy


def test_exporter_that_only_runs_with_a_profile_stays_a_container(tmp_path: Path) -> None:
    assert exporter(tmp_path, "oliver006/redis_exporter", 9121, "profiles: [cache]") is None


def test_options_of_a_pushgateway_are_left_out(tmp_path: Path) -> None:
    service = "push: {image: prom/pushgateway, command: [--push.disable-consistency-check, --persistence.file=/x]}"
    job = jobs("{job_name: push, honor_labels: true, static_configs: [{targets: ['push:9091']}]}")
    remarks = adopted(tmp_path, prometheus=job, compose=compose(service)).remarks
    assert [each.summary for each in remarks] == [
        "the option `--push.disable-consistency-check` of pushgateway is left out"
    ]


def test_network_of_another_container_is_left_out(tmp_path: Path) -> None:
    result = with_fields(tmp_path, "network_mode: 'service:vpn'")
    assert any("`network_mode: service:vpn` of the container" in each.summary for each in result.remarks)


def test_exporter_in_the_network_of_another_container_stays_one(tmp_path: Path) -> None:
    assert exporter(tmp_path, "prom/node-exporter", 9100, "network_mode: 'service:vpn'") is None


def test_server_of_a_repackaged_image_is_read_where_that_has_its_files(tmp_path: Path) -> None:
    files = {
        "am.yml": "route: {receiver: a}\nreceivers: [{name: a}]\n",
        "ds.yml": "datasources: [{name: P, type: prometheus, url: 'http://prometheus:9090'}]",
    }
    whole = compose(
        "alerts: {image: bitnami/alertmanager, volumes: ['./am.yml:/opt/bitnami/alertmanager/conf/config.yml']}",
        "grafana: {image: 'bitnami/grafana:12',"
        " volumes: ['./ds.yml:/opt/bitnami/grafana/conf/provisioning/datasources/ds.yml']}",
    )
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    made = adopted(tmp_path, prometheus=job, compose=whole, **files)
    assert made.manifest["alertmanager"]["route"] == {"receiver": "a"}
    assert made.manifest["grafana"] == {"datasource": {"name": "P"}}
    said = [each.summary for each in made.remarks]
    assert "grafana runs as grafana/grafana" in " ".join(said)


def test_number_of_servers_is_left_out(tmp_path: Path) -> None:
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    service = "alerts: {image: 'prom/alertmanager:v0.28.1', deploy: {replicas: REPLICAS}}"
    for replicas, is_said in (("2", True), ("1", False)):
        whole = compose(service.replace("REPLICAS", replicas))
        said = [each.summary for each in adopted(tmp_path, prometheus=job, compose=whole).remarks]
        assert any("deploy.replicas" in each for each in said) == is_said


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("${URL:-}", []),
        (
            "${URL:-/metrics}",
            [
                "the option `--web.external-url` of prometheus is left out",
                "prometheus serves at `/` instead of `/metrics`",
            ],
        ),
        ("http://example.org/", []),
    ],
)
def test_external_url_with_a_variable_is_read_by_its_value(tmp_path: Path, url: str, says: list[str]) -> None:
    whole = f"services: {{prometheus: {{image: 'prom/prometheus:v3.5.0', command: ['--web.external-url={url}']}}}}"
    job = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
    remarks = adopted(tmp_path, prometheus=job, compose=whole).remarks
    assert [each.summary for each in remarks if "url" in each.summary or "serves" in each.summary] == says

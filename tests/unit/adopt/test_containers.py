"""Containers that stay containers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.adopt import adopt
from tests.unit.adopt.setups import adopted, compose, found, jobs, written

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")


def container(folder: Path, fields: str, *others: str) -> dict[str, Any]:
    made: dict[str, Any] = adopted(folder, prometheus=JOB, compose=compose(f"app: {fields}", *others)).manifest[
        "containers"
    ]
    return made["app"]


def test_fields_stay_as_they_are(tmp_path: Path) -> None:
    fields = "{image: example/app, command: [run], volumes: ['./x:/x', 'data:/data'], restart: always}"
    assert container(tmp_path, fields) == {
        "image": "example/app",
        "command": ["run"],
        "volumes": ["./x:/x", "data:/data"],
        "restart": "always",
    }


def test_it_waits_for_components_by_their_new_names(tmp_path: Path) -> None:
    made = container(
        tmp_path, "{image: a, depends_on: [board, db]}", "board: {image: grafana/grafana}", "db: {image: b}"
    )
    assert made["depends_on"] == ["grafana", "db"]


def test_variable_that_nobody_has_set_is_empty(tmp_path: Path) -> None:
    assert container(tmp_path, "{image: 'example/app:${TAG}'}")["image"] == "example/app:${TAG:-}"


def test_dollars_stay_as_compose_reads_them(tmp_path: Path) -> None:
    assert container(tmp_path, "{image: a, command: 'echo $${HOME}'}")["command"] == "echo $${HOME}"


def test_secret_of_its_environment_moves_to_a_variable(tmp_path: Path) -> None:
    made = container(tmp_path, "{image: a, environment: [DB_PASSWORD=notareal1, LEVEL=info]}")
    assert made["environment"] == {"DB_PASSWORD": "${DB_PASSWORD}", "LEVEL": "info"}


def test_network_of_others_is_joined(tmp_path: Path) -> None:
    whole = (
        compose("app: {image: a, networks: [edge, inner]}")
        + "networks: {edge: {external: true, name: web}, inner: {}}\n"
    )
    manifest = adopted(tmp_path, prometheus=JOB, compose=whole).manifest
    assert manifest["containers"]["app"]["networks"] == ["default", "web"]
    assert manifest["networks"] == {"join": ["web"]}


def test_options_of_a_volume_are_left_out(tmp_path: Path) -> None:
    whole = compose("app: {image: a, volumes: ['data:/data']}") + "volumes: {data: {external: true}}\n"
    result = adopted(tmp_path, prometheus=JOB, compose=whole)
    assert [each.summary for each in result.remarks] == ["what is said of the volume `data` is left out"]


def test_links_lead_to_the_names_of_the_stack(tmp_path: Path) -> None:
    fields = "{image: a, links: ['board:grafana-ui', db]}"
    made = container(tmp_path, fields, "board: {image: grafana/grafana}", "db: {image: b}")
    assert made["links"] == ["grafana:grafana-ui", "db:db"]


def test_configs_and_secrets_are_mounted(tmp_path: Path) -> None:
    fields = "{image: a, configs: [{source: conf, target: /etc/a.yml}], secrets: [key], volumes: ['data:/data']}"
    sections = "configs: {conf: {file: conf/a.yml}}\nsecrets: {key: {file: ./key.txt}}\n"
    made = adopted(tmp_path, prometheus=JOB, compose=compose(f"app: {fields}") + sections).manifest["containers"]["app"]
    volumes = ["data:/data", "./conf/a.yml:/etc/a.yml:ro", "./key.txt:/run/secrets/key:ro"]
    assert made == {"image": "a", "volumes": volumes}


def test_config_that_is_kept_elsewhere_is_left_out(tmp_path: Path) -> None:
    whole = compose("app: {image: a, configs: [conf]}") + "configs: {conf: {external: true}}\n"
    result = adopted(tmp_path, prometheus=JOB, compose=whole)
    assert result.manifest["containers"]["app"] == {"image": "a"}
    assert [each.summary for each in result.remarks] == ["`conf`, of the `configs` of `app`, is left out"]


def test_config_that_is_written_in_the_compose_file_gets_a_file(tmp_path: Path) -> None:
    whole = compose("app: {image: a, configs: [conf]}") + "configs: {conf: {content: 'a: $$1'}}\n"
    setup = found(written(tmp_path, {"compose.yaml": whole, "prometheus.yml": JOB}))
    assert adopt(setup, "stack").manifest["containers"]["app"]["volumes"] == ["./configs/conf:/conf:ro"]
    assert setup.contents == {"configs/conf": b"a: $1"}


def test_hostname_that_only_a_swarm_fills_in_is_left_out(tmp_path: Path) -> None:
    whole = compose("app: {image: a, hostname: '{{.Node.ID}}'}")
    result = adopted(tmp_path, prometheus=JOB, compose=whole)
    assert result.manifest["containers"]["app"] == {"image": "a"}
    assert [each.summary for each in result.remarks] == ["`hostname` of `app` is left out"]


@pytest.mark.parametrize(
    ("field", "moved"),
    [
        ("command: [redis-server, --requirepass, notarealone]", ["redis-server", "--requirepass", "${CACHE_PASSWORD}"]),
        ("command: redis-server --requirepass redis", "redis-server --requirepass ${CACHE_PASSWORD}"),
        ("command: ['--requirepass=notarealone']", ["--requirepass=${CACHE_PASSWORD}"]),
        ("command: ['--requirepass', '${PW}']", ["--requirepass", "${PW:-}"]),
        ("command: [redis-server, --save, '']", ["redis-server", "--save", ""]),
        ("command: [redis-server, --requirepass, '']", ["redis-server", "--requirepass", ""]),
        (
            "healthcheck: {test: [CMD, mysqladmin, -uroot, -pnotarealone, ping]}",
            {"test": ["CMD", "mysqladmin", "-uroot", "-p${CACHE_PASSWORD}", "ping"]},
        ),
    ],
)
def test_secret_among_the_words_of_a_command_moves_to_a_variable(tmp_path: Path, field: str, moved: object) -> None:
    result = adopted(tmp_path, prometheus=JOB, compose=compose(f"cache: {{image: 'redis:8', {field}}}"))
    assert result.manifest["containers"]["cache"][field.partition(":")[0]] == moved
    assert ("CACHE_PASSWORD" in result.variables) == ("CACHE_PASSWORD" in str(moved))


def test_namespaces_of_others_have_their_names_in_the_stack(tmp_path: Path) -> None:
    fields = "{image: a, network_mode: 'service:board', pid: 'service:db', ipc: host, volumes_from: ['board:ro', db]}"
    made = container(tmp_path, fields, "board: {image: grafana/grafana}", "db: {image: b}")
    assert made["network_mode"] == "service:grafana"
    assert made["pid"] == "service:db"
    assert made["ipc"] == "host"
    assert made["volumes_from"] == ["grafana:ro", "db"]


@pytest.mark.parametrize(
    "words",
    [
        ["mysqladmin", "ping", "-p${ROOT_PASSWORD:-notareal1}"],
        ["--uri=mongodb://${USER_NAME:-root}:${ROOT_PASSWORD:-notareal1}@db:27017/x?authSource=admin"],
        ["--password", "${ROOT_PASSWORD:-notareal1}"],
        ["sh", "-c", "run --token=${TOKEN:-notareal1} && echo $${PASSWORD}"],
    ],
)
def test_defaults_of_variables_stay_as_they_are(tmp_path: Path, words: list[str]) -> None:
    services = {"app": {"image": "a", "command": words, "healthcheck": {"test": words}}}
    folder = written(tmp_path, {"compose.yaml": json.dumps({"services": services}), "prometheus.yml": JOB})
    made = adopt(found(folder), "stack")
    assert made.variables == {}
    assert made.manifest["containers"]["app"]["command"] == words


def test_secret_next_to_a_variable_moves(tmp_path: Path) -> None:
    made = container(tmp_path, "{image: a, command: 'run --user ${WHO:-me} --password notareal1'}")
    assert made["command"] == "run --user ${WHO:-me} --password ${APP_PASSWORD}"


def test_values_that_only_a_swarm_fills_in_are_named(tmp_path: Path) -> None:
    made = adopted(
        tmp_path, prometheus=JOB, compose=compose("a: {image: a, environment: {NODE: '{{.Node.ID}}', B: c}}")
    )
    assert "the value of `NODE` of `a` is the text as it is" in [each.summary for each in made.remarks]


def test_volume_without_its_variable_has_to_be_given(tmp_path: Path) -> None:
    made = container(tmp_path, "{image: a, volumes: ['${STORE}:/data', './x:/x${END}', '${OTHER:-o}:/o']}")
    assert made["volumes"] == ["${STORE}:/data", "./x:/x${END:-}", "${OTHER:-o}:/o"]


def test_variables_in_all_fields_are_those_of_the_manifest(tmp_path: Path) -> None:
    fields = "{image: 'a:${TAG-1}', command: [run, $HOST], labels: ['x=${HOST:?set it}'], ports: ['${PORT:-1}:1']}"
    whole = compose(f"app: {fields}")
    made = adopted(tmp_path, prometheus=JOB, compose=whole, **{".env": "HOST=h\n"}).manifest["containers"]["app"]
    assert (made["image"], made["command"]) == ("a:${TAG:-1}", ["run", "${HOST}"])
    assert (made["labels"], made["ports"]) == (["x=${HOST}"], ["${PORT:-1}:1"])

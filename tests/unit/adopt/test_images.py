"""What an image that is built here, or a start script, says of a container."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.adopt import adopt
from tests.unit.adopt.setups import JOB, found, written


@pytest.mark.parametrize(
    ("dockerfile", "ports", "is_prometheus"),
    [
        ("FROM alpine\nEXPOSE 9090/tcp\n", [], True),
        ("FROM alpine\n", ["9091:9090"], True),
        ("FROM alpine\nEXPOSE 8080\n", ["9090:8080"], False),
    ],
)
def test_built_image_is_known_by_the_name_and_port_of_its_container(
    tmp_path: Path, dockerfile: str, ports: list[str], is_prometheus: bool
) -> None:
    block = {"build": "./own", "ports": ports}
    texts = {"compose.yaml": json.dumps({"services": {"prometheus": block}}), "own/Dockerfile": dockerfile}
    setup = found(written(tmp_path, texts))
    assert [each.component for each in setup.containers] == ["prometheus" if is_prometheus else ""]


def test_container_with_the_name_of_a_component_is_left_out(tmp_path: Path) -> None:
    services = {"prometheus": {"image": "example/other"}, "proxy": {"image": "nginx"}}
    made = adopt(found(written(tmp_path, {"compose.yaml": json.dumps({"services": services})})), "stack")
    assert list(made.manifest["containers"]) == ["proxy"]
    summaries = ["the stack has a Prometheus of its own", "the container `prometheus` is left out"]
    assert [each.summary for each in made.remarks] == summaries


_STARTED = """
FROM prom/prometheus:v3.5.0 AS base
COPY --from=other /x /etc/metrics/
COPY own.yml *.rules /etc/metrics/
%s
"""


@pytest.mark.parametrize(
    "starts",
    [
        'CMD ["--config.file=/etc/metrics/own.yml"]',
        'ENTRYPOINT ["/bin/prometheus"]\nCMD ["--storage.tsdb.path=/x", \\\n  "--config.file=/etc/metrics/own.yml"]',
        "ENTRYPOINT /bin/prometheus --config.file=/etc/metrics/own.yml",
        'ENTRYPOINT ["sh", "-c", "/prepare && exec prometheus --config.file=/etc/metrics/own.yml"]',
    ],
)
def test_configuration_is_the_one_that_a_built_image_starts_with(tmp_path: Path, starts: str) -> None:
    config = f"rule_files: ['*.rules', none.rules]\n{JOB}"
    texts = {"own/own.yml": config, "own/a.rules": "groups: []", "own/prometheus.yml": JOB, "own/sub/b.rules": ""}
    services = json.dumps({"services": {"metrics": {"build": "own"}}})
    made = adopt(found(written(tmp_path, {"compose.yml": services, "own/Dockerfile": _STARTED % starts, **texts})), "s")
    assert made.manifest["rules"] == [{"file": "own/a.rules"}]
    assert "`none.rules` of `rule_files` is left out" in [each.summary for each in made.remarks]


def test_command_of_the_compose_file_is_instead_of_that_of_the_image(tmp_path: Path) -> None:
    block = {"build": "own", "command": ["--config.file=/etc/prometheus/b.yml"]}
    dockerfile = 'FROM prom/prometheus\nCOPY . /etc/prometheus/\nCMD ["--config.file=/etc/prometheus/a.yml"]\n'
    texts = {"own/Dockerfile": dockerfile, "own/a.yml": JOB, "own/b.yml": JOB}
    setup = found(written(tmp_path, {"compose.yml": json.dumps({"services": {"m": block}}), **texts}))
    assert setup.prometheus
    assert setup.prometheus.config.path == "own/b.yml"


def test_image_with_any_name_is_known_by_its_container_and_its_option(tmp_path: Path) -> None:
    services = {
        "prometheus": {"image": "shop/metrics", "command": ["--config.file=/prometheus.yml"]},
        "alertmanager": {"image": "shop/pages"},
    }
    rules = {"conf/rules.yml": "groups: []\n", "conf/prometheus.yml": f"rule_files: [/rules.yml]\n{JOB}"}
    setup = found(written(tmp_path, {"compose.yml": json.dumps({"services": services}), **rules}))
    assert [each.component for each in setup.containers] == ["prometheus", ""]
    assert adopt(setup, "stack").manifest["rules"] == [{"file": "conf/rules.yml"}]


@pytest.mark.parametrize("image", ["", "image: 'prometheus:own', ", "image: 'example/mon', "])
def test_dockerfile_is_read_whatever_the_image_is_called(tmp_path: Path, image: str) -> None:
    built = f"services: {{metrics: {{{image}build: ./image}}}}"
    dockerfile = "FROM prom/prometheus\nCOPY conf.yml /etc/prometheus/prometheus.yml\n"
    setup = found(written(tmp_path, {"compose.yaml": built, "image/Dockerfile": dockerfile, "image/conf.yml": JOB}))
    assert setup.prometheus
    assert setup.prometheus.config.path == "image/conf.yml"

"""What is found in a folder, and what each server sees of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.adopt import adopt, find_setup
from stackctl.adopt.setup import compose_file_below, nothing_found
from stackctl.manifest.problems import Problems
from stackctl.operations.adopting import adopt_setup
from tests.unit.adopt.setups import compose, found, jobs, written

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")


def test_nothing_is_found_in_an_empty_folder(tmp_path: Path) -> None:
    assert find_setup(tmp_path, {}, Problems()) is None


def test_configuration_is_the_one_that_the_container_is_given(tmp_path: Path) -> None:
    whole = compose().replace("./prometheus.yml:", "./deep/other.yml:")
    setup = found(written(tmp_path, {"compose.yaml": whole, "deep/other.yml": JOB, "prometheus.yml": "{}"}))
    assert setup.prometheus
    assert setup.prometheus.config.path == "deep/other.yml"


def test_configuration_without_containers_is_looked_for(tmp_path: Path) -> None:
    setup = found(written(tmp_path, {"conf/prometheus.yml": JOB, "conf/deeper/prometheus.yml": JOB}))
    assert setup.prometheus
    assert setup.prometheus.config.path == "conf/prometheus.yml"


def test_what_is_in_hidden_folders_is_not_looked_at(tmp_path: Path) -> None:
    assert find_setup(written(tmp_path, {".cache/prometheus.yml": JOB}), {}, Problems()) is None


def test_file_that_is_no_yaml_is_a_problem(tmp_path: Path) -> None:
    problems = Problems()
    find_setup(written(tmp_path, {"compose.yaml": "services: ["}), {}, problems)
    assert [each.code for each in problems] == ["yaml.syntax"]


def test_relative_paths_begin_at_the_configuration(tmp_path: Path) -> None:
    whole = compose().replace("./prometheus.yml:/etc/prometheus/prometheus.yml", "./conf:/etc/prometheus")
    setup = found(written(tmp_path, {"compose.yaml": whole, "conf/prometheus.yml": JOB}))
    assert setup.prometheus
    assert setup.prometheus.path("rules/*.yml") == "conf/rules/*.yml"
    assert setup.prometheus.path("/etc/prometheus/x.yml") == "conf/x.yml"
    assert setup.prometheus.path("/elsewhere/x.yml") is None


def test_override_of_a_compose_file_is_read_as_compose_does(tmp_path: Path) -> None:
    over = """
services:
  prometheus: {command: [--config.file=/etc/prometheus/prometheus.yml], ports: ["9095:9090"]}
  web: {image: nginx, environment: [B=2]}
"""
    base = compose("web: {image: httpd, environment: {A: 1}, ports: ['80:80']}")
    files = {"compose.yaml": base, "compose.override.yml": over, "prometheus.yml": JOB}
    setup = found(written(tmp_path, files))
    web = next(each for each in setup.containers if each.name == "web")
    assert (web.image, web.environment, len(web.published)) == ("nginx", {"A": "1", "B": "2"}, 1)
    prometheus = setup.container("prometheus")
    assert prometheus
    assert prometheus.published[0].port == 9095


def test_file_that_stands_in_for_that_of_the_container_is_named(tmp_path: Path) -> None:
    whole = compose().replace("./prometheus.yml:", "/srv/prometheus.yml:")
    files = {"compose.yaml": whole, "conf/prometheus.yml": JOB}
    setup = found(written(tmp_path, files))
    assert setup.prometheus
    assert setup.prometheus.instead_of == "/srv/prometheus.yml"
    assert setup.prometheus.path("/etc/prometheus/rules/*.yml") == "conf/rules/*.yml"
    assert [each.summary for each in adopt(setup, "stack").remarks] == [
        "conf/prometheus.yml is taken for the configuration of prometheus"
    ]


def test_configuration_of_an_alertmanager_that_nothing_runs_is_left_out(tmp_path: Path) -> None:
    routing = "route: {receiver: a}\nreceivers: [{name: a}]"
    files = {"compose.yaml": compose(), "prometheus.yml": JOB, "alertmanager.yml": routing}
    adopted = adopt(found(written(tmp_path, files)), "stack")
    assert "alertmanager" not in adopted.manifest
    assert [each.summary for each in adopted.remarks] == ["alertmanager.yml is left out"]


def test_compose_file_without_a_prometheus_is_reported(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {web: {image: nginx}}", "conf/prometheus.yml": JOB}
    assert [each.summary for each in adopt(found(written(tmp_path, files)), "stack").remarks] == [
        "no container of compose.yaml runs Prometheus"
    ]


def test_variables_that_nobody_has_set_are_reported(tmp_path: Path) -> None:
    whole = compose("web: {image: 'nginx:${TAG}', command: '$HOST_NAME ${A:-1} ${B?no} $$C'}")
    setup = found(written(tmp_path, {"compose.yaml": whole, "prometheus.yml": JOB, ".env": "B=1"}))
    assert [each.summary for each in adopt(setup, "stack").remarks] == ["`HOST_NAME`, `TAG` are not set"]


def test_files_of_a_configuration_for_another_folder_are_those_next_to_it(tmp_path: Path) -> None:
    texts = {
        "conf/prometheus.yml": "rule_files: [/etc/prometheus/rules.d/*.yml, /nowhere/*.yml]\nscrape_configs: []\n",
        "conf/rules.d/a.yml": "groups: []\n",
    }
    made = adopt(found(written(tmp_path, texts)), "stack")
    assert made.manifest["rules"] == [{"file": "conf/rules.d/a.yml"}]
    assert [(each.code, each.summary) for each in made.remarks] == [
        ("adopt.left-out", "`/nowhere/*.yml` of `rule_files` is left out"),
        ("adopt.changed", "the files that prometheus reads in /etc/prometheus are taken from here"),
    ]


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


@pytest.mark.parametrize("name", ["am.yml.tmpl", "am.yml.template", "am.template.yml", "am-template.yml", "am.yml.tpl"])
def test_configuration_that_a_script_writes_is_read_from_its_template(tmp_path: Path, name: str) -> None:
    template = """
route: {receiver: chat}
receivers:
  - name: chat
    webhook_configs: [{url: "$HOOK"}, {url: "http://${BRIDGE}/x"}, {url: "http://${UNKNOWN}"}]
"""
    pager = {
        "image": "prom/alertmanager:v0.28.0",
        "entrypoint": ["sh", "-c", "envsubst < in > /tmp/am.yml && alertmanager --config.file=/tmp/am.yml"],
        "environment": {"HOOK": "${MY_HOOK:-}", "BRIDGE": "bridge:80"},
        "volumes": [f"./conf/{name}:/etc/alertmanager/{name}"],
    }
    texts = {"compose.yml": json.dumps({"services": {"pager": pager}}), f"conf/{name}": template}
    made = adopt(found(written(tmp_path, texts)), "stack")
    urls = [each["url"] for each in made.manifest["alertmanager"]["receivers"]["chat"]["webhook"]]
    assert urls == ["${MY_HOOK}", "http://bridge:80/x", "http://${UNKNOWN}"]
    assert f"conf/{name} is taken for the configuration of alertmanager" in [each.summary for each in made.remarks]


def test_file_that_is_no_template_of_the_configuration_is_not_taken(tmp_path: Path) -> None:
    block = {"image": "prom/alertmanager", "volumes": ["./conf:/etc/alertmanager"]}
    other = "route: {receiver: a}\nreceivers: [{name: a}]\n"
    texts = {"compose.yml": json.dumps({"services": {"pager": block}}), "conf/other.yml.tmpl": other}
    made = adopt(found(written(tmp_path, texts)), "stack")
    assert "route" not in made.manifest["alertmanager"]
    assert "the configuration of alertmanager is left out" in [each.summary for each in made.remarks]


def test_configuration_in_a_folder_of_its_own_image_is_missing(tmp_path: Path) -> None:
    services = compose("pager: {image: prom/alertmanager, command: [--config.file=/own/am.yml]}")
    made = adopt(found(written(tmp_path, {"compose.yml": services, "prometheus.yml": JOB})), "stack")
    assert "the configuration of alertmanager is left out" in [each.summary for each in made.remarks]


def test_image_with_any_name_is_known_by_its_container_and_its_option(tmp_path: Path) -> None:
    services = {
        "prometheus": {"image": "shop/metrics", "command": ["--config.file=/prometheus.yml"]},
        "alertmanager": {"image": "shop/pages"},
    }
    rules = {"conf/rules.yml": "groups: []\n", "conf/prometheus.yml": f"rule_files: [/rules.yml]\n{JOB}"}
    setup = found(written(tmp_path, {"compose.yml": json.dumps({"services": services}), **rules}))
    assert [each.component for each in setup.containers] == ["prometheus", ""]
    assert adopt(setup, "stack").manifest["rules"] == [{"file": "conf/rules.yml"}]


def test_compose_file_of_another_name_is_found_where_it_is_the_only_one(tmp_path: Path) -> None:
    setup = found(written(tmp_path, {"monitoring.yml": compose(), "prometheus.yml": JOB}))
    assert setup.compose
    assert setup.compose.path == "monitoring.yml"


def test_several_compose_files_of_other_names_are_left_out(tmp_path: Path) -> None:
    made = adopt(found(written(tmp_path, {"a.yml": compose(), "b.yaml": compose(), "prometheus.yml": JOB})), "stack")
    assert [each.summary for each in made.remarks] == ["a.yml is left out", "b.yaml is left out"]
    assert "containers" not in made.manifest


def test_compose_file_with_the_prometheus_is_the_one_of_several(tmp_path: Path) -> None:
    other = json.dumps({"services": {"node": {"image": "prom/node-exporter"}}})
    made = adopt(found(written(tmp_path, {"a.yml": other, "b.yml": compose(), "prometheus.yml": JOB})), "stack")
    assert [each.summary for each in made.remarks] == ["a.yml is left out"]
    assert made.manifest["prometheus"]["image"] == "prom/prometheus:v3.5.0"


def test_first_of_several_compose_files_may_have_no_services(tmp_path: Path) -> None:
    written(tmp_path, {"base.yml": "networks: {a: {}}", "run.yml": compose(), "prometheus.yml": JOB})
    problems = Problems()
    setup = find_setup(tmp_path / "base.yml", {}, problems, [tmp_path / "run.yml"])
    assert [*problems] == []
    assert setup
    assert setup.container("prometheus")


def test_alertmanager_is_known_by_its_usual_address_without_containers(tmp_path: Path) -> None:
    config = f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}\n{JOB}"
    routing = "route: {receiver: a}\nreceivers: [{name: a}]\n"
    made = adopt(found(written(tmp_path, {"prometheus.yml": config, "alertmanager.yml": routing})), "stack")
    assert "extra" not in made.manifest["prometheus"]


def test_servers_that_do_the_work_of_prometheus_are_named(tmp_path: Path) -> None:
    services = {
        "vmagent": {
            "image": "victoriametrics/vmagent",
            "command": ["-promscrape.config=/etc/p.yml"],
            "volumes": ["./prometheus.yml:/etc/p.yml"],
        },
        "vmalert": {
            "image": "victoriametrics/vmalert",
            "command": ["--rule=/etc/alerts/*.yml", "--rule=/none/*.yml"],
            "volumes": ["./a.yml:/etc/alerts/a.yml", "./b.yml:/etc/alerts/b.yml", "./c.yml:/etc/c.yml"],
        },
    }
    rules = dict.fromkeys(("a.yml", "b.yml", "c.yml"), "groups: []")
    texts = {"compose.yml": json.dumps({"services": services}), "prometheus.yml": JOB, **rules}
    made = adopt(found(written(tmp_path, texts)), "stack")
    first, second = made.remarks
    assert "`vmagent` goes on asking" in first.cause
    assert second.summary == "the stack's Prometheus does not evaluate the rules in a.yml, b.yml"
    assert "`vmalert` goes on" in second.cause


@pytest.mark.parametrize(
    ("image", "is_said"),
    [
        ("prom/alertmanager:v0.28.0", False),
        ("bitnami/alertmanager", False),
        ("stefanprodan/swarmprom-alertmanager", True),
    ],
)
def test_configuration_in_an_image_that_somebody_made_is_left_out(tmp_path: Path, image: str, is_said: bool) -> None:
    command = "[--config.file=/etc/alertmanager/alertmanager.yml]"
    services = compose(f"alertmanager: {{image: {image}, command: {command}}}")
    made = adopt(found(written(tmp_path, {"compose.yml": services, "prometheus.yml": JOB})), "stack")
    said = "the configuration of alertmanager is left out" in [each.summary for each in made.remarks]
    assert said == is_said


TWO = """
services:
  first: {image: "prom/prometheus:v3.5.0", volumes: ["./first.yml:/etc/prometheus/prometheus.yml"]}
  second: {image: "prom/prometheus:v3.5.0", volumes: ["./second.yml:/etc/prometheus/prometheus.yml"]}
"""


@pytest.mark.parametrize(("of_second", "is_second"), [("rule_files: [r.yml]\n", True), ("", False)])
def test_prometheus_with_more_jobs_and_rules_is_the_stacks(tmp_path: Path, of_second: str, is_second: bool) -> None:
    files = {"compose.yaml": TWO, "first.yml": JOB, "second.yml": of_second + JOB, "r.yml": "{}"}
    setup = found(written(tmp_path, files))
    assert setup.prometheus
    assert setup.prometheus.config.path == ("second.yml" if is_second else "first.yml")
    other, own = ("first", "second") if is_second else ("second", "first")
    remark = next(each for each in adopt(setup, "s").remarks if "stays a container" in each.summary)
    assert remark.summary == f"`{other}` stays a container: `{own}` is the stack's prometheus"
    assert "the most jobs and rules" in remark.cause


def test_template_of_a_missing_configuration_is_named(tmp_path: Path) -> None:
    files = {"compose.yaml": compose(), "templates/prometheus.yml.j2": "{% for x in y %}"}
    remark = next(
        each for each in adopt(found(written(tmp_path, files)), "s").remarks if "configuration" in each.summary
    )
    assert remark.cause.startswith("The set-up does not have prometheus.yml.")
    assert remark.remedy.startswith("templates/prometheus.yml.j2 may be its template")


def test_template_without_anything_else_is_named(tmp_path: Path) -> None:
    problem = nothing_found(written(tmp_path, {"roles/mon/templates/prometheus.yml.j2": "{% for x in y %}"}))
    assert problem.cause == "roles/mon/templates/prometheus.yml.j2 is a template, as for Ansible or Helm."


@pytest.mark.parametrize("second", ["services: {other: {image: a}}", TWO])
def test_compose_files_of_subfolders_are_named(tmp_path: Path, second: str) -> None:
    files = {"conf/prometheus.yml": JOB, "deploy/compose.prod.yml": TWO, "deploy/compose.test.yml": second}
    remarks = adopt(found(written(tmp_path, files)), "s").remarks
    named = [each for each in remarks if "is left out" in each.summary]
    assert [each.summary for each in named] == [
        "deploy/compose.prod.yml is left out",
        "deploy/compose.test.yml is left out",
    ]
    assert named[0].remedy == "To adopt it, name it: `stackctl adopt deploy/compose.prod.yml`."


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (
            {"deploy/compose.prod.yml": TWO, "deploy/compose.app.yml": "services: {a: {image: a}}"},
            "deploy/compose.prod.yml",
        ),
        ({"deploy/compose.prod.yml": TWO, "deploy/compose.yml": TWO}, "deploy/compose.yml"),
        ({"deploy/compose.prod.yml": TWO, "deploy/compose.test.yml": TWO}, None),
    ],
)
def test_only_compose_file_below_is_the_setups(tmp_path: Path, files: dict[str, str], path: str | None) -> None:
    assert compose_file_below(written(tmp_path, files)) == (tmp_path / path if path else None)


def test_rule_file_with_the_same_name_elsewhere_is_named(tmp_path: Path) -> None:
    files = {"prometheus.yml": "rule_files: [/etc/prometheus/rules/a.rules]\n", "alerts/a.rules": "groups: []\n"}
    (remark,) = adopt(found(written(tmp_path, files)), "s").remarks
    assert remark.remedy == "If alerts/a.rules is meant, write it under `rules`."


def test_configuration_of_an_image_that_is_built_is_missing(tmp_path: Path) -> None:
    built = "services: {prometheus: {image: 'prometheus:own', build: ./image}}"
    setup = found(written(tmp_path, {"compose.yaml": built, "image/Dockerfile": "FROM prom/prometheus\n"}))
    assert setup.missing_configuration("prometheus") == "/etc/prometheus/prometheus.yml"


@pytest.mark.parametrize("service", ["cache: {image: a}", "other: {image: a, container_name: cache}"])
def test_compose_file_that_runs_a_target_and_is_not_read_is_named(tmp_path: Path, service: str) -> None:
    files = {
        "compose.yaml": compose(),
        "prometheus.yml": jobs("{job_name: c, static_configs: [{targets: ['cache:1', 'x:1']}]}"),
        "cache.yml": f"services: {{{service}}}",
        "unrelated.yml": "services: {more: {image: b}}",
    }
    (remark,) = adopt(found(written(tmp_path, files)), "s").remarks
    assert remark.summary == "cache.yml is left out"
    assert remark.cause == "It runs `cache`, which `c` scrapes."
    assert remark.remedy == "If you start both, name both: `stackctl adopt compose.yaml cache.yml`."


@pytest.mark.parametrize("image", ["", "image: 'prometheus:own', ", "image: 'example/mon', "])
def test_dockerfile_is_read_whatever_the_image_is_called(tmp_path: Path, image: str) -> None:
    built = f"services: {{metrics: {{{image}build: ./image}}}}"
    dockerfile = "FROM prom/prometheus\nCOPY conf.yml /etc/prometheus/prometheus.yml\n"
    setup = found(written(tmp_path, {"compose.yaml": built, "image/Dockerfile": dockerfile, "image/conf.yml": JOB}))
    assert setup.prometheus
    assert setup.prometheus.config.path == "image/conf.yml"


def test_compose_file_that_runs_a_server_of_the_set_up_is_named(tmp_path: Path) -> None:
    job = jobs("{job_name: a, static_configs: [{targets: ['db-exporter:1']}]}")
    files = {
        "metrics/compose.yml": compose(),
        "metrics/prometheus.yml": job,
        "boards/compose.yml": "services: {boards: {image: grafana/grafana}}",
        "db/compose.yml": "services: {x: {image: x, container_name: db-exporter}}",
        "web/compose.yml": "services: {web: {image: nginx}}",
    }
    remarks = adopt_setup([str(written(tmp_path, files))], {}).remarks
    named = {each.summary: each for each in remarks if each.summary.endswith("compose.yml is left out")}
    assert sorted(named) == ["../boards/compose.yml is left out", "../db/compose.yml is left out"]
    assert named["../boards/compose.yml is left out"].cause == "It runs grafana."
    assert named["../db/compose.yml is left out"].cause == "It runs `db-exporter`, which `a` scrapes."
    assert "`include`" in named["../db/compose.yml is left out"].remedy

"""What is found in a folder: its servers, and the configuration of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.adopt import adopt, find_setup
from stackctl.manifest.problems import Problems
from tests.unit.adopt.setups import JOB, TWO, compose, found, written


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


def test_file_that_is_no_yaml_is_a_problem(tmp_path: Path) -> None:
    problems = Problems()
    find_setup(written(tmp_path, {"compose.yaml": "services: ["}), {}, problems)
    assert [each.code for each in problems] == ["yaml.syntax"]


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

from __future__ import annotations

from typing import Any

import yaml

from stackctl.model import RuleFile, Target
from stackctl.render import render
from stackctl.source import Secret
from tests.unit.render.stacks import HERE, alertmanager, prometheus, service, stack


def config_of(runtime: str = "native", **fields: Any) -> dict[str, Any]:
    tree = render(stack(**fields), runtime)
    result: dict[str, Any] = yaml.safe_load(tree.files["prometheus/prometheus.yml"].content)
    return result


def test_short_interval_shortens_the_timeout() -> None:
    assert config_of(prometheus=prometheus(scrape_interval="2s"))["global"]["scrape_timeout"] == "2s"
    assert config_of(prometheus=prometheus(scrape_interval="1m"))["global"]["scrape_timeout"] == "10s"


def test_external_labels_stay_unescaped_where_nothing_expands_them() -> None:
    server = prometheus("prom/prometheus:v2.53.0", external_labels={"x": "$y"})
    assert config_of(prometheus=server)["global"]["external_labels"] == {"x": "$y"}


def test_extra_wins_and_adds_to_lists() -> None:
    extra = {"global": {"scrape_interval": "1m"}, "scrape_configs": [{"job_name": "mine"}]}
    config = config_of(prometheus=prometheus(extra=extra), services=(service(),))
    assert config["global"]["scrape_interval"] == "1m"
    assert config["global"]["evaluation_interval"] == "15s"
    assert [job["job_name"] for job in config["scrape_configs"]] == ["prometheus", "api", "mine"]


def test_a_rule_file_is_named_and_kept_byte_for_byte() -> None:
    content = b"# mine\r\ngroups: []\n"
    tree = render(stack(rules=(RuleFile("a[1].yml", content, (), HERE),)), "docker")
    assert tree.files["prometheus/rules/a[1].yml"].content == content
    # What Prometheus reads there is a pattern, and one without a match is silent.
    assert yaml.safe_load(tree.files["prometheus/prometheus.yml"].content)["rule_files"] == ["rules/a\\[1].yml"]


def test_local_target_is_reached_by_the_gateway_under_its_name() -> None:
    one = service(targets=(Target("localhost:8000", {}, HERE),))
    assert config_of("docker", services=(one,))["scrape_configs"][-1]["static_configs"] == [
        {"targets": ["host.docker.internal:8000"], "labels": {"instance": "localhost:8000"}}
    ]
    assert config_of("native", services=(one,))["scrape_configs"][-1]["static_configs"] == [
        {"targets": ["localhost:8000"]}
    ]


def test_targets_with_equal_labels_share_a_group() -> None:
    targets = tuple(Target(f"h{n}:1", {"zone": "b" if n else "a"}, HERE) for n in range(3))
    groups = config_of(services=(service(targets=targets),))["scrape_configs"][-1]["static_configs"]
    assert [group["targets"] for group in groups] == [["h0:1"], ["h1:1", "h2:1"]]


def test_discovered_targets_carry_the_labels_of_the_service() -> None:
    one = service(
        targets=(),
        discovery={"dns_sd_configs": [{"names": ["x"]}]},
        labels={"team": "a$b"},
        scrape={"relabel_configs": [{"action": "drop"}]},
    )
    job = config_of(services=(one,))["scrape_configs"][-1]
    assert "static_configs" not in job
    assert job["relabel_configs"] == [{"target_label": "team", "replacement": "a$$b"}, {"action": "drop"}]


def test_alerts_go_to_the_alertmanager_of_the_stack() -> None:
    targets = config_of("docker", alertmanager=alertmanager())["alerting"]["alertmanagers"]
    assert targets == [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]
    assert "alerting" not in config_of()


def test_a_secret_that_no_file_can_hold_makes_the_configuration_secret() -> None:
    one = service(targets=(), discovery={"ec2_sd_configs": [{"secret_key": Secret("hidden-value")}]})
    tree = render(stack(services=(one,)), "docker")
    assert tree.files["prometheus/prometheus.yml"].secret
    assert b"hidden-value" in tree.files["prometheus/prometheus.yml"].content
    assert tree.files[".gitignore"].content == b"/prometheus/prometheus.yml\n"
    assert not [path for path, file in tree if b"hidden-value" in file.content and not file.secret]


def test_headers_that_are_secret_become_files_next_to_others() -> None:
    header = {"values": [], "secrets": [Secret("hidden-value")], "files": ["given"]}
    tree = render(stack(services=(service("b", scrape={"http_headers": {"X": header}}),)), "docker")
    (_, job) = tree.yaml("prometheus/prometheus.yml")["scrape_configs"]
    (name, other) = job["http_headers"]["X"]["files"]
    assert tree.files[name.removeprefix("../")].content == b"hidden-value"
    assert (other, "secrets" in job["http_headers"]["X"]) == ("given", False)


def test_secrets_of_different_places_have_separate_files() -> None:
    names = ("a.b", "a_b", "a-b", "A", "ä", "a/b", "../x", "x" * 200, "x" * 201)
    auth = {"basic_auth": {"username": "u", "password": Secret("secret")}}
    tree = render(stack(services=tuple(service(name, scrape=auth) for name in names)), "native")
    stored = [path for path, file in tree if file.secret]
    assert len(stored) == len(names)
    assert all(path.count("/") == 2 and ".." not in path for path in stored)

"""What servers have loaded, as the values that checks take."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stackctl.access import Access
from stackctl.clients.prometheus import ActiveTarget, LoadedRule
from stackctl.errors import StackctlError
from stackctl.source import Position
from stackctl.verification.given import (
    Elsewhere,
    Loaded,
    beyond_loopback,
    dial_for,
    facts_of,
    file_names,
    jobs_of,
    stack_of,
    tree_of,
)
from stackctl.verification.receivers import rendered_receivers
from stackctl.verification.written_rules import written_rules

URL = "https://monitoring.test/prometheus"
GIVEN = {"prometheus": Access(URL), "alertmanager": Access("http://alerts.test:9093")}
CONFIG = """\
global: {scrape_interval: 30s, evaluation_interval: 1m, external_labels: {cluster: a}}
scrape_configs:
  - job_name: api
    honor_labels: true
    scrape_interval: 5s
    basic_auth: {username: u, password: <secret>}
    file_sd_configs: [{files: [a.json]}]
  - {job_name: gone, static_configs: [{targets: ["a:1"]}]}
"""
ALERTMANAGER = """\
route: {receiver: none, routes: [{receiver: hook}]}
receivers: [{name: none}, {name: hook, webhook_configs: [{url: <secret>}, {url: <secret>}]}]
"""
TARGET = ActiveTarget(
    "api",
    {"job": "web", "instance": "host"},
    "http://10.0.0.1:80/metrics",
    "up",
    "",
    1.0,
    {"__address__": "10.0.0.1:80", "job": "api"},
)
RULE = LoadedRule("alert", "Down", "up == 0", "g", "/etc/rules/a.yml", "ok", "", 1.0, 90.0, hold=60.0)


def loaded(**fields: object) -> Loaded:
    return Loaded(**{"prometheus": CONFIG, "targets": (TARGET,), "rules": (RULE,), **fields})  # type: ignore[arg-type]


def test_jobs_have_the_targets_that_are_scraped() -> None:
    jobs = {job.name: job for job in jobs_of(loaded(), Position(URL))}
    (endpoint,) = jobs["api"].endpoints
    assert (endpoint.address, endpoint.instance) == ("10.0.0.1:80", "host")
    assert not jobs["api"].discovered
    assert jobs["api"].honor_labels
    assert jobs["api"].scrape_interval == "5s"


def test_a_job_without_targets_is_one_that_found_none() -> None:
    (job,) = [job for job in jobs_of(loaded(), Position(URL)) if job.name == "gone"]
    assert job.discovered
    assert job.endpoints == ()


def test_jobs_are_those_of_targets_without_a_configuration() -> None:
    assert [job.name for job in jobs_of(loaded(prometheus=""), Position(URL))] == ["api"]


def test_hidden_secrets_are_not_taken_for_secrets() -> None:
    (job,) = [job for job in jobs_of(loaded(), Position(URL)) if job.name == "api"]
    assert job.service
    assert job.service.scrape["basic_auth"] == {"username": "u"}


def test_stack_is_what_the_servers_have_loaded() -> None:
    stack = stack_of(GIVEN, loaded(alertmanager=ALERTMANAGER))
    assert stack.name == "monitoring.test"
    assert stack.prometheus.scrape_interval == "30s"
    assert stack.alertmanager
    assert [receiver.name for receiver in stack.alertmanager.receivers] == ["none", "hook"]
    assert stack.rules[0].path == "a.yml"
    assert stack.rules[0].rules[0].for_seconds == 60
    assert stack.grafana is None


def test_tree_holds_receivers_and_rules() -> None:
    everything = loaded(alertmanager=ALERTMANAGER)
    stack = stack_of(GIVEN, everything)
    tree = tree_of(stack, everything)
    assert [(each.name, each.kinds) for each in rendered_receivers(stack, tree)] == [
        ("none", ()),
        ("hook", ("webhook", "webhook")),
    ]
    ((rule,),) = written_rules(tree).values()
    assert (rule.name, rule.interval) == ("Down", 90.0)


def test_rule_files_of_one_name_keep_their_folders() -> None:
    assert file_names(["/a/x.yml", "/b/x.yml", "/a/y.yml"]) == {
        "/a/x.yml": "/a/x.yml",
        "/b/x.yml": "/b/x.yml",
        "/a/y.yml": "y.yml",
    }


PROXY = "/api/v1/namespaces/shop/services/prometheus-operated:9090/proxy"


@pytest.mark.parametrize(
    ("url", "shared"),
    [
        ("http://127.0.0.1:9090", True),
        ("http://prometheus:9090", False),
        (f"http://127.0.0.1:8001{PROXY}", False),
        ("http://127.0.0.1:9090/proxy", True),
    ],
)
def test_this_machine_answers_for_a_prometheus_at_loopback_only(url: str, shared: bool) -> None:
    assert facts_of(Access(url)).shares_network is shared


def test_nothing_is_known_of_where_they_run() -> None:
    place = Elsewhere()
    with pytest.raises(OSError, match="nothing is known"):
        place.dial("a", 1, 1.0)
    with pytest.raises(StackctlError):
        place.logs(["prometheus"])


def test_loopback_of_another_machine_is_not_dialled() -> None:
    @contextmanager
    def refuse(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
        yield

    dial = beyond_loopback(refuse)
    with pytest.raises(ConnectionRefusedError), dial("10.0.0.1", 1, 1.0):
        pass
    with pytest.raises(OSError, match="another machine"):
        dial("localhost", 1, 1.0)


@pytest.mark.parametrize("url", [f"https://10.0.0.1:6443{PROXY}", f"http://127.0.0.1:8001/k8s/clusters/a{PROXY}/"])
def test_addresses_inside_of_a_cluster_are_not_dialled(url: str) -> None:
    @contextmanager
    def connected(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
        with socket.socket() as connection:
            yield connection

    with pytest.raises(OSError, match="inside of a cluster"):
        dial_for(Access(url), connected)("10.244.0.3", 9093, 1.0)
    with dial_for(Access("http://10.0.0.1:9090"), connected)("10.244.0.3", 9093, 1.0):
        pass
    with pytest.raises(OSError, match="another machine"):
        dial_for(Access("http://10.0.0.1:9090"), connected)("localhost", 9093, 1.0)

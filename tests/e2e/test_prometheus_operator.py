"""What a real Prometheus Operator makes of an export means what the manifest means in Docker.

The operator writes the configuration; a real Prometheus loads it, and finds its targets through the API server. Another
one loads what is rendered for Docker. Both are asked what they have loaded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from stackctl import conventions as c
from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.networkpolicy import operated
from stackctl.export.kubernetes.server_pod import is_of_nodes
from stackctl.export.kubernetes.targets import pods
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.render import render
from stackctl.render.write import write
from stackctl.runtimes.docker.facts import FACTS
from stackctl.scrape import jobs
from stackctl.source import Secret
from stackctl.tools import require
from stackctl.wait import wait_until
from tests.answers import is_ready
from tests.e2e.api_server import ApiServer, api_server, running
from tests.e2e.examples import EXAMPLES
from tests.e2e.prometheus_operator import complaints, configuration, operator, pretend_pods, reconciled
from tests.e2e.prometheus_operator import rule_files as operated_rule_files
from tests.golden.cases import stack_of
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes]

IMAGE = "prom/prometheus:v3.5.0"
# In place of a secret, in what Prometheus answers.
HIDDEN = "<secret>"
PASSWORD = Secret("s3cret-of-grafana")
START_SECONDS = 60
TARGET_SECONDS = 15
# What says where targets are, which differs; where they end up, their labels and URLs say.
_PLACES = ("job_name", "static_configs", "relabel_configs")
# From the path of an object and its content to other content.
Change: TypeAlias = Callable[[str, bytes], bytes]
CASES = [*sorted(path.parent.name for path in EXAMPLES.glob("*/stack.yml")), "full", "custom", "secrets"]


@dataclass(frozen=True)
class Running:
    """The API server, with the operator at work, and the file by which others ask it."""

    server: ApiServer
    kubeconfig: Path
    log: Path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("operator")
    with api_server(folder) as server, operator(server, folder) as kubeconfig:
        yield Running(server, kubeconfig, folder / "operator.log")


@dataclass(frozen=True)
class Loaded:
    """What a Prometheus has loaded from a file."""

    url: str
    file: Path

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.url}/api/v1/{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()["data"]

    @property
    def config(self) -> dict[str, Any]:
        """Return all that it has loaded, with the secrets that it does not show."""
        loaded = yaml.safe_load(self.get("status/config")["yaml"])
        config: dict[str, Any] = _revealed(loaded, yaml.safe_load(self.file.read_text()))
        return config

    @property
    def blocks(self) -> dict[str, dict[str, Any]]:
        """Job, as its series have it -> its scrape_config."""
        return {_job(block): block for block in self.config.get("scrape_configs") or ()}

    @property
    def targets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("targets?state=active")["activeTargets"]
        return found

    @property
    def rules(self) -> list[str]:
        """All groups with their rules, without what changes while they are evaluated."""
        kept = ("name", "query", "type", "duration", "keepFiringFor", "labels", "annotations")
        return sorted(
            json.dumps(
                [
                    group["name"],
                    group["interval"],
                    group.get("limit"),
                    [{key: each.get(key) for key in kept} for each in group["rules"]],
                ],
                sort_keys=True,
            )
            for group in self.get("rules")["groups"]
        )


def _revealed(loaded: Any, written: Any) -> Any:
    """A configuration with the contents of its secrets, wherever they are written."""
    if isinstance(loaded, dict):
        pairs = {key: _revealed(each, (written or {}).get(key)) for key, each in loaded.items()}
        return dict(_read(key, each) for key, each in pairs.items())
    if isinstance(loaded, list):
        return [_revealed(each, other) for each, other in zip(loaded, written or loaded, strict=True)]
    return written if loaded == HIDDEN else loaded


def _read(key: str, value: Any) -> tuple[str, Any]:
    is_file = key.endswith("_file") and isinstance(value, str)
    return (key.removesuffix("_file"), Path(value).read_text()) if is_file else (key, value)


def _job(block: Mapping[str, Any]) -> str:
    """The job that relabelling gives to the targets of a scrape_config."""
    steps = block.get("relabel_configs") or ()
    given = [
        each["replacement"] for each in steps if each.get("target_label") == "job" and not each.get("source_labels")
    ]
    return str(given[-1] if given else block["job_name"])


@contextmanager
def prometheus(folder: Path, config: Path) -> Iterator[Loaded]:
    """A real Prometheus with a configuration: that of the machine, of the version of IMAGE."""
    program = require("prometheus").path
    port, log = free_port(), folder / "prometheus.log"
    flags = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--scrape.discovery-reload-interval=100ms",
        "--storage.remote.flush-deadline=100ms",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(log, program, *flags) as process:
        wait_until(
            lambda: is_ready(f"{url}/-/ready") or process.poll() is not None, bool, START_SECONDS, what="Prometheus"
        )
        assert process.poll() is None, log.read_text()[-2000:]
        yield Loaded(url, config)


def unchanged(_: str, content: bytes) -> bytes:
    """The object in a file as it is exported."""
    return content


def manifest(case: str) -> Stack:
    path = EXAMPLES / case / "stack.yml"
    return load(path, {}) if path.is_file() else stack_of(case)


@contextmanager
def both(
    cluster: Running, case: str, folder: Path, changed: Change = unchanged
) -> Iterator[tuple[Stack, Loaded, Loaded]]:
    """A Prometheus with what is rendered for Docker, and one with what the operator made."""
    stack = manifest(case)
    # What `extra` says is reported as left out; newer versions have settings that the machine's may not have.
    stack = replace(stack, prometheus=replace(stack.prometheus, extra={}, image=IMAGE))
    docker, in_cluster = folder / "docker", folder / "cluster"
    docker.mkdir()
    in_cluster.mkdir()
    write(render(stack, c.DOCKER, {c.GRAFANA_ADMIN_PASSWORD: PASSWORD}), docker / "tree")
    config = operated_config(cluster, stack, in_cluster, changed)
    with prometheus(docker, docker / "tree" / c.PROMETHEUS_FILE) as ours, prometheus(in_cluster, config) as theirs:
        yield stack, ours, theirs


def operated_config(cluster: Running, stack: Stack, folder: Path, changed: Change = unchanged) -> Path:
    """Apply the export of a stack; write the files of the operator's Prometheus as they are in its pod."""
    server, namespace = cluster.server, f"stack-{free_port()}"
    server.make_namespace(namespace, is_restricted=False)
    tree = export_kubernetes(stack, Cluster(namespace, has_servers=False, grafana_password=PASSWORD))
    paths = [path for path in tree.files if path.endswith(".yaml") and not path.startswith("patches")]
    things = [tree.yaml(path) for path in paths if path != "kustomization.yaml"]
    for path in paths:
        if path != "kustomization.yaml":
            assert server.apply(changed(path, tree.files[path].content), namespace).refusal == ""
    (name,) = (each["metadata"]["name"] for each in things if each["kind"] == "Prometheus")
    config = reconciled(server, namespace, name, things)
    assert complaints(server, namespace) == []
    pretend_pods(server, namespace, things)
    rules = folder / "rules"
    rules.mkdir()
    for key, text in operated_rule_files(server, namespace, name).items():
        (rules / key).write_text(text)
    if config.get("rule_files"):
        config["rule_files"] = [f"{rules}/*.yaml"]
    for block in kubernetes_blocks(config):
        block["kubeconfig_file"] = str(cluster.kubeconfig)
    # The number of the shard, which the second container of the pod writes.
    text = yaml.safe_dump(config, sort_keys=False).replace("$(SHARD)", "0")
    (folder / "prometheus.yml").write_text(text)
    return folder / "prometheus.yml"


def kubernetes_blocks(value: Any) -> Iterator[dict[str, Any]]:
    """Every discovery in a cluster, which is the Prometheus' own."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key == "kubernetes_sd_configs":
            yield from each
        else:
            yield from kubernetes_blocks(each)


def settings(loaded: Loaded) -> str:
    """All that a configuration says but for where targets and Alertmanagers are, a line each."""
    config = loaded.config
    scrapes = {job: _without_places(block) for job, block in loaded.blocks.items()}
    alerting = [_without_places(block) for block in (config.get("alerting") or {}).get("alertmanagers") or ()]
    rest = {key: value for key, value in config.items() if key not in ("rule_files", "alerting", "scrape_configs")}
    text: str = yaml.safe_dump({**rest, "alertmanagers": alerting, "scrapes": scrapes})
    return text.replace(c.HOST_FROM_CONTAINER, "localhost")


def differences(ours: str, theirs: str) -> list[str]:
    """The lines that differ, with some around them to find them by."""
    return [*unified_diff(ours.splitlines(), theirs.splitlines(), "docker", "operator", lineterm="", n=3)]


def _without_places(block: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in block.items() if key not in _PLACES and not key.endswith("_sd_configs")}
    if block.get("metrics_path") == "/probe":  # its target is a parameter
        kept["params"] = {key: value for key, value in kept["params"].items() if key != "target"}
    return {key: value for key, value in kept.items() if (key, value) != ("path_prefix", "/")}


def targets(loaded: Loaded, stack: Stack) -> list[str]:
    """The targets of all jobs whose targets are known: labels, path and parameters, interval and timeout.

    The `instance` of pods is the address of the pod, or the name of its node.
    """
    found, apart = set(), jobs_of_addresses(stack)
    for target in loaded.targets:
        labels = dict(target["labels"])
        if labels["job"] in apart:
            continue
        if labels["job"] in moving_jobs(stack):
            labels.pop("instance")
        url = urlsplit(target["scrapeUrl"])
        asked = [url.scheme, url.path, url.query.replace(c.HOST_FROM_CONTAINER, "localhost")]
        found.add(json.dumps([labels, asked, target["scrapeInterval"], target["scrapeTimeout"]], sort_keys=True))
    return sorted(found)


def jobs_of_addresses(stack: Stack) -> set[str]:
    """The jobs whose targets differ by their addresses, which are others in a cluster."""
    return {service.name for service in stack.services if len(service.targets) > 1 or service.relabel_origins}


def jobs_of(loaded: Loaded) -> set[str]:
    """The jobs that have targets."""
    return {target["labels"]["job"] for target in loaded.targets}


def moving_jobs(stack: Stack) -> set[str]:
    """The jobs whose targets are pods of which there may be several."""
    services = {service.name for service in stack.services if pods(service)}
    return services | {each.job for each in stack.exporters if is_of_nodes(each)}


def disagreements(stack: Stack, ours: Loaded, theirs: Loaded) -> list[str]:
    """All in which two Prometheus differ, once both have found the targets of all jobs."""
    known = {job.name for job in jobs(stack, FACTS) if not job.discovered}
    for loaded in (ours, theirs):
        wait_until(partial(_missing, known, loaded), lambda missing: not missing, TARGET_SECONDS, what="all jobs")
    return [
        *differences(settings(ours), settings(theirs)),
        *differences("\n".join(ours.rules), "\n".join(theirs.rules)),
        *differences("\n".join(targets(ours, stack)), "\n".join(targets(theirs, stack))),
    ]


def _missing(known: set[str], loaded: Loaded) -> set[str]:
    return known - jobs_of(loaded)


@pytest.mark.parametrize("case", CASES)
def test_operated_prometheus_means_the_same_as_in_docker(cluster: Running, tmp_path: Path, case: str) -> None:
    with both(cluster, case, tmp_path) as (stack, ours, theirs):
        found = disagreements(stack, ours, theirs)
        assert not found, "\n".join(found)


# Mutant of an object: without a difference for each, all of the above says nothing.
MUTANTS = {
    "interval": ("shop-servicemonitor.yaml", "interval: 5s", "interval: 6s", "scrape_interval: 6s"),
    "labels": ("shop-servicemonitor.yaml", "namespace|service|", "namespace|", '"service": "shop"'),
    "instance": ("servers/prometheus-servicemonitor.yaml", "prometheus:9090", "prometheus:9091", "prometheus:9091"),
    "rule": ("rules-shop.yaml", "for: 30s", "for: 31s", '"duration": 31'),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_object_makes_a_difference(cluster: Running, tmp_path: Path, mutant: str) -> None:
    path, before, after, shown = MUTANTS[mutant]

    def changed(name: str, content: bytes) -> bytes:
        if name != path:
            return content
        assert before.encode() in content
        return content.replace(before.encode(), after.encode(), 1)

    with both(cluster, "quickstart", tmp_path, changed) as (stack, ours, theirs):
        assert any(line.startswith("+") and shown in line for line in disagreements(stack, ours, theirs))


def test_operator_makes_the_servers(cluster: Running, tmp_path: Path) -> None:
    stack = manifest("quickstart")
    namespace = operated_config(cluster, stack, tmp_path).read_text().split("serviceMonitor/")[1].split("/")[0]
    server = cluster.server

    def sets() -> dict[str, Any]:
        items = server.get(f"/apis/apps/v1/namespaces/{namespace}/statefulsets")["items"]
        return {each["metadata"]["name"]: each["spec"] for each in items}

    names = {"prometheus-quickstart", "alertmanager-quickstart"}
    made = wait_until(sets, lambda found: found.keys() == names, START_SECONDS, what="the StatefulSets")
    for name, product in (("prometheus-quickstart", c.PROMETHEUS), ("alertmanager-quickstart", c.ALERTMANAGER)):
        labels = made[name]["template"]["metadata"]["labels"]
        assert operated(product, "quickstart").items() <= labels.items()  # by which NetworkPolicies select
        assert labels["app.kubernetes.io/part-of"] == "quickstart"
    secret = "alertmanager-quickstart-generated"
    config = wait_until(
        lambda: configuration(server, namespace, secret, "alertmanager.yaml.gz"), bool, START_SECONDS, what=secret
    )
    tree = export_kubernetes(stack, Cluster(namespace, has_servers=False, grafana_password=PASSWORD))
    written = yaml.safe_load(tree.yaml("secrets/alertmanager_config.yaml")["stringData"]["alertmanager.yaml"])
    assert config["route"] == written["route"]
    assert config["receivers"] == written["receivers"]

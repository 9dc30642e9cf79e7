"""What `export kubernetes` writes is accepted by a real API server with the Prometheus Operator's definitions."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl import redaction
from stackctl.conventions import GRAFANA_ADMIN_PASSWORD, MANIFEST, NATIVE, PROMETHEUS_FILE
from stackctl.errors import InputError
from stackctl.export.kubernetes import PATCHES, Cluster, export_kubernetes
from stackctl.export.kubernetes.kustomization import FILE as KUSTOMIZATION
from stackctl.export.kubernetes.pods import SECURITY_CONTEXT
from stackctl.manifest import load, read
from stackctl.model import Stack
from stackctl.render import render
from stackctl.render.write import write
from stackctl.source import Secret
from stackctl.tools import require
from tests.e2e.api_server import ApiServer, api_server
from tests.e2e.examples import EXAMPLES
from tests.e2e.real_stack import stackctl
from tests.fuzz.manifests import text, write_files
from tests.golden.cases import MANIFESTS, stack_of
from tests.ports import free_port
from tests.servers import kubernetes

SERVERS = Cluster(has_servers=False, grafana_password=Secret("s3cret-of-grafana"))
# All that a pod which reads its node may be too free for: the folders, and for two of them the user.
OF_NODES = re.compile(
    r'"would violate PodSecurity \\"restricted:latest\\": restricted volume types \([^)]*hostPath\\"\)'
    r'(, runAsNonRoot != true \([^)]*\), runAsUser=0 \([^)]*\))?"'
)
# Generated manifests, and the share of them that has to be accepted, or they say little.
GENERATED, FEWEST = 100, 0.4
# A Deployment of a user's, as restricted as Kubernetes can ask for.
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  selector: {matchLabels: {run: shop}}
  template:
    metadata: {labels: {run: shop}}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: shop
          image: example/shop:1
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with api_server(tmp_path_factory.mktemp("kubernetes")) as running:
        yield running


@pytest.fixture
def namespace(server: ApiServer) -> str:
    name = f"stack-{free_port()}"
    server.make_namespace(name)
    return name


def exported(stack: Stack, namespace: str, folder: Path) -> Path:
    cluster = replace(SERVERS, namespace=namespace, labels={"release": "prometheus"})
    write(export_kubernetes(stack, cluster), folder)
    return folder


def objects_in(folder: Path) -> dict[str, bytes]:
    """The objects that a user applies: the secrets as they are, all others as kustomize builds them."""
    secrets = {path.name: path.read_bytes() for path in folder.glob("secrets/*.yaml")}
    return secrets | {str(number): content for number, content in enumerate(built(folder))}


def built(folder: Path) -> list[bytes]:
    """The objects of a kustomization."""
    command = [str(kubernetes.folder() / "kustomize"), "build", str(folder)]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return [document for document in ran.stdout.split(b"\n---\n") if document.strip()]


def problems(
    server: ApiServer, objects: Mapping[str, bytes], namespace: str, *, dry_run: bool = False
) -> dict[str, tuple[str, ...]]:
    """What the API server says against each object."""
    answers = {name: server.apply(content, namespace, dry_run=dry_run).problems for name, content in objects.items()}
    return {name: said for name, said in answers.items() if beyond_nodes(objects[name], said)}


def beyond_nodes(content: bytes, said: tuple[str, ...]) -> list[str]:
    """What is said against an object, but for what Pod Security says of every pod that reads its node."""
    if yaml.safe_load(content)["kind"] != "DaemonSet":
        return [*said]
    return [each for each in said if not OF_NODES.fullmatch(each)]


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/stack.yml")))
def test_every_object_of_an_example_is_accepted(
    server: ApiServer, namespace: str, tmp_path: Path, example: str
) -> None:
    folder, manifest = tmp_path / "out", EXAMPLES / example / "stack.yml"
    options = ["--out", str(folder), "--namespace", namespace, "--label", "release=prometheus", "--servers"]
    done = stackctl("-f", str(manifest), "export", "kubernetes", *options)
    assert done.returncode == 0, done.stderr
    assert problems(server, objects_in(folder), namespace) == {}


@pytest.mark.parametrize("case", sorted(path.parent.name for path in MANIFESTS.glob("*/stack.yml")))
def test_every_object_of_a_rendered_manifest_is_accepted(
    server: ApiServer, namespace: str, tmp_path: Path, case: str
) -> None:
    folder = exported(stack_of(case), namespace, tmp_path / "out")
    assert problems(server, objects_in(folder), namespace) == {}


def test_every_object_of_a_view_of_all_replicas_is_accepted(server: ApiServer, namespace: str, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text(
        "version: 1\nname: shop\nruntime: kubernetes\nkubernetes: {context: a, namespace: b}\n"
        "prometheus: {replicas: 2}\nthanos: {replicas: 2}\ngrafana: {}\nservices: {api: {targets: ['api:8000']}}\n"
    )
    objects = objects_in(exported(load(tmp_path / MANIFEST), namespace, tmp_path / "out"))
    assert sum(b"thanos" in each for each in objects.values()) > 5
    assert problems(server, objects, namespace) == {}


def test_every_object_of_generated_manifests_is_accepted(
    server: ApiServer, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promtool = require("promtool").path
    monkeypatch.setenv("SET", "value")
    write_files(tmp_path)
    accepted, wrong = 0, []
    for number in range(GENERATED):
        redaction.forget()
        (tmp_path / MANIFEST).write_text(text(number))
        reading = read(tmp_path / MANIFEST, os.environ)
        stack = reading.stack
        if stack is None or reading.problems:
            continue
        try:
            objects = plain_objects(stack)
        except InputError:
            continue
        found = problems(server, objects, namespace, dry_run=True)
        if found and is_rendered_valid(stack, promtool, tmp_path / f"tree-{number}"):
            wrong.append(f"manifest {number}: {found}")
        accepted += not found
    assert wrong == []
    assert accepted >= FEWEST * GENERATED


def plain_objects(stack: Stack) -> dict[str, bytes]:
    """The objects of the export as they are in its files."""
    files = {path: file.content for path, file in export_kubernetes(stack, SERVERS) if path.endswith(".yaml")}
    return {path: content for path, content in files.items() if path != KUSTOMIZATION and not path.startswith(PATCHES)}


def is_rendered_valid(stack: Stack, promtool: Path, folder: Path) -> bool:
    """Return whether Prometheus itself accepts the stack: what it refuses, the API server may."""
    write(render(stack, NATIVE, {GRAFANA_ADMIN_PASSWORD: Secret("only-checked")}), folder)
    command = [str(promtool), "check", "config", str(folder / PROMETHEUS_FILE)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_names_that_kubernetes_has_rules_for_are_accepted(server: ApiServer, namespace: str, tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        f"""version: 1
name: shop-_
services:
  3proxy: {{targets: ["a:1"]}}
  a_b: {{targets: ["a:1"], labels: {{"service.name": "$x"}}}}
  a-b: {{targets: ["b:1", "b:2"]}}
  {"x" * 63}: {{targets: ["10.0.0.1:1", "x:1"], basic_auth: {{username: a, password: s3cret-1}}}}
rules: [{{file: "Ä b.yml"}}, {{file: "a b.yml"}}]
"""
    )
    rules = "groups: [{name: G ü, labels: {n: 1}, rules: [{alert: A, expr: up == 0, for: 0, labels: {on: on, n: 1}}]}]"
    for name in ("Ä b.yml", "a b.yml"):
        (tmp_path / name).write_text(rules)
    folder = exported(load(tmp_path / "stack.yml", {}), namespace, tmp_path / "out")
    assert problems(server, objects_in(folder), namespace) == {}


def test_every_kind_of_object_is_made(tmp_path: Path) -> None:
    """Which of the kinds are accepted, the tests of whole manifests say."""
    found: set[str] = set()
    for case in ("full", "exporters"):
        folder = exported(stack_of(case), "shop", tmp_path / case)
        found |= {yaml.safe_load(each)["kind"] for each in objects_in(folder).values()}
    assert found == {
        *("Alertmanager", "ConfigMap", "DaemonSet", "Deployment", "NetworkPolicy", "PersistentVolumeClaim"),
        *("PodDisruptionBudget", "PodMonitor", "Probe", "Prometheus", "PrometheusRule", "Role", "RoleBinding"),
        *("ScrapeConfig", "Secret", "Service", "ServiceAccount", "ServiceMonitor"),
    }


def test_secrets_are_in_secrets_alone(tmp_path: Path) -> None:
    folder = exported(stack_of("full"), "shop", tmp_path / "out")
    holders = {path.parent.name for path in folder.rglob("*.yaml") if b"golden-" in path.read_bytes()}
    assert holders == {"secrets"}


def test_kustomization_has_all_objects_but_secrets(server: ApiServer, tmp_path: Path) -> None:
    folder = exported(stack_of("full"), "shop", tmp_path / "out")
    paths = [path for each in ("*.yaml", "servers/*.yaml", "containers/*.yaml") for path in folder.glob(each)]
    files = {path: yaml.safe_load(path.read_text()) for path in paths if path.name != KUSTOMIZATION}
    assert {named(yaml.safe_load(each)) for each in built(folder)} == {named(each) for each in files.values()}


def named(thing: Any) -> tuple[str, str]:
    return thing["kind"], thing["metadata"]["name"]


def test_patches_are_merged_into_deployments_of_a_user(server: ApiServer, namespace: str, tmp_path: Path) -> None:
    exported(load(EXAMPLES / "quickstart" / "stack.yml", {}), namespace, tmp_path / "stack")
    (tmp_path / "shop.yaml").write_text(DEPLOYMENT)
    (tmp_path / "kustomization.yaml").write_text(
        f"namespace: {namespace}\nresources: [shop.yaml, stack]\ncomponents: [stack/patches]\n"
    )
    objects = {named(yaml.safe_load(each)): each for each in built(tmp_path)}
    template = yaml.safe_load(objects["Deployment", "shop"])["spec"]["template"]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == "8000"
    assert template["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert problems(server, {name: content for (_, name), content in objects.items()}, namespace) == {}


def test_prometheus_may_find_targets_of_its_namespace_and_nothing_else(
    server: ApiServer, namespace: str, tmp_path: Path
) -> None:
    folder = exported(load(EXAMPLES / "quickstart" / "stack.yml", {}), namespace, tmp_path / "out")
    assert problems(server, objects_in(folder), namespace) == {}
    account = f"system:serviceaccount:{namespace}:quickstart"
    for path, allowed in {
        f"/api/v1/namespaces/{namespace}/pods": True,
        f"/api/v1/namespaces/{namespace}/services": True,
        f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices": True,
        f"/api/v1/namespaces/{namespace}/secrets": False,
        f"/api/v1/namespaces/{namespace}/configmaps": False,
        "/api/v1/namespaces/kube-system/pods": False,
        "/api/v1/nodes": False,
    }.items():
        assert server.may_read(account, path) is allowed, path


def test_pods_of_servers_are_restricted(server: ApiServer, namespace: str) -> None:
    """The operator adds the context of the containers; the one of the pods is ours."""
    container = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "server"},
        "spec": {
            "securityContext": SECURITY_CONTEXT,
            "containers": [{"name": "server", "image": "x:1", "securityContext": container}],
        },
    }
    assert server.apply(yaml.safe_dump(pod).encode(), namespace, dry_run=True).problems == ()
    pod["spec"]["securityContext"] = {}
    assert "violates PodSecurity" in server.apply(yaml.safe_dump(pod).encode(), namespace, dry_run=True).refusal


@pytest.mark.parametrize("case", ["alerts", "full", "secrets"])
def test_alertmanager_accepts_its_configuration(tmp_path: Path, case: str) -> None:
    tree = export_kubernetes(stack_of(case), SERVERS)
    for key, content in tree.yaml("secrets/alertmanager_config.yaml")["stringData"].items():
        (tmp_path / key).write_text(content.replace("/etc/alertmanager/config/", f"{tmp_path}/"))
    config = tmp_path / "alertmanager.yaml"
    ran = subprocess.run([str(require("amtool").path), "check-config", str(config)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    named = set(re.findall(rf"{tmp_path}/([\w.-]+)", config.read_text()))
    assert named == {path.name for path in tmp_path.iterdir()} - {config.name}


# Mutant of an object -> what the API server has to say: without that, all of the above says nothing.
MUTANTS = {
    "unknown field": ("interval:", "intervall:", "intervall: field not declared in schema"),
    "wrong type": ("port: http\n", "port: 80\n", "expected string"),
    "wrong value": ("interval: 5s", "interval: 5 s", "should match"),
    "bad name": ("name: shop\n", "name: Shop_\n", "Invalid value"),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_object_is_refused(server: ApiServer, namespace: str, mutant: str) -> None:
    before, after, reason = MUTANTS[mutant]
    whole = plain_objects(load(EXAMPLES / "quickstart" / "stack.yml", {}))["shop-servicemonitor.yaml"].decode()
    assert before in whole
    (said,) = server.apply(whole.replace(before, after).encode(), namespace).problems
    assert reason in said


def test_pods_that_are_not_restricted_are_reported(server: ApiServer, namespace: str) -> None:
    (said,) = server.apply(DEPLOYMENT.replace("runAsNonRoot: true", "runAsNonRoot: false").encode(), namespace).problems
    assert "would violate PodSecurity" in said


@pytest.mark.parametrize("change", [(False, True), (True, False)], ids=["first volume", "last volume"])
def test_container_that_gets_or_loses_its_volume_is_applied_again(
    server: ApiServer, namespace: str, tmp_path: Path, change: tuple[bool, bool]
) -> None:
    for has_volume in change:
        volume = ', volumes: ["data:/data"]' if has_volume else ""
        (tmp_path / "stack.yml").write_text(
            f'version: 1\nname: shop\ncontainers: {{store: {{image: "store:1"{volume}}}}}\n'
        )
        tree = export_kubernetes(load(tmp_path / "stack.yml", {}), replace(SERVERS, namespace=namespace))
        answer = server.apply(tree.files["containers/store-deployment.yaml"].content, namespace)
        assert answer.problems == ()
    kept = server.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/store")["spec"]["strategy"]["type"]
    assert kept == ("Recreate" if change[-1] else "RollingUpdate")

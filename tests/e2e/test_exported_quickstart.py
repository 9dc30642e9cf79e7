"""The exported quickstart runs in a cluster, as restricted as Pod Security asks for, and what breaks it is red."""

from __future__ import annotations

import base64
import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import prometheus_client
import pytest
import yaml

from stackctl.conventions import SIMULATE_IMAGE
from stackctl.wait import wait_until
from tests.e2e.examples import EXAMPLES
from tests.e2e.exported_stack import (
    CONTAINER,
    NO_IMAGE,
    PATIENCE_SECONDS,
    Content,
    Running,
    apply_all,
    export,
    read,
)
from tests.e2e.pods import apply, log_of, namespace, running_cluster, wait_for_pods

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long]


def quickstart(folder: Path) -> Path:
    """The quickstart's manifest, with a receiver that exists."""
    shutil.copytree(EXAMPLES / "quickstart", folder, dirs_exist_ok=True)
    path = folder / "stack.yml"
    text = path.read_text()
    assert "http://localhost:5001/alerts" in text
    receiver = yaml.safe_dump({"containers": {"receiver": CONTAINER}})
    path.write_text(f"{text.replace('http://localhost:5001/alerts', 'http://receiver:8000/')}\n{receiver}")
    return path


def application(folder: Path) -> list[Content]:
    """The objects that a user has already: the application, without what the export's patch adds to it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        package = Path(prometheus_client.__file__).parent
        for path in package.rglob("*.py"):
            archive.write(path, path.relative_to(package.parent))
    files = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "shop-program"},
        "data": {"app.py": (folder / "app.py").read_text()},
        "binaryData": {"packages.zip": base64.b64encode(packed.getvalue()).decode()},
    }
    container = {
        "name": "shop",
        "image": SIMULATE_IMAGE,
        "command": ["python3", "/program/app.py", "--listen", "0.0.0.0:8000", "--traffic", "8"],
        "env": [{"name": "PYTHONPATH", "value": "/program/packages.zip"}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
    }
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "program", "configMap": {"name": "shop-program"}}],
    }
    own = {"own": "shop"}
    spec = {"selector": {"matchLabels": own}, "template": {"metadata": {"labels": own}, "spec": pod}}
    return [files, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": spec}]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The quickstart with its application, whose Deployment the export's component patches."""
    folder = tmp_path_factory.mktemp("quickstart")
    manifest, server = quickstart(folder), running_cluster()
    with namespace(server) as name:
        export(manifest, name, folder / "k8s")
        (folder / "own.yaml").write_text(yaml.safe_dump_all(application(folder)))
        whole = {"namespace": name, "resources": ["own.yaml", "k8s"], "components": ["k8s/patches"]}
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(whole))
        apply_all(server, name, folder / "k8s", folder)
        wait_for_pods(server, name, "prometheus-", "alertmanager-", "shop-")
        yield Running(server, name, read(folder / "k8s"))


def test_quickstart_runs_under_restricted_pod_security_and_is_green(shop: Running) -> None:
    shop.is_red_for(set())
    assert {each["labels"]["job"] for each in shop.data("targets")["activeTargets"] if each["health"] == "up"} == {
        *("shop", "prometheus", "alertmanager", "grafana"),
    }
    rules = [each for group in shop.data("rules")["groups"] for each in group["rules"]]
    assert {each["health"] for each in rules} == {"ok"}
    # The Alertmanager behind the proxy is the one that Prometheus knows by the address of its pod.
    assert "Prometheus sends its alerts to it, at another address" in shop.verified()[1]


def test_right_to_the_proxy_is_enough_to_verify(shop: Running) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "verifier"}}
    rule = {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]}
    api = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "verifier"}}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "verifier"}
    who = [{"kind": "ServiceAccount", "name": "verifier", "namespace": shop.namespace}]
    binding = {**api, "kind": "RoleBinding", "roleRef": reference, "subjects": who}
    for thing in (account, {**api, "kind": "Role", "rules": [rule]}, binding):
        apply(shop.server, thing, shop.namespace)
    token = shop.server.token(shop.namespace, "verifier")
    shop.is_red_for(set())
    found, printed = shop.verified(STACKCTL_PROMETHEUS_TOKEN=token, STACKCTL_ALERTMANAGER_TOKEN=token)
    assert found == set(), printed


# Asks Grafana as a browser in the cluster would: the API server's proxy takes every login for its own.
VISITOR = """
import base64, json, os, sys, urllib.request

def asked(path, body=None):
    login = base64.b64encode(f"admin:{os.environ['PASSWORD']}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    data = body and json.dumps(body).encode()
    request = urllib.request.Request(f"http://quickstart-grafana:3000{path}", headers=headers, data=data)
    return json.load(urllib.request.urlopen(request, timeout=10))

(board,) = asked("/api/search")
(source,) = asked("/api/datasources")
query = {"refId": "A", "expr": 'up{job="shop"}', "datasource": {"uid": source["uid"]}}
shown = asked("/api/dashboards/uid/" + board["uid"])
answer = asked("/api/ds/query", {"queries": [query]})
(frame,) = answer["results"]["A"]["frames"]
print(json.dumps([board["title"], shown["meta"]["provisioned"], frame["data"]["values"][1]]))
"""


def test_quickstarts_grafana_reaches_prometheus_by_its_service(shop: Running) -> None:
    shop.is_red_for(set())  # there are samples
    password = {"secretKeyRef": {"name": "quickstart-grafana", "key": "admin_password"}}
    visitor = {
        "name": "visitor",
        "image": SIMULATE_IMAGE,
        "command": ["python3", "-c", VISITOR],
        "env": [{"name": "PASSWORD", "valueFrom": password}],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    user = {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"containers": [visitor], "securityContext": user, "restartPolicy": "Never"}
    apply(
        shop.server, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "visitor"}, "spec": spec}, shop.namespace
    )
    place = f"/api/v1/namespaces/{shop.namespace}/pods/visitor"
    wait_until(
        lambda: shop.server.get(place)["status"]["phase"],
        lambda phase: phase in ("Succeeded", "Failed"),
        PATIENCE_SECONDS,
        what="the answers",
    )
    assert log_of(shop.server, shop.namespace, "visitor") == '["Shop", true, ["1"]]\n'


JOBS = {f"target.up serviceMonitor/NS/{each}/0" for each in ("shop", "quickstart-grafana")}
JOBS |= {f"target.up serviceMonitor/NS/quickstart.{each}/0" for each in ("prometheus", "alertmanager")}
UNCONNECTED = "alertmanager.connected prometheus"


def test_servers_that_do_not_find_each_other_are_red(shop: Running) -> None:
    def wrong_port(thing: Content) -> None:
        thing["spec"]["alerting"]["alertmanagers"][0]["port"] = "nothing"

    shop.change("servers/prometheus.yaml", wrong_port)
    shop.is_red_for({UNCONNECTED})


def test_prometheus_without_rights_finds_no_targets(shop: Running) -> None:
    rights = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{shop.namespace}/rolebindings/quickstart"
    shop.server.delete(rights)
    shop.server.delete(f"/api/v1/namespaces/{shop.namespace}/pods/prometheus-quickstart-0")
    shop.is_red_for({UNCONNECTED, *JOBS})


def test_prometheus_whose_image_is_missing_is_one_failure(shop: Running) -> None:
    shop.change("servers/prometheus.yaml", lambda thing: thing["spec"].update(image=NO_IMAGE))
    shop.is_red_for({"component.ready prometheus"})

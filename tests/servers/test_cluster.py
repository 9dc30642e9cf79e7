"""The cluster runs pods as any other does: they have names, addresses, an account and logs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from stackctl.conventions import SIMULATE_IMAGE
from stackctl.wait import wait_until
from tests.e2e.api_server import ApiServer
from tests.e2e.pods import apply, log_of, namespace, running_cluster, wait_for_pods
from tests.servers import cluster

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes]

SECONDS = 30
RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 65534,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
# Asks the server by its Service, and the API server by the first of all, as its account.
CLIENT = """
import json, ssl, time, urllib.request
from pathlib import Path

def asked(url, **more):
    while True:
        try:
            return urllib.request.urlopen(url, timeout=2, **more).read().decode()
        except OSError:
            time.sleep(0.2)

place = Path("/var/run/secrets/kubernetes.io/serviceaccount")
trust = ssl.create_default_context(cafile=place / "ca.crt")
print(asked("http://server:8000/name"), flush=True)
me = urllib.request.Request(
    "https://kubernetes.default.svc/apis/authentication.k8s.io/v1/selfsubjectreviews",
    data=json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).encode(),
    headers={"Authorization": "Bearer " + (place / "token").read_text(), "Content-Type": "application/json"},
)
print(json.loads(asked(me, context=trust))["status"]["userInfo"]["username"], flush=True)
"""


@pytest.fixture(scope="module")
def server() -> ApiServer:
    return running_cluster()


def pod(name: str, *command: str) -> dict[str, Any]:
    container = {"name": "main", "image": SIMULATE_IMAGE, "command": command, "securityContext": RESTRICTED}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }


def test_pods_reach_services_by_name_and_the_api_server_as_their_account(server: ApiServer) -> None:
    with namespace(server) as name:
        service = {"selector": {"app": "server"}, "ports": [{"port": 8000}]}
        apply(server, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server"}, "spec": service}, name)
        serving = "import http.server, os; open('/tmp/name', 'w').write('hello'); os.chdir('/tmp'); "
        serving += "http.server.test(http.server.SimpleHTTPRequestHandler, port=8000, bind='0.0.0.0')"
        apply(server, pod("server", "python3", "-c", serving), name)
        apply(server, pod("client", "python3", "-c", f"{CLIENT}\ntime.sleep(1000)"), name)
        wait_for_pods(server, name, "server", "client")
        account = f"system:serviceaccount:{name}:default"
        said = wait_until(lambda: log_of(server, name, "client"), lambda text: account in text, SECONDS)
        assert said.split() == ["hello", account]
        through = f"/api/v1/namespaces/{name}/services/server:8000/proxy/name"
        assert server.text(through) == "hello"


def test_second_start_keeps_what_runs(server: ApiServer) -> None:
    before = (cluster.folder() / "pid").read_text()
    subprocess.run([sys.executable, "-m", "tests.servers.cluster", "up"], check=True, timeout=SECONDS)
    assert (cluster.folder() / "pid").read_text() == before
    assert server.is_ready()


def test_memory_of_all_pods_is_bounded(server: ApiServer) -> None:
    with namespace(server) as name:
        apply(server, pod("client", "python3", "-c", "import time; time.sleep(1000)"), name)
        wait_for_pods(server, name, "client")
        (found,) = server.get(f"/api/v1/namespaces/{name}/pods")["items"]
        uid = found["metadata"]["uid"]
        top = cluster.CGROUPS / "memory" / cluster.CGROUP
        assert list(top.glob(f"kubepods/*/pod{uid}"))
        assert int((top / "memory.limit_in_bytes").read_text()) == cluster.MEMORY_BYTES

"""Two replicas of Prometheus and Alertmanager in a real cluster: each is proven, an alert is notified once, and Thanos
Query is the one view of both Prometheuses, which Grafana asks."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import psutil
import pytest

from stackctl.wait import wait_until
from tests.e2e.exported_stack import Content
from tests.e2e.real_stack import cannot_run
from tests.e2e.test_cluster import DEPLOYMENTS, Shop, small_shop
from tests.servers import thanos

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(600)]

PATIENCE_SECONDS = 60
ALERTMANAGERS = ("alertmanager-shop-0", "alertmanager-shop-1")
PROMETHEUSES = ("prometheus-shop-0", "prometheus-shop-1")
QUERY = "shop-thanos-query"
DEPLOYMENT = f"Deployment {QUERY}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not thanos.program().is_file():
        cannot_run("no Thanos: run tests/servers/up")
    folder = tmp_path_factory.mktemp("shop")
    panel = {"type": "timeseries", "title": "Up", "targets": [{"expr": "up"}]}
    (folder / "shop.json").write_text(json.dumps({"title": "Shop", "uid": "shop", "panels": [panel]}))
    with small_shop(folder, with_replicas) as made:
        yield made


def with_replicas(manifest: Content) -> None:
    manifest["prometheus"]["replicas"] = manifest["alertmanager"]["replicas"] = 2
    manifest["alertmanager"]["route"] = {"receiver": "team", "group_wait": "1s", "group_by": ["alertname"]}
    gone = {"alert": "Gone", "expr": 'absent(up{job="good"})', "annotations": {"summary": "gone"}}
    quiet = {"alert": "Slow", "expr": "vector(0) > 1", "annotations": {"summary": "slow"}}
    manifest["rules"][0]["rules"] += [gone, quiet]
    manifest |= {"thanos": {}, "grafana": {}, "dashboards": [{"file": "shop.json"}]}


def notified(shop: Shop, alert: str) -> int:
    """How many notifications of an alert that fires the receiver has got."""
    lines = [line for line in shop.run("logs", "receiver").stdout.splitlines() if '"alerts"' in line]
    messages = [json.loads(line[line.index("{") :]) for line in lines]
    return sum((each["groupLabels"].get("alertname"), each["status"]) == (alert, "firing") for each in messages)


def peers(shop: Shop, pod: str) -> int:
    place = f"/api/v1/namespaces/{shop.namespace}/pods/{pod}:9093/proxy/api/v2/status"
    return len(shop.server.get(place)["cluster"].get("peers") or ()) if not shop.pods().get(pod, "absent") else 0


def kill(shop: Shop, pod: str) -> None:
    shop.server.delete(f"{shop.place(f'pods/{pod}')}?gracePeriodSeconds=0")


def test_every_replica_is_proven(shop: Shop) -> None:
    shop.is_red_for()
    printed = json.loads(shop.run("verify", "--output=json").stdout)["diagnostics"]
    passed = {(each["code"], each["subject"]) for each in printed if each["status"] == "pass"}
    assert passed >= {("cluster.replica", each) for each in (*ALERTMANAGERS, *PROMETHEUSES)}
    assert passed >= {("cluster.view", each) for each in (QUERY, *PROMETHEUSES)} | {("panel.data", "shop.json/Up")}
    assert [each["subject"] for each in printed if each["status"] == "fail"] == []


def test_alert_is_notified_once_while_an_alertmanager_is_lost(shop: Shop) -> None:
    assert notified(shop, "Watchdog") == 1
    kill(shop, ALERTMANAGERS[0])
    shop.edit(f"{DEPLOYMENTS}/good", lambda thing: thing["spec"].update(replicas=0))
    wait_until(lambda: notified(shop, "Gone"), bool, PATIENCE_SECONDS, what="the notification")
    shop.edit(f"{DEPLOYMENTS}/good", lambda thing: thing["spec"].update(replicas=1))
    wait_until(lambda: [peers(shop, each) for each in ALERTMANAGERS], lambda found: found == [2, 2],
               PATIENCE_SECONDS, what="the pod to join again")  # fmt: skip
    shop.is_red_for()
    assert (notified(shop, "Gone"), notified(shop, "Watchdog")) == (1, 1)


def test_drill_follows_an_alert_through_every_replica(shop: Shop) -> None:
    ran = shop.run("drill", "Slow", "--output=json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (found,) = json.loads(ran.stdout)["diagnostics"]
    assert found["status"] == "pass"
    assert "at team/webhook after" in found["summary"]


def test_alertmanagers_that_do_not_reach_each_other_are_red(shop: Shop) -> None:
    with unreachable(shop, "alertmanager", *ALERTMANAGERS):
        shop.is_red_for(*(f"cluster.replica {each}" for each in ALERTMANAGERS))
    shop.is_red_for()


def test_replica_that_query_does_not_reach_is_red(shop: Shop) -> None:
    """As a network does it that lets no gRPC through, and then a sidecar that hangs."""
    with unreachable(shop, "query", query_pod(shop), PROMETHEUSES[1]):
        shop.is_red_for(f"cluster.view {PROMETHEUSES[1]}")
        with stopped(shop, "sidecar", PROMETHEUSES[0]):
            shop.is_red_for(*(f"cluster.view {each}" for each in PROMETHEUSES))
    shop.is_red_for()


def test_query_that_hangs_is_one_failure(shop: Shop) -> None:
    with stopped(shop, "query", query_pod(shop)):
        shop.is_red_for(f"cluster.workload {DEPLOYMENT}")
        ran = shop.run("verify", "--only=panel", "--timeout=20s")
        assert (ran.returncode, f"cluster.workload  {DEPLOYMENT}" in ran.stdout) == (1, True), ran.stdout
    shop.is_red_for()


def test_replica_and_query_may_start_again(shop: Shop) -> None:
    kill(shop, PROMETHEUSES[1])
    kill(shop, query_pod(shop))
    shop.is_red_for()


def test_what_is_changed_on_the_way_to_the_replicas_is_red_and_up_repairs_it(shop: Shop) -> None:
    shop.edit("services/shop-thanos-sidecars", lambda thing: thing["spec"].update(selector={"app": "nobody"}))
    shop.edit(POLICY, lambda thing: thing["spec"]["ingress"].pop())
    shop.is_red_for(
        "cluster.object Service shop-thanos-sidecars",
        "cluster.object NetworkPolicy shop.prometheus",
    )
    assert shop.up().returncode == 0
    one = f"--endpoint={address(shop, PROMETHEUSES[0])}:10901"
    shop.edit(f"{DEPLOYMENTS}/{QUERY}", lambda thing: with_endpoint(thing, one))
    shop.is_red_for(f"cluster.object {DEPLOYMENT}")


def test_grafana_that_asks_one_replica_is_red(shop: Shop) -> None:
    several = deepcopy(shop.manifest)
    several["thanos"] = {"replicas": 2}
    shop.write(several)
    assert shop.up().returncode == 0
    shop.is_red_for()
    shop.edit("secrets/shop-grafana", asking_one)
    (before,) = grafana_pods(shop)
    kill(shop, before)
    wait_until(lambda: grafana_pods(shop), lambda found: before not in found and [*found.values()] == [""],
               PATIENCE_SECONDS, what="Grafana to read its Secret again")  # fmt: skip
    assert shop.up().returncode == 0
    shop.is_red_for("grafana.datasource grafana")


POLICY = "networking.k8s.io/v1/networkpolicies/shop.prometheus"


def with_endpoint(deployment: Content, endpoint: str) -> None:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["args"] = [endpoint if each.startswith("--endpoint=") else each for each in container["args"]]


def asking_one(secret: Content) -> None:
    text = base64.b64decode(secret["data"]["datasources.yml"]).decode()
    other = text.replace(f"http://{QUERY}:10902", "http://prometheus-operated:9090")
    assert other != text
    secret["data"]["datasources.yml"] = base64.b64encode(other.encode()).decode()


def grafana_pods(shop: Shop) -> dict[str, str]:
    return {pod: why for pod, why in shop.pods().items() if pod.startswith("shop-grafana-")}


def query_pod(shop: Shop) -> str:
    return next(each for each in shop.pods() if each.startswith(f"{QUERY}-"))


@contextmanager
def stopped(shop: Shop, program: str, pod: str) -> Iterator[None]:
    """Let a program in a pod answer nothing."""
    process = psutil.Process(process_at(program, address(shop, pod)))
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def unreachable(shop: Shop, program: str, pod: str, other: str) -> Iterator[None]:
    """Send what the program in `pod` has for the pod `other` nowhere."""
    route = ["ip", "route", "add", "blackhole", address(shop, other)]
    inside = ["nsenter", f"--net=/proc/{process_at(program, address(shop, pod))}/ns/net"]
    subprocess.run([*inside, *route], check=True)
    try:
        yield
    finally:
        subprocess.run([*inside, "ip", "route", "delete", "blackhole", route[-1]], check=True)


def address(shop: Shop, pod: str) -> str:
    return str(shop.server.get(shop.place(f"pods/{pod}"))["status"]["podIP"])


def process_at(program: str, address: str) -> int:
    """Return the Alertmanager, or the part of Thanos, that has this address of a pod."""
    running = [each.pid for each in psutil.process_iter(["cmdline"]) if is_of(program, each.info["cmdline"] or [])]
    shown = {pid: ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-oneline", "address"] for pid in running}
    found = {pid: subprocess.run(shown[pid], capture_output=True, text=True, check=False).stdout for pid in running}
    return next(pid for pid, text in found.items() if f" {address}/" in text)


def is_of(program: str, command: list[str]) -> bool:
    """Return whether a command is that of a program: its name, or that of its part."""
    return [part.rpartition("/")[2] for part in command[:2]][: 1 if program == "alertmanager" else 2] in (
        [program],
        ["thanos", program],
    )

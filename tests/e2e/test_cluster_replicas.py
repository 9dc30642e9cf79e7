"""Two replicas of Prometheus and Alertmanager in a real cluster: each is proven, and an alert is notified once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from stackctl.wait import wait_until
from tests.e2e.exported_stack import Content
from tests.e2e.test_cluster import DEPLOYMENTS, Shop, small_shop

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(600)]

PATIENCE_SECONDS = 60
ALERTMANAGERS = ("alertmanager-shop-0", "alertmanager-shop-1")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with small_shop(tmp_path_factory.mktemp("shop"), with_replicas) as made:
        yield made


def with_replicas(manifest: Content) -> None:
    manifest["prometheus"]["replicas"] = manifest["alertmanager"]["replicas"] = 2
    manifest["alertmanager"]["route"] = {"receiver": "team", "group_wait": "1s", "group_by": ["alertname"]}
    gone = {"alert": "Gone", "expr": 'absent(up{job="good"})', "annotations": {"summary": "gone"}}
    quiet = {"alert": "Slow", "expr": "vector(0) > 1", "annotations": {"summary": "slow"}}
    manifest["rules"][0]["rules"] += [gone, quiet]


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
    found = {each["subject"]: each["status"] for each in printed if each["code"] == "cluster.replica"}
    assert found == dict.fromkeys((*ALERTMANAGERS, "prometheus-shop-0", "prometheus-shop-1"), "pass")
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
    with unreachable(shop, *ALERTMANAGERS):
        shop.is_red_for(*(f"cluster.replica {each}" for each in ALERTMANAGERS))
    shop.is_red_for()


@contextmanager
def unreachable(shop: Shop, pod: str, other: str) -> Iterator[None]:
    """Send what the Alertmanager in `pod` has for that in `other` nowhere."""
    route = ["ip", "route", "add", "blackhole", address(shop, other)]
    inside = ["nsenter", f"--net=/proc/{process_at(address(shop, pod))}/ns/net"]
    subprocess.run([*inside, *route], check=True)
    try:
        yield
    finally:
        subprocess.run([*inside, "ip", "route", "delete", "blackhole", route[-1]], check=True)


def address(shop: Shop, pod: str) -> str:
    return str(shop.server.get(shop.place(f"pods/{pod}"))["status"]["podIP"])


def process_at(address: str) -> int:
    """Return an Alertmanager that has this address of a pod."""
    running = [each.pid for each in psutil.process_iter(["name"]) if each.info["name"] == "alertmanager"]
    shown = {pid: ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-oneline", "address"] for pid in running}
    found = {pid: subprocess.run(shown[pid], capture_output=True, text=True, check=False).stdout for pid in running}
    return next(pid for pid, text in found.items() if f" {address}/" in text)

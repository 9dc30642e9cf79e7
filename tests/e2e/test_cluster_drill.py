"""`drill` in a real cluster: alerts arrive at a sink in a pod, and nothing of it stays, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest

from stackctl.cluster.objects import DRILLED
from stackctl.wait import wait_until
from tests.e2e.exported_stack import Content
from tests.e2e.test_cluster import DEPLOYMENTS, RULES, Shop, small_shop
from tests.program import Program
from tests.servers import cluster

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(900)]

# Longer than a kubelet and the sidecar take for two files, and the sink's pod to start.
PATIENCE_SECONDS = 150
CHILD = Program("tests.faults.child", dict(os.environ))
# A drill of which nothing arrives, so that it goes on until it is ended.
ENDLESS = """\
import stackctl.drill.sink as sink, sys
from stackctl.cli.main import run
sink.Sink.seen = lambda self: sink.Arrivals({})
sys.argv = ["stackctl", "drill", "Slow", "--timeout", "500s"]
run()
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with small_shop(tmp_path_factory.mktemp("shop"), with_two_ways) as made:
        yield made


def with_two_ways(manifest: Content) -> None:
    receivers = manifest["alertmanager"]["receivers"]
    receivers["oncall"] = {
        "slack": {"api_url": "http://receiver:8000/slack", "channel": "#oncall"},
        "email": {"to": "a@shop.test", "from": "b@shop.test", "smarthost": "receiver:25", "hello": "shop.test"},
    }
    manifest["alertmanager"]["route"]["routes"] = [{"receiver": "oncall", "matchers": ['severity="ticket"']}]
    quiet = {"expr": "vector(0) > 1", "annotations": {"summary": "slow"}}
    manifest["rules"][0]["rules"] += [
        {"alert": "Slow", **quiet},
        {"alert": "Full", "labels": {"severity": "ticket"}, **quiet},
    ]


def drilled(shop: Shop, *arguments: str, code: int = 0) -> dict[str, Content]:
    """The findings of a drill, by their alerts."""
    ran = shop.run("drill", "--output=json", *arguments)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return {each["subject"].rpartition("/")[2]: each for each in json.loads(ran.stdout)["diagnostics"]}


def alerts_under_drill(shop: Shop) -> list[Any]:
    base = f"/api/v1/namespaces/{shop.namespace}/pods/alertmanager-shop-0:9093/proxy"
    found: list[Any] = shop.server.get(f"{base}/api/v2/alerts?filter=drill!%3D%22%22")
    return found


def made_by_drill(shop: Shop) -> list[str]:
    """The objects that a drill has made, and the pods of its sink."""
    kinds = ("configmaps", "services", "networking.k8s.io/v1/networkpolicies", DEPLOYMENTS, RULES)
    found = [each["metadata"] for kind in kinds for each in shop.found(f"{kind}/")["items"]]
    objects = [each["name"] for each in found if DRILLED in (each.get("labels") or {})]
    return [*objects, *(name for name in shop.pods() if "-drill-" in name)]


def left(shop: Shop) -> list[Any]:
    """What is left of a drill: alerts, rules, routes, objects, and what real receivers got."""
    base = f"/api/v1/namespaces/{shop.namespace}/pods"
    groups = shop.server.get(f"{base}/prometheus-shop-0:9090/proxy/api/v1/rules")["data"]["groups"]
    config = shop.server.get(f"{base}/alertmanager-shop-0:9093/proxy/api/v2/status")["config"]["original"]
    return [
        *alerts_under_drill(shop),
        *(each for each in groups if "drill" in each["file"]),
        *(["routes"] if "shop-drill-" in config else []),
        *made_by_drill(shop),
        *(["notified"] if '"drill"' in shop.run("logs", "receiver").stdout else []),
    ]


def test_every_alert_arrives_where_routes_send_it_and_notifies_nobody(shop: Shop) -> None:
    found = drilled(shop)
    assert {name: each["status"] for name, each in found.items()} == dict.fromkeys(("Watchdog", "Slow", "Full"), "pass")
    assert "at team/webhook after" in found["Slow"]["summary"]
    assert "at oncall/slack after" in found["Full"]["summary"]
    assert "at oncall/email after" in found["Full"]["summary"]
    assert left(shop) == []
    assert shop.run("reload", "--dry-run").stdout == "nothing to do\n"
    shop.is_red_for()


def test_verify_includes_the_drill_when_asked(shop: Shop) -> None:
    ran = shop.run("verify", "--drill", "--output=json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    codes = [each["code"] for each in json.loads(ran.stdout)["diagnostics"]]
    assert codes.count("drill.delivered") == 3
    assert left(shop) == []


def test_notification_that_does_not_arrive_is_red(shop: Shop) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(drilled, shop, "Slow", "--timeout=5s", code=1)
        name = wait_until(lambda: sinks(shop), bool, PATIENCE_SECONDS, what="the sink")[0]
        shop.edit(f"services/{name}", lambda thing: thing["spec"].update(selector={"app": "nobody"}))
        found = running.result()
    assert "did not arrive at team/webhook within 5 s" in found["Slow"]["summary"]
    assert left(shop) == []


def test_receiver_whose_message_is_empty_is_red(shop: Shop) -> None:
    changed = deepcopy(shop.manifest)
    nothing = "{{ .CommonAnnotations.nothing }}"
    changed["alertmanager"]["receivers"]["oncall"]["slack"] |= {"title": nothing, "text": nothing}
    shop.write(changed)
    ran = shop.run("reload")
    assert ran.returncode == 0, ran.stderr
    found = drilled(shop, "Full", "Slow", code=1)
    shop.write(shop.manifest)
    assert {name: each["status"] for name, each in found.items()} == {"Full": "fail", "Slow": "pass"}
    assert "oncall/slack, where the message is empty" in found["Full"]["summary"]
    assert shop.run("reload").returncode == 0


def sinks(shop: Shop) -> list[str]:
    names = [each["metadata"]["name"] for each in shop.found("services/")["items"]]
    return [name for name in names if name.startswith("shop-drill-")]


def test_stack_that_is_not_as_declared_is_not_drilled(shop: Shop) -> None:
    changed = deepcopy(shop.manifest)
    changed["rules"][0]["rules"][0]["expr"] += " + 1"
    shop.write(changed)
    ran = shop.run("drill")
    shop.write(shop.manifest)
    assert (ran.returncode, "the running stack differs from the manifest" in ran.stderr) == (1, True)
    assert left(shop) == []


# -- killed ---------------------------------------------------------------------------------------------------


def kill_while_firing(shop: Shop, number: signal.Signals) -> int:
    """End a drill by a signal while its alert fires."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], cwd=shop.folder, env=_environment(), stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: alerts_under_drill(shop), bool, PATIENCE_SECONDS, what="the drilled alert")
        process.send_signal(number)
        return process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait(10)


def kill_before_routes(shop: Shop, time: int) -> None:
    """Kill a drill before it changes the routes: the first time is a trial, and the third takes them out."""
    plan = f"SIGKILL:PATCH {shop.place('secrets/shop-alertmanager')} #{time}"
    command = ["-f", str(shop.folder / "stack.yml"), "drill", "Slow"]
    ran = CHILD.run(command, env=_environment(), more=[str(shop.folder), plan])
    assert ran.returncode == -signal.SIGKILL, ran.stdout + ran.stderr


def _environment() -> dict[str, str]:
    return {**os.environ, "KUBECONFIG": str(cluster.folder() / "kubeconfig")}


def test_terminated_drill_leaves_nothing(shop: Shop) -> None:
    assert kill_while_firing(shop, signal.SIGTERM) == 128 + signal.SIGTERM
    assert left(shop) == []


@pytest.mark.parametrize(("point", "command"), [(2, "reload"), (0, "up"), (3, "drill")])
def test_killed_drill_is_ended_by_the_next_command(shop: Shop, point: int, command: str) -> None:
    if point:
        kill_before_routes(shop, point)
    else:
        assert kill_while_firing(shop, signal.SIGKILL) == -signal.SIGKILL
    assert made_by_drill(shop)
    assert "a drill is running or was interrupted" in shop.run("status").stdout
    assert "Deployment shop-drill-" not in shop.run("reload", "--dry-run").stdout
    ran = shop.run(command)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "a drill was interrupted: ending it" in ran.stderr
    assert left(shop) == []
    assert shop.run("reload", "--dry-run").stdout == "nothing to do\n"


def test_down_after_a_killed_drill_leaves_nothing(shop: Shop) -> None:
    kill_before_routes(shop, 2)
    assert shop.run("down").returncode == 0
    assert made_by_drill(shop) == []
    assert shop.run("status").stdout == "nothing is running\n"

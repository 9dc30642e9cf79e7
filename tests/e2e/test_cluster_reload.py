"""`reload` in a real cluster: one whole generation is loaded and confirmed, or the one before is again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from stackctl.cluster.objects import GENERATION
from tests.e2e.exported_stack import CONTAINER, Content
from tests.e2e.test_cluster import RULES, Shop, small_shop
from tests.program import Program, Ran
from tests.servers import cluster

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(900)]

PROMETHEUS = "monitoring.coreos.com/v1/prometheuses/shop"
# Longer than a kubelet and the sidecar take for a file, twice; and long enough only to see that nothing happens.
PATIENCE, LATE = "5m", "16s"
# Half of it is for the change: less than the three minutes after which the sidecar would look by itself.
SOON = "4m"
CHILD = Program("tests.faults.child", dict(os.environ))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with small_shop(tmp_path_factory.mktemp("shop"), with_more_rules) as made:
        yield made


def with_more_rules(manifest: Content) -> None:
    manifest["rules"].append({"name": "more", "rules": [{"record": "job:up:max", "expr": "max by (job) (up)"}]})


def edited(shop: Shop, number: int) -> Content:
    """The manifest with another receiver, and another rule in both files."""
    changed = deepcopy(shop.manifest)
    changed["alertmanager"]["route"]["repeat_interval"] = f"{number}m"
    for group in changed["rules"]:
        group["rules"][0]["expr"] += f" + {number}"
    return changed


def objects(shop: Shop) -> dict[str, Any]:
    """The objects of the stack, as far as people write them."""
    found = [each for kind in (f"{RULES}/", "secrets/", "services/") for each in shop.found(kind)["items"]]
    kept = [each for each in found if GENERATION not in (each["metadata"].get("labels") or {})]
    parts = ("spec", "data")
    named = {f"{each['metadata']['name']}/{part}": each[part] for each in kept for part in parts if part in each}
    # The token of a session with an Alertmanager and the like are not ours.
    return {name: part for name, part in named.items() if name.startswith(("shop-", "good/"))}


def status(shop: Shop) -> Content:
    found: Content = json.loads(shop.run("status", "--output=json").stdout)
    return found


def reloaded(shop: Shop, *arguments: str, timeout: str = PATIENCE) -> Ran:
    return shop.run("reload", f"--timeout={timeout}", *arguments)


def is_whole(shop: Shop) -> None:
    """Hold that exactly what the manifest declares is there, loaded, and known as confirmed."""
    shop.is_red_for()
    found = status(shop)
    assert found["unfinished"] == ""
    assert found["generation"] == found["declared"]


def test_edit_of_rules_and_routes_is_confirmed_when_reload_returns(shop: Shop) -> None:
    before = status(shop)["generation"]
    shop.write(edited(shop, 1))
    assert reloaded(shop, "--dry-run").stdout.count("update ") == 3
    ran = reloaded(shop)
    assert ran.returncode == 0, ran.stderr
    assert "3 objects changed, loaded and confirmed" in ran.stdout
    is_whole(shop)
    assert "nothing had changed; the configuration is confirmed" in reloaded(shop).stdout
    ran = reloaded(shop, f"--to={before}")
    assert ran.returncode == 0, ran.stderr
    assert status(shop)["generation"] == before
    shop.write(shop.manifest)
    is_whole(shop)
    assert next(each["id"] for each in status(shop)["generations"]) == before


def test_change_that_starts_pods_is_left_to_up(shop: Shop) -> None:
    changed = edited(shop, 2)
    changed["services"]["good"]["run"]["docker"] = {**CONTAINER, "environment": {"A": "1"}}
    shop.write(changed)
    before = objects(shop)
    ran = reloaded(shop)
    assert ran.returncode == 1
    assert "a reload cannot apply this: update Deployment good" in ran.stderr
    assert objects(shop) == before
    shop.write(shop.manifest)
    is_whole(shop)


def test_what_the_operator_does_not_take_up_is_rolled_back(shop: Shop) -> None:
    before = objects(shop)
    shop.edit(PROMETHEUS, lambda thing: thing["spec"].update(paused=True))
    shop.write(edited(shop, 3))
    ran = reloaded(shop, "--output=json", timeout="80s")
    shop.edit(PROMETHEUS, lambda thing: thing["spec"].pop("paused"))
    assert ran.returncode == 1
    assert "reload.not-confirmed" in ran.stdout
    assert "the Prometheus Operator has not taken up the PrometheusRule shop-more" in ran.stdout
    assert "reload.rolled-back" in ran.stdout
    assert objects(shop) == before
    shop.write(shop.manifest)
    is_whole(shop)
    assert reloaded(shop, "--dry-run").stdout == "nothing to do\n"


@pytest.mark.parametrize(
    ("point", "command", "is_new"),
    [(f"{RULES}/shop-more", "reload", True), (f"{RULES}/shop-shop", "up", False), ("confirmed", "reload", True)],
)
def test_reload_that_was_killed_is_old_or_new_after_the_next_command(
    shop: Shop, point: str, command: str, is_new: bool
) -> None:
    changed = edited(shop, 4)
    shop.write(changed)
    kill(shop, point)
    found = status(shop)
    assert found["unfinished"] == found["declared"] != found["generation"]
    assert "has begun and was not confirmed" in shop.run("status").stdout
    is_mixed = point != "confirmed"
    if is_mixed:  # green by neither manifest
        assert shop.verified()[0]
    shop.manifest = changed if is_new else shop.manifest
    shop.write(shop.manifest)
    if is_mixed:
        assert shop.verified()[0]
    ran = shop.run(command, f"--timeout={PATIENCE}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    is_whole(shop)


def kill(shop: Shop, point: str) -> None:
    """Kill a reload before it changes the object at a path, or before it notes that all of it is confirmed."""
    if point == "confirmed":
        number = max(int(each["metadata"]["name"].rpartition("-")[2]) for each in kept(shop)) + 1
        path, time = shop.place(f"secrets/shop-generation-{number}"), 2
    else:
        path, time = shop.place(point), 2  # the first time it is only tried
    variables = {**os.environ, "KUBECONFIG": str(cluster.folder() / "kubeconfig")}
    plan = f"SIGKILL:PATCH {path} #{time}"
    command = ["-f", str(shop.folder / "stack.yml"), "reload", f"--timeout={PATIENCE}"]
    ran = CHILD.run(command, env=variables, more=[str(shop.folder), plan])
    assert ran.returncode == -9, ran.stdout + ran.stderr


def kept(shop: Shop) -> list[Content]:
    found: list[Content] = shop.found("secrets/")["items"]
    return [each for each in found if GENERATION in (each["metadata"].get("labels") or {})]


def test_up_that_is_not_ready_names_the_way_back(shop: Shop) -> None:
    before, generation = objects(shop), status(shop)["generation"]
    changed = edited(shop, 5)
    changed["services"]["good"]["run"]["docker"] = {**CONTAINER, "command": ["python3", "-c", "exit(3)"]}
    shop.write(changed)
    ran = shop.run("up", f"--timeout={LATE}")
    assert ran.returncode == 3
    assert f"`stackctl reload --to {generation}` goes back" in ran.stderr
    ran = reloaded(shop)
    assert (ran.returncode, "a reload could not go back" in ran.stderr) == (1, True)
    ran = reloaded(shop, f"--to={generation}")
    assert ran.returncode == 0, ran.stderr
    assert objects(shop) == before
    shop.write(shop.manifest)
    is_whole(shop)


def test_scrape_settings_are_confirmed_by_what_is_loaded(shop: Shop) -> None:
    path = f"/api/v1/namespaces/{shop.namespace}/pods/prometheus-shop-0:9090/proxy/api/v1/status/config"
    for seconds in (3, 4):  # the sidecar sees the first change at once, and later ones when it looks again
        shop.manifest["services"]["good"]["scrape_interval"] = f"{seconds}s"
        shop.write(shop.manifest)
        ran = reloaded(shop, timeout=SOON)
        assert ran.returncode == 0, ran.stderr
        assert f"scrape_interval: {seconds}s" in shop.server.get(path)["data"]["yaml"]
    is_whole(shop)


def test_logs_are_those_of_the_pods(shop: Shop) -> None:
    printed = shop.run("logs", "--tail=1").stdout
    assert "prometheus-shop-0 config-reloader" in printed
    assert '"GET /metrics HTTP/1.1" 200' in shop.run("logs", "good", "--tail=3").stdout
    assert len(shop.run("logs", "good", "--tail=3").stdout.splitlines()) == 3
    ran = shop.run("logs", "nobody")
    assert (ran.returncode, "alertmanager, good, prometheus, receiver" in ran.stderr) == (2, True)


def test_down_after_a_killed_reload_leaves_nothing(shop: Shop) -> None:
    shop.write(edited(shop, 6))
    kill(shop, f"{RULES}/shop-shop")
    assert shop.run("down").returncode == 0
    assert kept(shop) == []
    assert shop.run("status").stdout == "nothing is running\n"
    ran = reloaded(shop)
    assert (ran.returncode, "keeps no generation" in ran.stderr) == (3, True)

"""An exported stack with exporters and containers runs in a cluster; each fault of one turns exactly its rows red."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from stackctl.wait import wait_until
from tests.e2e.exported_stack import (
    CONTAINER,
    PATIENCE_SECONDS,
    Content,
    Running,
    apply_all,
    export,
    read,
)
from tests.e2e.pods import log_of, namespace, running_cluster, states, wait_for_pods

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long]

RUN = "containers/"


@dataclass(frozen=True)
class Fault:
    """A change of an object of a service, or of the stack, and the rows that are red because of it."""

    path: str
    change: Callable[[Content], object]
    rows: frozenset[str]


def down(service: str, *more: str) -> frozenset[str]:
    """The rows of the scrape of a service: without a target, or with one at an address of a pod."""
    return frozenset(f"target.up serviceMonitor/NS/{service}/0{each}" for each in more or ("",))


def endpoint(**fields: object) -> Callable[[Content], object]:
    """Change the fields of a ServiceMonitor's endpoint."""
    return lambda thing: thing["spec"]["endpoints"][0].update(fields)


def container(**fields: object) -> Callable[[Content], object]:
    """Change the fields of the container of a Deployment, whose first pod is not left running."""

    def change(thing: Content) -> None:
        thing["spec"]["template"]["spec"]["containers"][0].update(fields)
        thing["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}

    return change


def port(number: int) -> Callable[[Content], object]:
    return lambda thing: thing["spec"]["ports"][0].update(targetPort=number)


def selects(**labels: str) -> Callable[[Content], object]:
    return lambda thing: thing["spec"].update(selector=labels)


FAULTS = {
    "port-name": Fault("port-name-servicemonitor.yaml", endpoint(port="web"), down("port-name")),
    "selector": Fault("selector-service.yaml", selects(app="nobody"), down("selector")),
    "target-port": Fault("target-port-service.yaml", port(8001), down("target-port", "/POD:8001")),
    "path": Fault("path-servicemonitor.yaml", endpoint(path="/nothing"), down("path", "/POD:8000")),
    "scheme": Fault("scheme-servicemonitor.yaml", endpoint(scheme="https"), down("scheme", "/POD:8000")),
    "image": Fault(
        "containers/image-deployment.yaml", container(image="nowhere.test/none:1"), down("image", "/POD:8000")
    ),
    "crash": Fault(
        "containers/crash-deployment.yaml", container(command=["python3", "-c", "exit(1)"]), down("crash", "/POD:8000")
    ),
    "prober": Fault(
        "servers/probe-webshop-blackbox.other.yaml",
        lambda thing: thing["spec"]["prober"].update(url="nobody:9115"),
        frozenset({"target.up probe/NS/webshop-blackbox.other/http://port-name:8000/"}),
    ),
    "probe": Fault(
        "servers/probe-webshop-blackbox.home.yaml",
        lambda thing: thing["spec"]["targets"]["staticConfig"].update(static=["http://port-name:8000/nothing"]),
        frozenset({"probe.success probe-home/http://port-name:8000/nothing"}),
    ),
    "receiver": Fault(
        "secrets/alertmanager_config.yaml",
        lambda thing: thing["stringData"].update(
            {
                "alertmanager.yaml": thing["stringData"]["alertmanager.yaml"].replace(
                    "http://receiver:", "http://nobody:"
                )
            }
        ),
        frozenset({"alertmanager.notifications team"}),
    ),
    "rule": Fault(
        "rules-rules.yaml",
        lambda thing: thing["spec"]["groups"][0]["rules"][0].update(expr="up * on () up"),
        frozenset({"rule.healthy NS-webshop-rules.yaml/shop/job:up:sum"}),
    ),
}
MONITOR = "unselected-servicemonitor.yaml"
# What has no fault when the others have theirs. The first one's ServiceMonitor has one before.
UNSELECTED = "unselected"
GOOD = (UNSELECTED, "good")


def webshop(folder: Path) -> Path:
    """A manifest with exporters, a Pushgateway and a service for each fault of one."""
    services = [name for name, fault in FAULTS.items() if fault.path.startswith((f"{name}-", f"{RUN}{name}-"))]
    rules = [
        {"record": "job:up:sum", "expr": "sum by (job) (up)"},
        {"alert": "UnselectedDown", "expr": f'up{{job="{UNSELECTED}"}} == 0', "labels": {"severity": "page"}},
        {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "page"}},
    ]
    texts = {"summary": "something", "description": "of the test"}
    rules = [{**each, **({"annotations": texts} if "alert" in each else {})} for each in rules]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "shop", "rules": rules}]}))
    probes = {name: {"url": "http://port-name:8000/"} for name in ("home", "other")}
    manifest = {
        "version": 1,
        "name": "webshop",
        "prometheus": {"scrape_interval": "2s", "evaluation_interval": "2s"},
        "alertmanager": {
            "receivers": {"team": {"webhook": {"url": "http://receiver:8000/"}}},
            "route": {"receiver": "team", "group_wait": "1s", "group_interval": "1s", "repeat_interval": "3s"},
        },
        "pushgateway": {},
        "exporters": {"node": {}, "blackbox": {"probes": probes}},
        "services": {
            name: {
                "targets": [f"{name}:8000"],
                "health": {"live": "/health", "ready": "/health"},
                "run": {"docker": CONTAINER},
            }
            for name in (*services, *GOOD)
        },
        "containers": {"receiver": CONTAINER},
        "rules": [{"file": "rules.yml"}],
    }
    (folder / "stack.yml").write_text(yaml.safe_dump(manifest))
    return folder / "stack.yml"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server, manifest = running_cluster(), webshop(tmp_path_factory.mktemp("webshop"))
    out = manifest.parent / "k8s"
    with namespace(server, level="privileged") as name:
        export(manifest, name, out)
        objects = read(out)
        path = out / MONITOR
        path.write_text(path.read_text().replace("part-of: webshop", "part-of: another"))
        apply_all(server, name, out)
        wait_for_pods(server, name, "prometheus-", "alertmanager-")
        yield Running(server, name, objects)


def test_monitor_that_no_prometheus_selects_fails_the_rules_that_need_it(stack: Running) -> None:
    stack.is_red_for({"rule.data NS-webshop-rules.yaml/shop/UnselectedDown"})
    stack.change(MONITOR, lambda _: None)
    stack.is_red_for(set())


def test_stack_with_exporters_and_containers_runs_and_is_green(stack: Running) -> None:
    stack.is_red_for(set())
    up = {each["labels"]["job"] for each in stack.data("targets")["activeTargets"] if each["health"] == "up"}
    assert {"node", "blackbox", "pushgateway", "probe-home", "good", "prometheus", "alertmanager"} <= up
    (receiver,) = (each for each in states(stack.server, stack.namespace) if each.startswith("receiver-"))
    wait_until(
        lambda: log_of(stack.server, stack.namespace, receiver),
        lambda text: '"alertname":"Watchdog"' in text,
        PATIENCE_SECONDS,
        what="the notification",
    )


def restarted(thing: Content) -> None:
    """As `kubectl rollout restart` does it."""
    thing["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}


def of_another(thing: Content) -> None:
    """A broken ServiceMonitor that belongs to a stack that is not this one."""
    thing["metadata"].update(name="another", labels={"app.kubernetes.io/part-of": "another"})
    thing["spec"]["endpoints"][0].update(port="nothing")


# What people do to a stack that works, and what others have next to it.
BENIGN: dict[str, tuple[str, Callable[[Content], object]]] = {
    "replicas": ("containers/good-deployment.yaml", lambda thing: thing["spec"].update(replicas=2)),
    "label": ("good-service.yaml", lambda thing: thing["metadata"]["labels"].update(tier="web")),
    "restart": ("servers/webshop-blackbox-deployment.yaml", restarted),
    "another stack": (MONITOR, of_another),
}


def test_each_fault_turns_its_rows_red_and_no_others(stack: Running) -> None:
    for path, change in BENIGN.values():
        stack.change(path, change)
    for fault in FAULTS.values():
        stack.change(fault.path, fault.change)
    stack.is_red_for({row for fault in FAULTS.values() for row in fault.rows})

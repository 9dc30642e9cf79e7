"""`runtime: kubernetes` in a real cluster: `up`, `status`, `verify` and `down`, and what people break there by hand."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import yaml

from stackctl.wait import TimedOut, wait_until
from tests.e2e.api_server import ApiServer
from tests.e2e.exported_stack import CONTAINER, NO_IMAGE, Content
from tests.e2e.pods import apply, namespace, provide_volumes, running_cluster, states
from tests.e2e.test_given_servers import red
from tests.program import Ran, stackctl
from tests.servers import cluster

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(900)]

# Longer than a kubelet takes to bring a file to its pod, and the sidecar there to see it.
PATIENCE_SECONDS = 150
# Shorter than it takes a pod to be ready, and long enough to see why it never will be.
LATE_SECONDS = 15
CRASHING: Content = {**CONTAINER, "command": ["python3", "-c", "exit(3)"]}
SERVICES = ("good", "label", "selector", "image", "gone", "crash")


@dataclass
class Shop:
    """A stack in its namespace, by its manifest."""

    server: ApiServer
    namespace: str
    folder: Path
    manifest: Content
    objects: dict[str, Content] = field(default_factory=dict)

    def write(self, manifest: Content) -> None:
        (self.folder / "stack.yml").write_text(yaml.safe_dump(manifest))

    def run(self, *arguments: str) -> Ran:
        variables = {**os.environ, "KUBECONFIG": str(cluster.folder() / "kubeconfig")}
        return stackctl("-f", str(self.folder / "stack.yml"), *arguments, env=variables)

    def up(self, *arguments: str) -> Ran:
        """Bring it up, while volumes are provided as the provisioner of a cluster does it."""
        with provided(self.server, self.namespace):
            return self.run("up", f"--timeout={PATIENCE_SECONDS}s", *arguments)

    def verified(self) -> tuple[set[str], str]:
        """The rows that are red, and all that was printed."""
        ran = self.run("verify", "--output=json", "--timeout=20s")
        assert ran.returncode in (0, 1), ran.stdout + ran.stderr
        return red(json.loads(ran.stdout)["diagnostics"]), ran.stdout + ran.stderr

    def is_red_for(self, *wanted: str) -> None:
        """Wait until exactly these rows are red."""
        last: list[tuple[set[str], str]] = []

        def observe() -> set[str]:
            last[:] = [self.verified()]
            return last[0][0]

        try:
            wait_until(observe, lambda found: found == {*wanted}, PATIENCE_SECONDS, what="the rows")
        except TimedOut:
            found, printed = last[0]
            more, missing = sorted(found - {*wanted}), sorted({*wanted} - found)
            raise AssertionError(f"red: {more}\nnot red: {missing}\n{self.pods()}\n{printed}") from None

    def pods(self) -> dict[str, str]:
        return states(self.server, self.namespace)

    def found(self, path: str) -> Any:
        """What the API server has at a path of the namespace: `services/good`."""
        return self.server.get(self.place(path))

    def has(self, path: str) -> bool:
        return self.server.has(self.place(path))

    def place(self, path: str) -> str:
        """The path of an object: its group for those that are not Kubernetes' own first ones."""
        *group, kind, name = path.split("/")
        base = f"/apis/{'/'.join(group)}" if group else "/api/v1"
        return f"{base}/namespaces/{self.namespace}/{kind}/{name}".rstrip("/")

    def edit(self, path: str, change: Callable[[Content], object]) -> None:
        """Change an object as `kubectl edit` does it, again when somebody else has changed it in between."""
        url, manager = f"{self.server.url}{self.place(path)}", {"fieldManager": "kubectl-edit"}

        def edited() -> bool:
            thing = self.found(path)
            change(thing)
            answer = self.server.session.put(url, json=thing, params=manager, timeout=30)
            assert answer.ok or answer.status_code == HTTPStatus.CONFLICT, answer.text
            return answer.ok

        wait_until(edited, bool, 30)


MONITORS = "monitoring.coreos.com/v1/servicemonitors"
RULES = "monitoring.coreos.com/v1/prometheusrules"
DEPLOYMENTS = "apps/v1/deployments"


@contextmanager
def provided(server: ApiServer, name: str) -> Iterator[None]:
    """Provide volumes until the end."""
    over = Event()

    def provide() -> None:
        while not over.wait(0.5):
            provide_volumes(server, name)

    thread = Thread(target=provide)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def declared(name: str) -> Content:
    """A manifest with a service for each fault of one, and Grafana without a password."""
    rules = [
        {"record": "job:up:sum", "expr": "sum by (job) (up)"},
        {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "page"}, "annotations": {"summary": "on"}},
    ]
    return {
        "version": 1,
        "name": "shop",
        "runtime": "kubernetes",
        "kubernetes": {"context": "test", "namespace": name},
        "prometheus": {"scrape_interval": "2s", "evaluation_interval": "2s"},
        "alertmanager": {
            "receivers": {"team": {"webhook": {"url": "http://receiver:8000/"}}},
            "route": {"receiver": "team", "group_wait": "1s", "group_interval": "1s", "repeat_interval": "3s"},
        },
        "grafana": {},
        "services": {each: {"targets": [f"{each}:8000"], "run": {"docker": CONTAINER}} for each in SERVICES},
        "containers": {"receiver": CONTAINER},
        "rules": [{"name": "shop", "rules": rules}],
        "dashboards": [{"file": "shop.json"}],
    }


@contextmanager
def small_shop(folder: Path, change: Callable[[Content], None]) -> Iterator[Shop]:
    """A stack of one service without a Grafana, brought up with what `change` makes of its manifest."""
    server = running_cluster()
    with namespace(server) as name:
        manifest = declared(name)
        del manifest["grafana"], manifest["dashboards"]
        manifest["services"] = {"good": manifest["services"]["good"]}
        change(manifest)
        made = Shop(server, name, folder, manifest)
        made.write(manifest)
        ran = made.up()
        assert ran.returncode == 0, ran.stdout + ran.stderr
        yield made


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    server = running_cluster()
    with namespace(server) as name:
        made = Shop(server, name, tmp_path_factory.mktemp("shop"), declared(name))
        panel = {"type": "timeseries", "title": "Up", "targets": [{"expr": "up"}]}
        board = {"title": "Shop", "uid": "shop", "panels": [panel]}
        (made.folder / "shop.json").write_text(json.dumps(board))
        made.write(made.manifest)
        ran = made.up()
        assert ran.returncode == 0, ran.stdout + ran.stderr
        yield made


def test_everything_that_is_declared_runs_and_is_green(shop: Shop) -> None:
    found, printed = shop.verified()
    assert found == set(), printed
    # A pod has no loopback of ours: Grafana is asked at a port that the API server forwards.
    assert all(row in printed for row in ("grafana.dashboard", "panel.data", "cluster.workload", "target.up"))
    status = json.loads(shop.run("status", "--output=json").stdout)
    assert {each["name"]: each["ready"] for each in status["workloads"]} == dict.fromkeys(
        ("shop", "shop-grafana", "receiver", *SERVICES), True
    )


def test_runtime_can_be_named_where_the_manifest_names_it_too(shop: Shop, tmp_path: Path) -> None:
    assert shop.run("up", "--dry-run", "--runtime=kubernetes").stdout == "nothing to do\n"
    ran = shop.run("up", "--dry-run", "--runtime=docker")
    assert (ran.returncode, "--runtime: not for a stack that a cluster runs" in ran.stderr) == (2, True)
    elsewhere = Shop(shop.server, shop.namespace, tmp_path, shop.manifest)
    shutil.copy(shop.folder / "shop.json", tmp_path)
    elsewhere.write({key: value for key, value in shop.manifest.items() if key not in ("runtime", "kubernetes")})
    ran = elsewhere.run("up", "--runtime=kubernetes")
    assert (ran.returncode, "the manifest names no cluster" in ran.stderr) == (2, True)


def test_second_up_does_nothing(shop: Shop) -> None:
    assert shop.run("up", "--dry-run").stdout == "nothing to do\n"
    ran = shop.up()
    assert ran.returncode == 0
    assert not {"create", "update", "delete"} & {*ran.stdout.split(), *ran.stderr.split()}, ran.stdout


def test_changed_rule_is_loaded_when_up_returns(shop: Shop) -> None:
    changed = deepcopy(shop.manifest)
    changed["rules"][0]["rules"][0]["expr"] = "sum by (job) (up) + 0"
    shop.write(changed)
    assert shop.verified()[0] == {"cluster.object PrometheusRule shop-shop"}
    ran = shop.up()
    assert ran.returncode == 0, ran.stderr
    assert shop.verified()[0] == set()
    shop.write(shop.manifest)
    assert shop.up().returncode == 0


def test_metric_that_is_promised_and_not_served_is_red(shop: Shop) -> None:
    promising = deepcopy(shop.manifest)
    promising["services"]["good"]["metrics"] = {"orders_total": "counter", "refunds_total": "counter"}
    shop.write(promising)
    found, printed = shop.verified()
    shop.write(shop.manifest)
    assert found == {f"contract.metric serviceMonitor/{shop.namespace}/good/0/refunds_total"}, printed


def test_pod_that_never_starts_ends_up_with_its_reason_and_is_one_failure(shop: Shop) -> None:
    broken = deepcopy(shop.manifest)
    broken["services"]["crash"]["run"]["docker"] = CRASHING
    shop.write(broken)
    ran = shop.run("up", f"--timeout={LATE_SECONDS}s")
    assert ran.returncode == 3
    assert "Deployment crash is not ready after 15 s" in ran.stderr
    assert "CrashLoopBackOff" in ran.stderr or "exited with code 3" in ran.stderr, ran.stderr
    shop.is_red_for("cluster.workload Deployment crash")
    broken["services"]["crash"]["run"]["docker"] = {**CONTAINER, "image": NO_IMAGE}
    shop.write(broken)
    ran = shop.run("up", f"--timeout={LATE_SECONDS}s")
    # The pods of the earlier Deployment still fail too.
    assert NO_IMAGE in ran.stderr, ran.stderr
    shop.write(shop.manifest)
    assert shop.up().returncode == 0
    shop.is_red_for()


def test_what_people_change_in_the_cluster_is_red_and_up_repairs_it(shop: Shop) -> None:
    shop.edit(f"{MONITORS}/label", lambda thing: thing["metadata"]["labels"].pop("app.kubernetes.io/part-of"))
    shop.edit("services/selector", lambda thing: thing["spec"].update(selector={"app": "nobody"}))
    shop.edit(f"{DEPLOYMENTS}/image", with_image(NO_IMAGE))
    shop.edit(f"{RULES}/shop-shop", lambda thing: thing["spec"]["groups"][0]["rules"].pop())
    shop.server.delete(shop.place(f"{MONITORS}/gone"))
    # What others may do, and do.
    shop.edit(f"{DEPLOYMENTS}/good", lambda thing: thing["spec"].update(replicas=2))
    shop.edit("services/good", lambda thing: thing["metadata"]["labels"].update(tier="web"))
    shop.edit(f"{DEPLOYMENTS}/shop-grafana", restarted)
    shop.is_red_for(
        "cluster.object ServiceMonitor label",
        "cluster.object Service selector",
        "cluster.object Deployment image",
        "cluster.object PrometheusRule shop-shop",
        "cluster.object ServiceMonitor gone",
    )
    ran = shop.up()
    assert ran.returncode == 0, ran.stderr
    assert "update ServiceMonitor label: metadata.labels.app.kubernetes.io/part-of changed" in ran.stderr
    shop.is_red_for()
    assert shop.found(f"{DEPLOYMENTS}/good")["spec"]["replicas"] == 2


def with_image(image: str) -> Callable[[Content], None]:
    """Give a Deployment's container an image, and leave none of its earlier pods running."""

    def change(thing: Content) -> None:
        thing["spec"]["template"]["spec"]["containers"][0]["image"] = image

    return change


def restarted(thing: Content) -> None:
    """As `kubectl rollout restart` does it."""
    metadata = thing["spec"]["template"]["metadata"]
    metadata["annotations"] = {**(metadata.get("annotations") or {}), "kubectl.kubernetes.io/restartedAt": "now"}


def test_service_that_is_not_declared_any_more_is_removed(shop: Shop) -> None:
    fewer = deepcopy(shop.manifest)
    del fewer["services"]["gone"]
    shop.write(fewer)
    ran = shop.up()
    assert ran.returncode == 0, ran.stderr
    assert "delete ServiceMonitor gone: it is not declared any more" in ran.stderr
    assert not shop.has(f"{MONITORS}/gone")
    shop.is_red_for()
    shop.write(shop.manifest)
    assert shop.up().returncode == 0


def test_refused_objects_are_all_named_and_nothing_is_changed(shop: Shop) -> None:
    foreign = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "more"}, "spec": {"ports": [{"port": 80}]}}
    apply(shop.server, foreign, shop.namespace)
    broken = deepcopy(shop.manifest)
    broken["services"]["more"] = broken["services"]["good"] | {"targets": ["more:8000"]}
    broken["services"]["good"]["run"]["docker"] = {**CONTAINER, "mem_limit": "1e30"}
    broken["rules"][0]["rules"][0]["expr"] = "sum by (job) (up) + 1"
    shop.write(broken)
    before = shop.found(f"{RULES}/shop-shop")["metadata"]["resourceVersion"]
    ran = shop.up("--output=json")
    shop.write(shop.manifest)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Service more" in ran.stdout
    assert shop.found(f"{RULES}/shop-shop")["metadata"]["resourceVersion"] == before
    shop.server.delete(shop.place("services/more"))


def test_grafana_keeps_its_password_wherever_up_runs(shop: Shop, tmp_path: Path) -> None:
    elsewhere = Shop(shop.server, shop.namespace, tmp_path, shop.manifest)
    shutil.copy(shop.folder / "shop.json", tmp_path)
    elsewhere.write(shop.manifest)
    assert elsewhere.run("up", "--dry-run").stdout == "nothing to do\n"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"context": "not-there", "namespace": "default"}, "cluster.context"),
        ({"context": "test", "namespace": "not-there"}, "cluster.namespace"),
    ],
)
def test_place_that_is_not_there_is_said_before_anything_is_done(
    shop: Shop, tmp_path: Path, place: Content, code: str
) -> None:
    elsewhere = Shop(shop.server, shop.namespace, tmp_path, shop.manifest)
    shutil.copy(shop.folder / "shop.json", tmp_path)
    elsewhere.write({**shop.manifest, "kubernetes": place})
    for command in ("up", "status", "verify", "down"):
        ran = elsewhere.run(command, *(["--output=json"] if command in ("up", "verify") else []))
        assert ran.returncode == 2, (command, ran.stdout, ran.stderr)
        assert code in ran.stdout or "kubernetes" in ran.stderr


def test_user_who_may_only_look_gets_all_rows_but_those_of_objects(shop: Shop, tmp_path: Path) -> None:
    rules = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/proxy", "pods/portforward"], "verbs": ["get", "create"]},
    ]
    api = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "looker"}}
    who = [{"kind": "ServiceAccount", "name": "looker", "namespace": shop.namespace}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "looker"}
    apply(shop.server, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "looker"}}, shop.namespace)
    apply(shop.server, {**api, "kind": "Role", "rules": rules}, shop.namespace)
    apply(shop.server, {**api, "kind": "RoleBinding", "roleRef": reference, "subjects": who}, shop.namespace)
    config = json.loads((cluster.folder() / "kubeconfig").read_text())
    config["users"][0]["user"] = {"token": shop.server.token(shop.namespace, "looker")}
    (tmp_path / "config").write_text(json.dumps(config))
    ran = stackctl(
        *("-f", str(shop.folder / "stack.yml"), "verify", "--output=json", "--timeout=20s"),
        env={**os.environ, "KUBECONFIG": str(tmp_path / "config")},
    )
    findings = json.loads(ran.stdout)["diagnostics"]
    assert red(findings) == set(), ran.stdout
    (objects,) = (each for each in findings if each["code"] == "cluster.object")
    assert objects["status"] == "skip"
    assert "the user may not apply objects" in objects["summary"]


@pytest.mark.parametrize("command", [["drill", "--live"], ["watch"]])
def test_command_that_is_not_for_a_cluster_says_what_is(shop: Shop, command: list[str]) -> None:
    ran = shop.run(*command)
    assert ran.returncode == 2
    assert "`runtime: kubernetes`" in ran.stderr
    assert "help: " in ran.stderr


def test_down_leaves_volumes_and_what_others_have(shop: Shop) -> None:
    ran = shop.run("down")
    assert ran.returncode == 0, ran.stderr
    assert "volumes are kept: shop-grafana, prometheus-shop-db-prometheus-shop-0" in ran.stdout, ran.stdout
    assert shop.pods() == {}
    assert not shop.has(f"{RULES}/shop-shop")
    assert shop.has("serviceaccounts/looker")
    assert shop.run("status").stdout == "nothing is running\n"
    assert "removed PersistentVolumeClaim shop-grafana" in shop.run("down", "--volumes").stdout
    wait_until(
        lambda: shop.found("persistentvolumeclaims/")["items"], lambda found: not found, 30, what="the volumes' end"
    )

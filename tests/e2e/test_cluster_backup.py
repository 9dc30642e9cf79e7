"""`backup` and `restore` of a stack in a real cluster: what was measured and silenced is there again, on any runtime.

Killed anywhere, the next command makes all of it old or all of it new.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from stackctl import backup
from stackctl import conventions as c
from stackctl.export.kubernetes.volume_pod import journal_name
from stackctl.wait import wait_until
from tests.e2e.exported_stack import Content
from tests.e2e.pods import apply
from tests.e2e.test_cluster import DEPLOYMENTS, Shop, small_shop
from tests.e2e.test_cluster_reload import CHILD
from tests.ports import free_port
from tests.program import Ran, stackctl
from tests.servers import cluster

pytestmark = [pytest.mark.e2e, pytest.mark.kubernetes, pytest.mark.long, pytest.mark.timeout(600)]

PATIENCE_SECONDS = 60
SCRAPES = 3
PROMETHEUS, ALERTMANAGERS = "prometheus-shop-0", ("alertmanager-shop-0", "alertmanager-shop-1")
COMMENT, LATER, PUSHED_VALUE = "while we fix it", "later", "7"
JOURNAL = f"configmaps/{journal_name('shop')}"
Series = list[tuple[str, list[Any]]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with small_shop(tmp_path_factory.mktemp("shop"), with_all_that_keeps_data) as made:
        yield made


def with_all_that_keeps_data(manifest: Content) -> None:
    manifest["pushgateway"] = {}
    manifest["alertmanager"]["replicas"] = 2


def asked(shop: Shop, pod: str, path: str, content: object = None) -> Any:
    """What a pod answers; with `content` it is posted."""
    url = f"{shop.server.url}/api/v1/namespaces/{shop.namespace}/pods/{pod}/proxy{path}"
    session = shop.server.session
    given = {"data": content} if isinstance(content, str) else {"json": content}
    answer = session.get(url, timeout=30) if content is None else session.post(url, timeout=30, **given)
    assert answer.ok, f"{path}: {answer.text}"
    return answer.json() if answer.text else None


def samples(found: Any) -> Series:
    """Raw samples of an answer, by service."""
    return sorted((each["metric"]["job"], each["values"]) for each in found["data"]["result"])


def query(begin: float, end: float) -> str:
    return f'/api/v1/query?query=up{{job=~"good|pushgateway"}}[{int(end - begin)}s]&time={end:.3f}'


def measured(shop: Shop) -> tuple[float, float, Series]:
    """A span of time with some scrapes in it, and what was scraped."""
    begin = time.time() - PATIENCE_SECONDS

    def found() -> Series:
        return samples(asked(shop, f"{PROMETHEUS}:9090", query(begin, time.time())))

    wait_until(found, lambda series: len(series) == 2 and all(len(values) >= SCRAPES for _, values in series),
               PATIENCE_SECONDS, what="some scrapes")  # fmt: skip
    end = time.time() - 1
    return begin, end, samples(asked(shop, f"{PROMETHEUS}:9090", query(begin, end)))


def silence(shop: Shop, comment: str) -> None:
    now = datetime.now(timezone.utc)
    matcher = {"name": "alertname", "value": "Other", "isRegex": False}
    times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat()}
    body = {"matchers": [matcher], "createdBy": "test", "comment": comment, **times}
    asked(shop, f"{ALERTMANAGERS[0]}:9093", "/api/v2/silences", body)


def silences(shop: Shop, pod: str) -> list[str]:
    return sorted(each["comment"] for each in asked(shop, f"{pod}:9093", "/api/v2/silences"))


def push(shop: Shop, text: str) -> None:
    asked(shop, f"{pushgateway(shop)}:9091", "/metrics/job/nightly", text)


def pushed(shop: Shop) -> list[str]:
    return values(asked(shop, f"{pushgateway(shop)}:9091", "/api/v1/metrics"))


def values(answer: Any) -> list[str]:
    return [each["nightly_rows_total"]["metrics"][0]["value"] for each in answer["data"]]


def pushgateway(shop: Shop) -> str:
    (pod,) = (each for each, waits in shop.pods().items() if each.startswith("shop-pushgateway") and not waits)
    return pod


def is_clean(shop: Shop) -> None:
    """Nothing of a backup is left: no pod, no journal."""
    wait_until(lambda: [each for each in shop.pods() if journal_name("shop") in each], lambda found: not found,
               PATIENCE_SECONDS, what="the end of the pods")  # fmt: skip
    assert not shop.has(JOURNAL)


def rights() -> list[Content]:
    """The rights of which docs/kubernetes.md says that a backup and a restore take them."""
    written = [
        ("*", "*", "list"),
        ("", "pods", "get create patch delete"),
        ("", "configmaps", "get create patch delete"),
        ("", "pods/exec pods/proxy", "get create"),
        ("monitoring.coreos.com", "prometheuses alertmanagers", "patch"),
        ("apps", "deployments", "patch"),
    ]
    return [
        {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}
        for group, resources, verbs in written
    ]


def keeper(shop: Shop, folder: Path) -> Path:
    """Give an account exactly these rights, and return its kubeconfig."""
    api = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "keeper"}}
    account = {"kind": "ServiceAccount", "name": "keeper", "namespace": shop.namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "keeper"}
    apply(shop.server, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "keeper"}}, shop.namespace)
    apply(shop.server, {**api, "kind": "Role", "rules": rights()}, shop.namespace)
    apply(shop.server, {**api, "kind": "RoleBinding", "roleRef": reference, "subjects": [account]}, shop.namespace)
    config = json.loads((cluster.folder() / "kubeconfig").read_text())
    config["users"][0]["user"] = {"token": shop.server.token(shop.namespace, "keeper")}
    (folder / "config").write_text(json.dumps(config))
    return folder / "config"


@dataclass(frozen=True)
class Taken:
    """A backup, the samples of a span of time before it, and the kubeconfig of a user with the rights that it takes."""

    file: Path
    kubeconfig: Path
    begin: float
    end: float
    samples: Series


def run_as(kubeconfig: Path, shop: Shop, *arguments: str) -> Ran:
    return stackctl("-f", str(shop.folder / "stack.yml"), *arguments, env={**os.environ, "KUBECONFIG": str(kubeconfig)})


@pytest.fixture(scope="module")
def taken(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    silence(shop, COMMENT)
    push(shop, f"nightly_rows_total {PUSHED_VALUE}\n")
    span = measured(shop)
    file = tmp_path_factory.mktemp("taken") / "b.tar.gz"
    kubeconfig = keeper(shop, tmp_path_factory.mktemp("keeper"))
    ran = run_as(kubeconfig, shop, "backup", str(file))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{file}: prometheus, alertmanager, pushgateway of shop" in ran.stdout
    return Taken(file, kubeconfig, *span)


def test_what_was_measured_silenced_and_pushed_is_there_again_on_one_machine(
    shop: Shop, taken: Taken, tmp_path: Path
) -> None:
    assert stat.S_IMODE(taken.file.stat().st_mode) == 0o600
    assert [each.name for each in taken.file.parent.iterdir()] == ["b.tar.gz"]
    assert backup.verify(taken.file).runtime == c.KUBERNETES
    assert snapshots(shop) == []
    has(shop, taken, comments=[COMMENT])

    ports = {name: free_port() for name in (c.PROMETHEUS, c.ALERTMANAGER, c.PUSHGATEWAY)}
    receiver = {"receivers": {"team": {"webhook": {"url": "http://127.0.0.1:1/"}}}}
    local = {
        "version": 1,
        "name": "shop",
        **{name: {"listen": f"127.0.0.1:{port}"} for name, port in ports.items()},
        "alertmanager": {"listen": f"127.0.0.1:{ports[c.ALERTMANAGER]}", **receiver},
        "services": {"other": {"targets": [f"127.0.0.1:{free_port()}"]}},
    }
    (tmp_path / "stack.yml").write_text(yaml.safe_dump(local))
    here = ("-f", str(tmp_path / "stack.yml"))
    try:
        for command in (["restore", str(taken.file), "--runtime", "native"], ["up", "--runtime", "native"]):
            ran = stackctl(*here, *command)
            assert ran.returncode == 0, ran.stdout + ran.stderr
        assert samples(local_answer(ports[c.PROMETHEUS], query(taken.begin, taken.end))) == taken.samples
        assert [each["comment"] for each in local_answer(ports[c.ALERTMANAGER], "/api/v2/silences")] == [COMMENT]
        assert values(local_answer(ports[c.PUSHGATEWAY], "/api/v1/metrics")) == [PUSHED_VALUE]
    finally:
        stackctl(*here, "down", "--volumes")


def local_answer(port: int, path: str) -> Any:
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=30).json()


def snapshots(shop: Shop) -> list[str]:
    place = cluster.folder() / "volumes" / f"{shop.namespace}-prometheus-shop-db-{PROMETHEUS}" / "prometheus-db"
    return [each.name for each in (place / "snapshots").glob("*")]


def killed(shop: Shop, request: str, *arguments: str) -> None:
    """Kill a command before it sends a request."""
    variables = {**os.environ, "KUBECONFIG": str(cluster.folder() / "kubeconfig")}
    command = ["-f", str(shop.folder / "stack.yml"), *arguments]
    ran = CHILD.run(command, env=variables, more=[str(shop.folder), f"SIGKILL:{request}"])
    assert ran.returncode == -9, ran.stdout + ran.stderr


def has(shop: Shop, taken: Taken, *, comments: list[str]) -> None:
    """The data is that of a backup, with these silences."""
    assert samples(asked(shop, f"{PROMETHEUS}:9090", query(taken.begin, taken.end))) == taken.samples
    for pod in ALERTMANAGERS:
        wait_until(lambda pod=pod: silences(shop, pod), lambda found: found == comments, PATIENCE_SECONDS)
    is_clean(shop)


def test_what_a_killed_backup_has_stopped_runs_after_the_next_command(shop: Shop, taken: Taken, tmp_path: Path) -> None:
    start = f"PATCH {shop.place(f'{DEPLOYMENTS}/shop-pushgateway')} #2"
    killed(shop, start, "backup", str(tmp_path / "killed.tar.gz"))
    assert not [each for each in shop.pods() if each.startswith("shop-pushgateway")]
    assert len(snapshots(shop)) == 1
    assert not (tmp_path / "killed.tar.gz").exists()
    ran = shop.run("reload")
    assert ran.returncode == 0, ran.stderr
    assert "a backup was interrupted: ending it" in ran.stderr
    assert pushed(shop) == [PUSHED_VALUE]
    assert snapshots(shop) == []
    has(shop, taken, comments=[COMMENT])


def test_restore_killed_before_all_has_arrived_is_old_and_the_next_one_is_new(shop: Shop, taken: Taken) -> None:
    silence(shop, LATER)
    killed(shop, f"PATCH {shop.place(JOURNAL)} #4", "restore", str(taken.file), "--force")
    assert not shop.pods().keys() & {PROMETHEUS, *ALERTMANAGERS}
    assert shop.run("reload").returncode == 0
    has(shop, taken, comments=sorted([COMMENT, LATER]))

    ran = shop.run("restore", str(taken.file))
    assert (ran.returncode, "Use --force" in ran.stderr) == (2, True), ran.stderr
    ran = run_as(taken.kubeconfig, shop, "restore", str(taken.file), "--force")
    assert ran.returncode == 0, ran.stderr
    has(shop, taken, comments=[COMMENT])
    assert pushed(shop) == [PUSHED_VALUE]
    shop.is_red_for()

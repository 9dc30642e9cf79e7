"""Logs are those of all containers of a component's pods, in the order of their times, without the stack's secrets."""

from __future__ import annotations

import base64
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from stackctl import redaction
from stackctl.errors import InputError, Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.logs import lines
from stackctl.operations.cluster.up import bring_up
from tests.contract import operator
from tests.contract.api_server import Pretended, path_of
from tests.unit.operations.pretended import Noted

PASSWORD = path_of("v1", "Secret", "shop", "shop-grafana")


@pytest.fixture
def running(manifest: Path, cluster: Pretended) -> Pretended:
    """The stack, whose pods have one container each; those of the service and of Prometheus have written lines."""
    cluster.after_change = lambda: operator.run(cluster)
    bring_up(manifest, 5.0, Noted())
    for path, each in cluster.objects.items():
        if "/pods/" in path:
            each["spec"] = {"containers": [{"name": "main"}]}
    says(cluster, "deployment-api-0", "a", "c")
    says(cluster, "prometheus-shop-0", "b")
    return cluster


def says(cluster: Pretended, pod: str, *words: str) -> None:
    """Have a pod say each word, at a time of the same order as the words."""

    def log(query: dict[str, list[str]]) -> str:
        assert query["timestamps"] == ["true"]
        found = [f"2026-01-01T00:00:0{ord(word[0]) - ord('a')}.000000000Z {word}\n" for word in words]
        return "".join(found[-int(query.get("tailLines", ["99"])[0]) :])

    cluster.proxied[f"/api/v1/namespaces/shop/pods/{pod}/log"] = log


def read(stack: Stack, component: str | None = None, **options: Any) -> list[str]:
    return list(lines(stack, component, **{"follow": False, "tail": None, **options}))


def test_lines_of_all_pods_are_in_their_order(stack: Stack, running: Pretended) -> None:
    assert read(stack) == [
        "deployment-api-0 main          | a",
        "prometheus-shop-0 main         | b",
        "deployment-api-0 main          | c",
    ]


def test_component_is_known_by_its_name_in_the_manifest(stack: Stack, running: Pretended) -> None:
    assert read(stack, "api") == ["a", "c"]
    assert read(stack, "api", tail=1) == ["c"]
    assert read(stack, "prometheus") == ["b"]
    with pytest.raises(InputError, match="Name one of these: api, grafana, prometheus"):
        read(stack, "shop")


def test_what_is_added_follows_each_line_once(stack: Stack, running: Pretended) -> None:
    found = lines(stack, "api", follow=True, tail=1)
    first = next(found)
    says(running, "deployment-api-0", "a", "c", "d", "e")
    assert [first, *islice(found, 2)] == ["c", "d", "e"]


def test_pod_that_starts_later_joins(stack: Stack, running: Pretended) -> None:
    found = lines(stack, "api", follow=True, tail=None)
    assert [*islice(found, 2)] == ["a", "c"]
    first = running.objects[path_of("v1", "Pod", "shop", "deployment-api-0")]
    running.add({**first, "metadata": {**first["metadata"], "name": "deployment-api-1"}})
    says(running, "deployment-api-1", "d")
    assert next(found) == "deployment-api-1 main | d"


def test_secrets_are_hidden_from_then_on(stack: Stack, running: Pretended) -> None:
    password = base64.b64decode(running.objects[PASSWORD]["data"]["admin_password"]).decode()
    read(stack)
    assert password not in redaction.shown(f"the password is {password}")


def test_what_never_started_says_why(stack: Stack, running: Pretended) -> None:
    running.proxied.clear()
    pod = running.objects[path_of("v1", "Pod", "shop", "deployment-api-0")]
    waiting = {"waiting": {"reason": "ImagePullBackOff"}}
    pod["status"] = {"containerStatuses": [{"name": "main", "state": waiting}]}
    with pytest.raises(Unavailable, match="ImagePullBackOff") as caught:
        read(stack, "api")
    assert caught.value.problems[0].code == "unit.not-started"


def test_stack_that_does_not_run_has_no_logs(stack: Stack, cluster: Pretended) -> None:
    with pytest.raises(Unavailable) as caught:
        read(stack)
    assert caught.value.problems[0].code == "stack.never-started"

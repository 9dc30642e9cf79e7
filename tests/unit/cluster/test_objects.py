"""Objects are applied in the order in which they need each other, and compared without what the server adds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackctl.cluster.objects import (
    CONFIGURATION,
    MANAGED_BY,
    PART_OF,
    differences,
    loaded_mark,
    mark_of,
    thing,
    things,
    unlisted,
)
from stackctl.tree import File, Tree

LABELS = {MANAGED_BY[0]: MANAGED_BY[1]}


def content(kind: str, name: str, version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": LABELS}, **fields}


def tree(*contents: dict[str, Any]) -> Tree:
    files = {f"{number}.yaml": File(json.dumps(each).encode()) for number, each in enumerate(contents)}
    return Tree("shop", "kubernetes", files, ())


def deployment(**pod: Any) -> dict[str, Any]:
    return content("Deployment", "d", "apps/v1", spec={"template": {"spec": pod}})


def test_what_others_need_is_applied_first_and_patches_never() -> None:
    patch = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "patched"}}
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": []}
    found = things(tree(deployment(), content("Service", "s"), patch, kustomization, content("Secret", "x")))
    assert [str(each) for each in found] == ["Secret x", "Service s", "Deployment d"]
    assert [str(each) for each in unlisted(found, found[1:2])] == ["Deployment d", "Secret x"]


def test_secrets_are_encoded_so_that_a_removed_key_goes() -> None:
    (secret,) = things(tree(content("Secret", "x", stringData={"token": "abc"})))
    assert secret.content["data"] == {"token": "YWJj"}
    assert "stringData" not in secret.content


def test_pods_start_again_when_what_they_read_changes() -> None:
    def digest_of(value: str, **labels: str) -> str | None:
        read = content("ConfigMap", "c", data={"a": value})
        read["metadata"]["labels"] = {**LABELS, **labels}
        *_, made = things(tree(read, deployment(volumes=[{"configMap": {"name": "c"}}])))
        metadata = made.content["spec"]["template"].get("metadata") or {}
        return (metadata.get("annotations") or {}).get(CONFIGURATION)

    assert digest_of("1") == digest_of("1") != digest_of("2")
    # Grafana reads dashboards again by itself.
    assert digest_of("1", grafana_dashboard="1") is None


KINDS = {
    "ServiceMonitor": {"endpoints": [{"port": "http"}, {"port": "other", "relabelings": [{"action": "keep"}]}]},
    "PodMonitor": {"podMetricsEndpoints": [{"port": "http"}]},
    "ScrapeConfig": {"jobName": "a"},
    "Probe": {"targets": {"staticConfig": {"static": ["http://a"]}}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_job_shows_which_object_it_was_made_of(kind: str) -> None:
    def marked(value: str, password: str) -> str:
        login = {"basicAuth": {"password": {"name": "s", "key": "p"}}}
        monitor = content(kind, "m", "monitoring.coreos.com/v1", spec={**KINDS[kind], **login, "some": value})
        *_, made = things(tree(content("Secret", "s", stringData={"p": password}), monitor))
        return mark_of(made)

    assert marked("a", "x") == marked("a", "x") != ""
    assert len({marked("a", "x"), marked("b", "x"), marked("a", "y")}) == 3


def test_digest_is_in_every_job_of_an_object_and_read_from_a_loaded_one() -> None:
    (made,) = things(tree(content("ServiceMonitor", "m", "monitoring.coreos.com/v1", spec=KINDS["ServiceMonitor"])))
    steps = [endpoint["relabelings"][-1] for endpoint in made.content["spec"]["endpoints"]]
    assert len(steps) == 2
    loaded = [{"target_label": each["targetLabel"], "replacement": each["replacement"]} for each in steps]
    assert {loaded_mark({"relabel_configs": [{"action": "keep"}, each]}) for each in loaded} == {mark_of(made)}
    assert loaded_mark({}) == ""


def test_difference_is_named_by_its_path_and_not_by_its_value() -> None:
    found = content("Secret", "x", data={"token": "b2xk", "same": "x"}, status={"phase": "a"})
    found["metadata"] |= {"uid": "1", "resourceVersion": "7", "managedFields": []}
    assert differences(found, content("Secret", "x", data={"token": "b2xk", "same": "x"})) == ()
    assert differences(found, content("Secret", "x", data={"token": "bmV3", "same": "x"})) == ("data.token",)


def test_object_without_the_labels_of_the_stack_is_of_somebody_else() -> None:
    ours, theirs = content("Service", "s"), content("Service", "s")
    ours["metadata"]["labels"] = {**LABELS, PART_OF: "shop"}
    theirs["metadata"]["labels"] = {**LABELS, PART_OF: "another"}
    assert thing(ours).is_of(thing(ours))
    assert thing(content("Service", "s")).is_of(thing(ours))
    assert not thing(theirs).is_of(thing(ours))
    assert not thing({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}).is_of(thing(ours))

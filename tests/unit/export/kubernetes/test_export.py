"""The whole export: which files there are, and where its secrets are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import InputError
from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.scrape_config import export_scrape_config
from stackctl.model import Stack
from tests.unit.export.manifests import services_in, stack_in


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path)


def test_a_secret_is_in_a_secret_file_alone(stack: Stack) -> None:
    for tree in (export_kubernetes(stack, Cluster()), export_scrape_config(stack)):
        holders = [path for path, file in tree if b"hunter2" in file.content]
        assert holders
        assert all(tree.files[path].secret and path.startswith("secrets/") for path in holders)
        assert tree.files[".gitignore"].content == b"secrets/\n"


def test_kustomization_lists_every_object_but_secrets_and_patches(stack: Stack) -> None:
    tree = export_kubernetes(stack, Cluster())
    objects = {path for path in tree.files if path.endswith(".yaml") and "/" not in path} - {"kustomization.yaml"}
    assert objects == set(tree.yaml("kustomization.yaml")["resources"])
    assert {"api-server-service.yaml", "api-server-servicemonitor.yaml", "worker-servicemonitor.yaml"} < objects
    assert {"rules-shop-rules.yaml", "dashboard-shop.yaml"} < objects


def test_a_stack_without_objects_has_no_kustomization(tmp_path: Path) -> None:
    stack = replace(services_in(tmp_path, "{api: {targets: ['api:1']}}"), services=())
    tree = export_kubernetes(stack, Cluster())
    assert [path for path in tree.files if path.endswith(".yaml")] == []


def test_services_of_similar_names_have_objects_of_their_own(tmp_path: Path) -> None:
    stack = services_in(tmp_path, "{a-b: {targets: ['a:1']}, a_b: {targets: ['b:2']}}")
    tree = export_kubernetes(stack, Cluster())
    monitors = [tree.yaml(path) for path in tree.files if path.endswith("-servicemonitor.yaml")]
    assert len({each["metadata"]["name"] for each in monitors}) == 2
    assert {each["spec"]["endpoints"][0]["relabelings"][1]["replacement"] for each in monitors} == {"a-b", "a_b"}


def test_every_reference_to_a_secret_has_its_content(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken-in-a-file")
    stack = services_in(
        tmp_path,
        """
  token: {targets: ["a:1"], authorization: {credentials_file: token}}
  oauth: {targets: ["10.0.0.1:1"], oauth2: {client_id: me, client_secret: s3cret-0, token_url: "http://t"}}
  proxy: {targets: ["a:1"], proxy_url: "http://p:1", proxy_connect_header: {X-Key: [s3cret-1, s3cret-2]}}
  found: {discovery: {consul_sd_configs: [{server: "c:1", token: s3cret-3}, {server: "d:1", token: s3cret-4}]}}
""",
    )
    tree = export_kubernetes(stack, Cluster())
    secrets = {
        (content["metadata"]["name"], key): text
        for path in tree.files
        if path.startswith("secrets/")
        for content in [tree.yaml(path)]
        for key, text in content["stringData"].items()
    }
    used = {each for path in tree.files if "secrets/" not in path for each in references(tree.yaml(path))}
    assert used == secrets.keys()
    assert {"t0ken-in-a-file", "me", *(f"s3cret-{number}" for number in range(5))} == set(secrets.values())


def references(value: Any) -> set[tuple[str, str]]:
    if isinstance(value, dict):
        own = {(value["name"], value["key"])} if value.keys() == {"name", "key"} else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_refuses_unknown_discovery_with_the_place(tmp_path: Path) -> None:
    stack = services_in(tmp_path, "{api: {discovery: {ec2_sd_configs: [{region: x}]}}}")
    with pytest.raises(InputError, match="discovered by `ec2_sd_configs` cannot be exported") as refused:
        export_kubernetes(stack, Cluster())
    assert refused.value.problems[0].position is not None

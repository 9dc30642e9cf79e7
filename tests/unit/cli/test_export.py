"""`stackctl export`: what it writes, says and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.cli.main import main
from stackctl.model import Stack
from tests.unit.export.manifests import stack_in


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path)


def exported(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """What the command says of the manifest in `folder`."""
    code = main(["-f", str(folder / "stack.yml"), "export", "kubernetes", "--out", str(folder / "out"), *arguments])
    return code, capsys.readouterr().err.splitlines()


def test_next_step_applies_secrets_and_counts_visible_files(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = exported(tmp_path, capsys)
    out, apply = tmp_path / "out", "kubectl apply --server-side"
    seen = [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert (code, said) == (
        0,
        [
            f"wrote {len(seen)} files to {out}; next: {apply} -f {out}/secrets && {apply} -k {out}",
            "left to the cluster: prometheus, grafana; `--servers` exports them too",
        ],
    )
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\nservices: {api: {targets: ['api:1']}}\n")
    _, (line, _) = exported(tmp_path, capsys)
    assert line.endswith(f"next: {apply} -k {out}")


def test_a_job_that_pushes_is_said_to_have_no_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\npushgateway: {}\nservices: {api: {targets: ['api:1']}, nightly: {push: {}}}\n"
    )
    _, (_, _, note) = exported(tmp_path, capsys)
    assert note.startswith("no object for nightly, which pushes")


@pytest.mark.parametrize("name", ["Bad NS", "a_b", "-a", "a-", "x" * 64, "a.b", "ä"])
def test_a_namespace_that_kubernetes_refuses_is_refused_first(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code, said = exported(tmp_path, capsys, f"--namespace={name}")
    assert code == 2
    assert said[0] == f"error: --namespace: Kubernetes does not accept `{name}`"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a", "team-1", "x" * 63])
def test_a_good_namespace_is_in_every_object(stack: Stack, tmp_path: Path, capsys: Any, name: str) -> None:
    assert exported(tmp_path, capsys, "--namespace", name)[0] == 0
    for path in (tmp_path / "out").glob("*.yaml"):
        if path.name != "kustomization.yaml":
            assert yaml.safe_load(path.read_text())["metadata"]["namespace"] == name


@pytest.mark.parametrize("label", ["a b=c", "a=b c", "-a=b", "a=b-", f"a={'x' * 64}", "A.b/c=d", "/a=b", "a=ä"])
def test_a_label_that_kubernetes_refuses_is_refused_first(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str], label: str
) -> None:
    code, said = exported(tmp_path, capsys, "--label", label)
    assert (code, said[0]) == (2, f"error: --label: Kubernetes does not accept `{label}`")


@pytest.mark.parametrize("label", ["release=prometheus", "a.b/C_d=", "a=1.x-Y"])
def test_a_good_label_is_in_every_object(stack: Stack, tmp_path: Path, capsys: Any, label: str) -> None:
    assert exported(tmp_path, capsys, "--label", label)[0] == 0
    key, _, value = label.partition("=")
    service = yaml.safe_load((tmp_path / "out" / "worker-service.yaml").read_text())
    assert service["metadata"]["labels"][key] == value


def test_what_no_object_has_a_field_for_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {api: {targets: ['api:1'], extra_scrape_metrics: true}}\n"
    )
    code, said = exported(tmp_path, capsys)
    assert code == 0
    assert any("services.api: `extra_scrape_metrics` cannot be exported" in line for line in said)


def test_servers_are_exported_when_asked_for(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported(tmp_path, capsys)
    assert not (tmp_path / "out" / "servers").exists()
    with (tmp_path / "stack.yml").open("a") as manifest:
        manifest.write('exporters: {redis: {address: "redis:6379"}}\n')
    code, said = exported(tmp_path, capsys, "--servers")
    assert code == 0
    assert (tmp_path / "out" / "servers" / "prometheus.yaml").is_file()
    assert not any("left to the cluster" in line for line in said)


def test_what_is_left_to_the_cluster_is_named(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, said = exported(tmp_path, capsys)
    assert said[-1] == "left to the cluster: prometheus, grafana; `--servers` exports them too"


def test_pods_that_read_their_nodes_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\nexporters: {node: {}, cadvisor: {}}\n")
    _, said = exported(tmp_path, capsys, "--servers")
    assert said[-1].startswith("node, cadvisor mount folders of their nodes: their namespace needs the label")

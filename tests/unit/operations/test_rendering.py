"""The plain tree of a manifest: Grafana's password, and how a folder differs from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.operations.rendering import drifted, hints, rendered
from stackctl.render import PASSWORD_FILE
from stackctl.render.write import Difference, differences, write
from stackctl.state import State
from stackctl.tree import Tree

MANIFEST = "version: 1\nname: shop\nservices: {api: {targets: ['localhost:8000']}}\ngrafana: {}\n"


@pytest.fixture
def manifest(manifest: Path) -> Path:
    manifest.write_text(MANIFEST)
    return manifest


def password(tree: Tree) -> str:
    return tree.files[c.GRAFANA_PASSWORD_FILE].content.decode()


def test_a_generated_password_is_the_same_the_next_time(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(rendered(manifest, "docker", out, keep=True), out)
    first = (out / PASSWORD_FILE).read_text()
    assert len(first) >= 16
    assert list(differences(rendered(manifest, "docker", out, keep=True), out)) == []
    assert password(rendered(manifest, "native", None, keep=True)) == first


def test_password_of_an_earlier_render_is_that_of_the_folder(manifest: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / PASSWORD_FILE).parent.mkdir(parents=True)
    (out / PASSWORD_FILE).write_text("hunter2hunter2")
    assert password(rendered(manifest, "docker", out, keep=True)) == "hunter2hunter2"
    assert not State.beside(manifest).root.exists()


def test_a_check_does_not_make_a_password(manifest: Path, tmp_path: Path) -> None:
    assert password(rendered(manifest, "docker", tmp_path / "out", keep=False)) == ""
    assert [path.name for path in manifest.parent.iterdir()] == ["stack.yml"]


def test_password_of_the_manifest_needs_no_state(manifest: Path) -> None:
    manifest.write_text(MANIFEST.replace("grafana: {}", "grafana: {admin: {password: correct-horse}}"))
    assert password(rendered(manifest, "docker", None, keep=True)) == "correct-horse"
    assert not State.beside(manifest).root.exists()


def test_what_check_refuses_is_not_rendered(manifest: Path) -> None:
    manifest.write_text(MANIFEST + "grafna: {}\n")
    with pytest.raises(InputError, match="grafna"):
        rendered(manifest, "docker", None, keep=True)


def test_drift_names_every_file(tmp_path: Path) -> None:
    found = drifted(
        tmp_path, [Difference("a.yml", "changed", b"", b"x", False), Difference("b.yml", "removed", b"", None, False)]
    )
    (problem,) = found.problems
    assert problem.summary == f"{tmp_path} has drifted from the manifest: 2 of its files differ"
    assert problem.cause == "  changed: a.yml\n  removed: b.yml"


@pytest.mark.parametrize(("group", "runtime", "count"), [(None, "docker", 0), (1234, "docker", 1), (1234, "native", 0)])
def test_group_is_needed_only_where_containers_share_files(
    group: int | None, runtime: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.ownership.shared_group", lambda _: group)
    found = list(hints(Tree("shop", runtime, {}, ()), tmp_path))
    assert len(found) == count
    assert all("`STACKCTL_GID=1234`" in hint for hint in found)


def test_stack_in_a_cluster_is_rendered_as_its_objects(manifest: Path, tmp_path: Path) -> None:
    manifest.write_text(f"{MANIFEST}runtime: kubernetes\nkubernetes: {{context: prod, namespace: there}}\n")
    out = tmp_path / "out"
    tree = rendered(manifest, "docker", out, keep=True)
    assert "namespace: there" in tree.files["servers/prometheus.yaml"].content.decode()
    assert c.COMPOSE_FILE not in tree.files
    # What others apply has the digests by which `verify` knows whether it was loaded.
    monitors = [file.content for _, file in tree if b"\nkind: ServiceMonitor\n" in file.content]
    assert monitors
    assert all(b"targetLabel: __tmp_stackctl" in each for each in monitors)
    write(tree, out)
    assert list(differences(rendered(manifest, "docker", out, keep=False), out)) == []

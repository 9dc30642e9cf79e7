"""Whole trees: a missing, a changed and an extra file all fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stackctl.tree import Tree
from tests.golden.cases import AUTH_SECRETS, CASES, SECRETS, TREES, tree_of

# Git must not take the rendered ignore file for one of this repository.
_STORED = {".gitignore": "gitignore"}


@pytest.mark.parametrize(("case", "runtime"), CASES)
def test_a_tree_is_byte_for_byte_its_golden_one(case: str, runtime: str, update_golden: bool) -> None:
    tree = tree_of(case, runtime)
    folder = TREES / case / runtime
    if update_golden:
        _store(tree, folder)
    expected = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    actual = {_STORED.get(path, path): file.content for path, file in tree}
    assert sorted(actual) == sorted(expected)
    for path, content in actual.items():
        assert content.decode() == expected[path].decode(), path


@pytest.mark.parametrize(("case", "runtime"), CASES)
def test_two_renderings_are_equal(case: str, runtime: str) -> None:
    assert tree_of(case, runtime) == tree_of(case, runtime)


def test_both_runtimes_read_the_same_rules_and_dashboards() -> None:
    docker, native = tree_of("full", "docker"), tree_of("full", "native")
    shared = [path for path in docker.files if path.startswith(("prometheus/rules/", "grafana/dashboards/"))]
    assert len(shared) == 3
    assert all(docker.files[path] == native.files[path] for path in shared)


@pytest.mark.parametrize(("case", "runtime"), CASES)
def test_no_readable_file_has_a_secret(case: str, runtime: str) -> None:
    hidden = {value.encode() for value in {**SECRETS, **AUTH_SECRETS}.values()}
    readable = [(path, file.content) for path, file in tree_of(case, runtime) if not file.secret]
    assert not [(path, value) for path, content in readable for value in hidden if value in content]


@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_every_secret_is_in_a_secret_file(runtime: str) -> None:
    tree = tree_of("secrets", runtime)
    stored = [file.content.decode() for _, file in tree if file.secret]
    # Compose takes the variables of a service's own container from its own environment.
    expected = set(SECRETS.values()) - ({SECRETS["WORKER_TOKEN"]} if runtime == "docker" else set())
    assert not [value for value in expected if not any(value in content for content in stored)]


def _store(tree: Tree, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for path, file in tree:
        place = folder / _STORED.get(path, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Stack

HEAD = "version: 1\nname: shop\nexporters: {node: {}}\ngrafana: {}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b", "a", "deep/c", "deep/er/a", ".hidden/x"):
        path = tmp_path / "rules" / f"{name}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'groups: [{{name: g, rules: [{{record: "{path.stem}:up", expr: up}}]}}]\n')
    for name in ("one", "shop/two"):
        path = tmp_path / "boards" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"title": path.stem, "uid": path.stem, "panels": []}))
    (tmp_path / "boards" / "shop" / "compact.yml").write_text(
        "title: Compact\nrows: [{panels: [{title: Up, query: up}]}]\n"
    )
    return tmp_path


def loaded(folder: Path, text: str) -> Stack:
    (folder / "stack.yml").write_text(f"{HEAD}{text}\n")
    return load(folder / "stack.yml", environ={})


def sources(stack: Stack) -> list[str]:
    return [file.source for file in stack.rules]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("rules/*.yml", ["a", "b"]),
        ("rules/**/*.yml", ["a", "b", "deep/c", "deep/er/a"]),
        ("rules/**", ["a", "b", "deep/c", "deep/er/a"]),
        ("**/er/*.yml", ["deep/er/a"]),
        ("rules/[^a].yml", ["b"]),
        ("rules/d*/?.yml", ["deep/c"]),
    ],
)
def test_pattern_names_files_in_order(folder: Path, pattern: str, found: list[str]) -> None:
    stack = loaded(folder, f'rules: [{{file: "{pattern}"}}]')
    assert sources(stack) == [f"rules/{name}.yml" for name in found]
    assert len({file.path for file in stack.rules}) == len(found)
    assert {file.origin.line for file in stack.rules} == {5}


def test_file_is_read_once_by_the_entry_that_names_it(folder: Path) -> None:
    stack = loaded(folder, 'rules: [{file: "rules/*.yml"}, {file: "./rules/**"}, {file: ./rules/b.yml}]')
    assert sources(stack) == ["rules/a.yml", "rules/deep/c.yml", "rules/deep/er/a.yml", "./rules/b.yml"]


def test_new_file_is_found_when_the_manifest_is_read_again(folder: Path) -> None:
    text = 'rules: [{file: "rules/*.yml"}]'
    assert len(loaded(folder, text).rules) == 2
    (folder / "rules" / "aa.yml").write_text("groups: []\n")
    assert sources(loaded(folder, text)) == ["rules/a.yml", "rules/aa.yml", "rules/b.yml"]


def test_dashboards_of_a_pattern_are_in_the_folder_of_their_entry(folder: Path) -> None:
    stack = loaded(folder, 'dashboards: [{file: "boards/*.json"}, {file: "boards/shop/*", folder: Shop}]')
    assert [(board.title, board.folder) for board in stack.dashboards] == [
        ("one", ""), ("Compact", "Shop"), ("two", "Shop"),
    ]  # fmt: skip


def test_links_to_folders_are_not_followed_in_circles(folder: Path) -> None:
    (folder / "rules" / "deep" / "circle").symlink_to("../../rules")
    assert len(loaded(folder, 'rules: [{file: "rules/**/*.yml"}]').rules) == 4


def test_mistakes_in_files_of_a_pattern_are_reported_at_their_lines(folder: Path) -> None:
    (folder / "rules" / "b.yml").write_text("groups:\n- name: g\n  rules: [{alert: A}]\n")
    (folder / "rules" / "a.yml").write_text("groups:\n- nam: g\n")
    with pytest.raises(InputError) as error:
        loaded(folder, 'rules: [{file: "rules/*.yml"}]')
    places = [problem.position for problem in error.value.problems]
    assert {(place.file, place.line) for place in places if place} == {("rules/a.yml", 2), ("rules/b.yml", 3)}


def test_file_with_the_signs_of_a_pattern_is_itself(folder: Path) -> None:
    (folder / "rules" / "[a].yml").write_text("groups: []\n")
    assert sources(loaded(folder, 'rules: [{file: "rules/[a].yml"}]')) == ["rules/[a].yml"]


def test_pattern_outside_of_the_folder_is_refused(folder: Path) -> None:
    for pattern in ("../**/*.yml", "/**", "rules/../../**"):
        with pytest.raises(InputError, match="outside of the manifest's folder"):
            loaded(folder, f'rules: [{{file: "{pattern}"}}]')

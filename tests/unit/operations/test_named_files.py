"""Rule files and dashboards that are named on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import Files
from stackctl.operations.named_files import find_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "rules/a.yml": "groups: []\n",
        "rules/b.rules": "# Ours.\ngroups:\n  - name: g\n",
        "rules/values.yml": "replicas: 3\n",
        "boards/shop.json": json.dumps({"title": "Shop", "panels": []}),
        "boards/compact.yml": "title: Shop\nrows: []\n",
        "boards/package.json": "{}",
        ".git/c.yml": "groups: []\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_finds_what_is_in_a_folder_and_leaves_out_the_rest(folder: Path) -> None:
    assert find_files([folder], folder) == Files(
        ("rules/a.yml", "rules/b.rules"), ("boards/compact.yml", "boards/shop.json")
    )


def test_file_that_is_named_twice_is_checked_once(folder: Path) -> None:
    assert find_files([folder / "rules", folder / "rules/a.yml"], folder).rules == ("rules/a.yml", "rules/b.rules")


def test_paths_begin_at_the_folder_of_the_manifest(folder: Path) -> None:
    assert find_files([folder / "rules/a.yml"], folder / "boards").rules == ("../rules/a.yml",)


def test_all_paths_that_cannot_be_checked_are_reported(folder: Path) -> None:
    wrong = [folder / "nothing.yml", folder / "rules/values.yml", folder / "boards/package.json"]
    with pytest.raises(InputError) as raised:
        find_files(wrong, folder)
    assert [problem.summary.removeprefix(f"{folder}/") for problem in raised.value.problems] == [
        "nothing.yml does not exist",
        "rules/values.yml is neither a rule file nor a dashboard",
        "boards/package.json is neither a rule file nor a dashboard",
    ]


def test_manifest_that_is_named_as_a_file_is_reported_with_its_option(folder: Path) -> None:
    path = folder / "stack.prod.yml"
    path.write_text("version: 1\nname: shop\nservices: {}\n")
    with pytest.raises(InputError) as raised:
        find_files([path], folder)
    (problem,) = raised.value.problems
    assert problem.summary == f"{path} is a manifest, and not a rule file or a dashboard"
    assert problem.remedy == f"To check it, run `stackctl --manifest {path} check`."

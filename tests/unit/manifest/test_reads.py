"""The record of what a manifest is read from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl.manifest import read
from stackctl.manifest.reads import Reads, recorded

RULE = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules" / "deep").mkdir(parents=True)
    (tmp_path / "r.yml").write_text(RULE)
    (tmp_path / "rules" / "a.yml").write_text(RULE.replace("g,", "a,"))
    rules = "rules: [{file: r.yml}, {file: 'rules/**/*.yml'}]\n"
    (tmp_path / "stack.yml").write_text(
        f'version: 1\nname: shop\nservices: {{api: {{targets: ["localhost:8000"]}}}}\n{rules}'
    )
    return tmp_path


def reads_of(folder: Path) -> Reads:
    with recorded() as reads:
        read(folder / "stack.yml", {})
    return reads


def rewrite(folder: Path) -> None:
    (folder / "r.yml").write_text(RULE + "# more\n")


def replace_by_rename(folder: Path) -> None:
    (folder / ".r.swp").write_text(RULE)
    (folder / ".r.swp").replace(folder / "r.yml")


def remove(folder: Path) -> None:
    (folder / "r.yml").unlink()


def add_file(folder: Path) -> None:
    (folder / "rules" / "deep" / "b.yml").write_text(RULE)


def add_variables(folder: Path) -> None:
    (folder / ".env").write_text("A=b\n")


def change_target_of_link(folder: Path) -> None:
    other = folder / "other"
    other.write_text(RULE)
    (folder / "new").symlink_to(other)
    (folder / "new").replace(folder / "r.yml")


@pytest.mark.parametrize(
    "edit",
    [rewrite, replace_by_rename, remove, add_file, add_variables, change_target_of_link],
    ids=lambda e: e.__name__,
)
def test_sees_each_kind_of_edit(folder: Path, edit: Callable[[Path], None]) -> None:
    reads = reads_of(folder)
    assert not reads.have_changed()
    edit(folder)
    assert reads.have_changed()
    assert not reads_of(folder).have_changed()


def test_ignores_other_files(folder: Path) -> None:
    reads = reads_of(folder)
    (folder / "notes.txt").write_text("x")
    (folder / "rules" / "deep" / "a.yml~").write_text("x")
    assert not reads.have_changed()


def test_names_the_folders_in_which_an_edit_is_seen(folder: Path) -> None:
    assert reads_of(folder).folders() == {folder, folder / "rules", folder / "rules" / "deep"}


def test_names_the_folder_of_what_a_link_leads_to(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "r.yml").replace(folder / "elsewhere" / "r.yml")
    (folder / "r.yml").symlink_to("elsewhere/r.yml")
    assert folder / "elsewhere" in reads_of(folder).folders()


def test_names_the_nearest_folder_of_a_file_that_is_missing(folder: Path) -> None:
    (folder / "stack.yml").write_text(
        (folder / "stack.yml").read_text().replace("file: r.yml", "file: not/there/r.yml")
    )
    reads = reads_of(folder)
    assert folder in reads.folders()
    (folder / "not" / "there").mkdir(parents=True)
    (folder / "not" / "there" / "r.yml").write_text(RULE)
    assert reads.have_changed()


def test_records_nothing_unless_asked(folder: Path) -> None:
    reads = reads_of(folder)
    before = dict(reads.files)
    read(folder / "stack.yml", {})
    assert reads.files == before

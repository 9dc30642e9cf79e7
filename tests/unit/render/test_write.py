from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackctl.errors import InputError, Unavailable
from stackctl.render.write import differences, write
from stackctl.tree import File, Tree

INDEX = File(b"{}")


def tree(**files: bytes) -> Tree:
    named = {
        path.replace("__", "/"): File(content, secret=path.startswith("secrets")) for path, content in files.items()
    }
    return Tree("shop", "docker", {**named, "stackctl.json": INDEX}, ())


def test_a_folder_holds_the_tree_and_nothing_else_afterwards(tmp_path: Path) -> None:
    write(tree(a=b"1", b__c=b"2"), tmp_path / "new" / "out")
    out = tmp_path / "new" / "out"
    (out / "stray").write_text("x")
    write(tree(a=b"3"), out)
    assert sorted(path.name for path in out.iterdir()) == ["a", "stackctl.json"]
    assert differences(tree(a=b"3"), out) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("x")
    with pytest.raises(InputError, match="holds files that stackctl has not written"):
        write(tree(a=b"1"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["theirs"]


def test_force_keeps_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("x")
    write(tree(a=b"1"), tmp_path, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "stackctl.json", "theirs"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(InputError, match="is not a folder"):
        write(tree(), tmp_path / "out")


def test_secrets_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(tree(secrets__x__y=b"1", a=b"2"), tmp_path / "out")
    finally:
        os.umask(before)
    modes = {
        name: (tmp_path / "out" / name).stat().st_mode & 0o777 for name in ("secrets", "secrets/x", "secrets/x/y", "a")
    }
    assert modes == {"secrets": 0o711, "secrets/x": 0o750, "secrets/x/y": 0o440, "a": 0o644}


def test_a_repository_in_the_folder_stays(tmp_path: Path) -> None:
    write(tree(a=b"1"), tmp_path)
    (tmp_path / ".git" / "empty").mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("x")
    write(tree(a=b"1"), tmp_path)
    assert (tmp_path / ".git" / "HEAD").exists()
    assert (tmp_path / ".git" / "empty").exists()
    assert differences(tree(a=b"1"), tmp_path) == []


def test_every_kind_of_difference_is_found(tmp_path: Path) -> None:
    write(tree(a=b"1", b=b"1"), tmp_path)
    found = differences(tree(b=b"2", c=b"3"), tmp_path)
    assert [(one.path, one.kind) for one in found] == [("a", "removed"), ("b", "changed"), ("c", "added")]


def test_missing_folder_differs_in_every_file(tmp_path: Path) -> None:
    assert [one.kind for one in differences(tree(a=b"1"), tmp_path / "none")] == ["added", "added"]


def test_diff_never_shows_a_secret(tmp_path: Path) -> None:
    write(tree(secrets__x=b"old-secret", a=b"1\n"), tmp_path)
    shown = "".join(one.unified() for one in differences(tree(secrets__x=b"new-secret", a=b"2\n"), tmp_path))
    assert "secret changed: secrets/x" in shown
    assert "-1\n+2\n" in shown
    assert "old-secret" not in shown
    assert "new-secret" not in shown


def test_a_failed_write_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree(a=b"1"), tmp_path)
    real = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if data == b"last":
            raise OSError(28, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Unavailable, match="No space left"):
        write(tree(a=b"2", z=b"last"), tmp_path)
    assert differences(tree(a=b"1"), tmp_path) == []

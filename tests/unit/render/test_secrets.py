"""Secrets of a configuration become files, and their keys name them."""

from __future__ import annotations

from stackctl.render.secrets import SecretFiles, file_name
from stackctl.source import Attached, Secret


def test_password_becomes_a_file_that_its_key_names() -> None:
    secrets = SecretFiles("prometheus")
    block = {"basic_auth": {"username": "me", "password": Secret("right-horse")}}
    made = secrets.plain(block, ("jobs", "api"))
    ((path, file),) = secrets.files.items()
    assert made == {"basic_auth": {"username": "me", "password_file": f"../{path}"}}
    assert (file.content, file.secret) == (b"right-horse", True)
    assert not secrets.in_clear


def test_secret_that_no_file_can_hold_is_in_clear() -> None:
    secrets = SecretFiles("prometheus")
    assert secrets.plain({"anything": Secret("right-horse")}, ("x",)) == {"anything": "right-horse"}
    assert secrets.in_clear


def test_file_of_the_user_is_part_of_the_tree() -> None:
    secrets = SecretFiles("prometheus")
    made = secrets.plain({"files": [Attached("targets/a.yml", "[]", secret=False)]}, ("file_sd_configs",))
    assert made == {"files": ["../prometheus/files/targets/a.yml"]}
    assert not secrets.files["prometheus/files/targets/a.yml"].secret


def test_different_parts_have_different_names() -> None:
    assert file_name("api", "password") == "api.password"
    names = {file_name("a.b", "c"), file_name("a", "b.c"), file_name("a", "b", "c"), file_name("a/b", "c")}
    assert len(names) == 4
    assert all("/" not in name for name in names)
    assert len(file_name("x" * 500)) < 130

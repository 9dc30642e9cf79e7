"""Hashes of units say what needs a restart."""

from __future__ import annotations

from stackctl.render.units import fingerprint
from stackctl.tree import File

FILES = {"a/x": File(b"1"), "secrets/a/pw": File(b"one", secret=True), "b/y": File(b"2")}


def changed(path: str, content: bytes) -> dict[str, File]:
    return {**FILES, path: File(content, secret=FILES[path].secret)}


def test_only_files_of_its_folders_count() -> None:
    before = fingerprint(["x"], FILES, b"salt", ("a/",))
    assert fingerprint(["x"], changed("a/x", b"other"), b"salt", ("a/",)) != before
    assert fingerprint(["x"], changed("b/y", b"other"), b"salt", ("a/",)) == before
    assert fingerprint(["y"], FILES, b"salt", ("a/",)) != before


def test_secret_counts_only_with_a_salt() -> None:
    other = changed("secrets/a/pw", b"two")
    assert fingerprint([], FILES, b"salt", ("secrets/",)) != fingerprint([], other, b"salt", ("secrets/",))
    assert fingerprint([], FILES, b"", ("secrets/",)) == fingerprint([], other, b"", ("secrets/",))
    assert fingerprint([], FILES, b"one", ("secrets/",)) != fingerprint([], FILES, b"two", ("secrets/",))

"""Any file is text or a problem with what to do."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import named_files, read_text


def refused(path: Path) -> Diagnostic:
    """Return the only problem of reading a file."""
    problems = Problems()
    assert read_text(path, path.name, problems) is None
    (problem,) = problems
    return problem


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"a\nb\xffc", "the byte 0xff in line 2, at byte 2"),
        (b"a\nbc\0", "a zero byte in line 2, at byte 3"),
        (codecs.BOM_UTF8 + b"a\xff", "the byte 0xff in line 1, at byte 5"),
    ],
)
def test_names_the_place_of_what_is_not_utf_8(tmp_path: Path, content: bytes, place: str) -> None:
    (tmp_path / "a.yml").write_bytes(content)
    assert refused(tmp_path / "a.yml").summary == f"a.yml is not a text file in UTF-8: {place}"


def test_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(codecs.BOM_UTF8 + "ä".encode())
    assert read_text(tmp_path / "a.yml", "a.yml", Problems()) == "ä"


def test_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    for name in ("shop.yml", "other.yml", "x.json"):
        (tmp_path / name).touch()
    assert refused(tmp_path / "shp.yml").remedy.endswith("contains: other.yml, shop.yml.")


def test_pattern_names_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    for name in ("b.yml", "a.yml", "c.txt"):
        (tmp_path / "rules" / name).touch()
    assert named_files("rules/*.yml", tmp_path) == ["rules/a.yml", "rules/b.yml"]
    assert named_files("rules/[^a].yml", tmp_path) == ["rules/b.yml"]
    assert named_files("rules/d.yml", tmp_path) == ["rules/d.yml"]
    assert named_files("../*.yml", tmp_path) == ["../*.yml"]

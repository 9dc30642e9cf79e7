"""Logs of several units, and logs that grow."""

from __future__ import annotations

from pathlib import Path

from stackctl.runtimes.native import tail


def test_prefixes_lines_with_the_unit_if_there_are_several(tmp_path: Path) -> None:
    logs = {name: tmp_path / f"{name}.log" for name in ("a", "long")}
    logs["a"].write_text("1\n2\n3\n")
    logs["long"].write_text("4\n")
    assert list(tail.lines(logs, follow=False, tail=2)) == ["a    | 2", "a    | 3", "long | 4"]
    assert list(tail.lines({"a": logs["a"]}, follow=False, tail=None)) == ["1", "2", "3"]


def test_follows_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("old\n")
    lines = tail.lines({"a": log}, follow=True, tail=1)
    assert next(lines) == "old"
    with log.open("a") as out:
        out.write("first\nsec")
        out.flush()
        assert next(lines) == "first"
        out.write("ond\n")
    assert next(lines) == "second"

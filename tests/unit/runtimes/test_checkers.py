"""A call of a checker has the paths of where it runs."""

from __future__ import annotations

from stackctl.runtimes.checkers import FILES, TREE, Call


def test_arguments_name_the_folders_of_the_runner() -> None:
    call = Call("prometheus", "promtool", ("check", f"--lint={FILES}/a", f"{TREE}/prometheus.yml"), {"a": b"x"})
    assert call.command("/tree", "/tmp/f") == ["check", "--lint=/tmp/f/a", "/tree/prometheus.yml"]
    assert "x" not in repr(call)

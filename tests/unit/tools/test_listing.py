"""Which version of each program is where."""

from __future__ import annotations

from typing import Any

from stackctl.tools import install
from stackctl.tools.catalogue import PROGRAMS, release_of
from stackctl.tools.listing import rows_of_programs


def rows() -> dict[str, dict[str, Any]]:
    return {str(row["tool"]): dict(row) for row in rows_of_programs()}


def test_every_program_has_a_row_wherever_it_is(tmp_path, program):
    path = program(tmp_path / "path", "amtool", "0.28.1")
    assert list(rows()) == list(PROGRAMS)
    assert rows()["amtool"] == {"tool": "amtool", "version": "0.28.1", "origin": "path", "path": str(path)}
    assert rows()["prometheus"] == {"tool": "prometheus", "version": None, "origin": None, "path": None}


def test_the_list_says_where_a_tool_comes_from(mirror, program, tmp_path):
    mirror.publish(release_of("prometheus"))
    install(["prometheus"], source="archive", base_url=mirror.url)
    program(tmp_path / "path", "amtool", "")
    assert rows()["prometheus"]["origin"] == "cache (archive)"
    assert (rows()["amtool"]["origin"], rows()["amtool"]["version"]) == ("path", "unknown")


def test_list_shows_a_tool_that_does_not_run(tmp_path, program):
    program(tmp_path / "path", "prometheus").write_text("#!/bin/sh\nexit 1\n")
    assert rows()["prometheus"]["version"] == "does not run"
    assert rows()["prometheus"]["path"] == str(tmp_path / "path" / "prometheus")

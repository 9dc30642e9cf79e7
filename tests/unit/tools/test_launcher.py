"""A Debian build that reads a fixed file is started by a launcher."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stackctl.components.release import Program, Release
from stackctl.tools import launcher


def test_launcher_passes_arguments_to_the_program_of_its_package(tmp_path: Path) -> None:
    program = tmp_path / "package" / "usr" / "bin" / "server"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$0 $*"\n')
    program.chmod(0o755)
    (tmp_path / "fixed").touch()
    entry = tmp_path / "package" / "server"
    launcher.write(entry, "server", str(tmp_path / "fixed"))
    link = tmp_path / "link"
    link.symlink_to(entry)
    ran = subprocess.run(["/bin/sh", "-c", f"PATH=/usr/bin:/bin {link} --a 'b c'"], capture_output=True, text=True)
    assert ran.stdout == f"{program} --a b c\n"


def test_build_without_a_fixed_file_can_always_run() -> None:
    assert launcher.is_possible(Release("x", (Program("x"),)))


def test_obstacle_names_the_file_and_another_source() -> None:
    found = launcher.obstacle(Release("x", (Program("x"),), fixed_file="/usr/share/x/y"))
    assert "It reads /usr/share/x/y" in found.cause
    assert "--source archive" in found.remedy

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.bounds.permission import Refusal, refusal

ASK = """\
import os, sys
from pathlib import Path
from stackctl.bounds.permission import refusal
os.setuid(65534)
found = refusal(Path(sys.argv[1]))
print(f"{found.cause}\\n{found.remedy}" if found else "none")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that anybody can reach: pytest's own are closed to others."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        (Path(made) / "rules").mkdir()
        (Path(made) / "rules" / "api.yml").touch()
        yield Path(made)


def asked(folder: Path, path: str) -> str:
    """The answer for `path` to a user who owns nothing there."""
    child = subprocess.run([sys.executable, "-c", ASK, path], cwd=folder, capture_output=True, text=True, check=True)
    return child.stdout


def test_what_may_be_read_is_not_refused(folder: Path) -> None:
    assert asked(folder, "rules/api.yml") == "none\n"
    assert asked(folder, "rules/missing.yml") == "none\n"


def test_the_file_that_may_not_be_read_is_named_with_its_owner(folder: Path) -> None:
    (folder / "rules" / "api.yml").chmod(0o600)
    assert asked(folder, "rules/api.yml") == (
        "rules/api.yml belongs to root and has the mode 0600; this user is nobody.\n"
        "Run the command as root, or let nobody read rules/api.yml.\n"
    )


def test_the_folder_that_may_not_be_entered_is_named_not_the_file(folder: Path) -> None:
    (folder / "rules").chmod(0o700)
    assert asked(folder, "rules/api.yml") == (
        "rules belongs to root and has the mode 0700; this user is nobody.\n"
        "Run the command as root, or let nobody enter rules.\n"
    )


def test_a_closed_working_folder_has_its_whole_path(folder: Path) -> None:
    folder.chmod(0o700)
    assert asked(folder, "stack.yml").startswith(f"{folder} belongs to root and has the mode 0700;")


@pytest.mark.parametrize(("is_folder", "right"), [(True, "u+rx"), (False, "u+r")])
def test_the_remedy_for_an_owner_is_a_command(is_folder: bool, right: str) -> None:
    own = Refusal(Path("rules"), is_folder, "anna", 0o000, "anna")
    assert own.remedy == f"Run `chmod {right} rules`."


def test_nothing_is_refused_for_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    assert refusal(tmp_path / "missing" / "file") is None

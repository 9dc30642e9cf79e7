"""What a line of `.env` means, it means for Compose too."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from stackctl.manifest.env_file import read_env
from stackctl.manifest.problems import Problems
from tests.e2e.real_stack import need

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

# Taken by both, with the same value.
ACCEPTED = [
    "A=plain",
    "export A=plain",
    "A = spaced value  ",
    "A=",
    "A=a#b",
    "A=a #b",
    "A=#b",
    "A= #b",
    "A=a\t#b",
    "A= a  # b # c",
    "A='pa$word'",
    "A='pa${word}'",
    "A='a #b' # c",
    'A="a #b"',
    "A=pa$$word",
    'A="pa$$word"',
    'A="pa\\$word"',
    "B=1\nA=x${B}y",
    "B=1\nA=x$B",
    "A=${NONE:-default}",
    "A=${NONE-default}",
    "A=${SET}",
    'A="two\\nlines"',
    'A="a \\"quoted\\" word"',
    'A="back\\\\slash"',
    "A='two\nlines'",
    'A="two\nlines"',
    "A=b'c",
    'A=b"c"',
    "A: yaml",
    "# only a comment\n\nA=1\r\n",
    "A=a=b=c",
    "A=first\nA=second",
    "A=back\\slash",
    "A=a\\nb",
    "A=\ttab",
    "A=ü€",
    "A=pa$word",
    "A=pa${word}",
    'A="pa$word"',
    "A=pa$",
    "A=pa$1",
    "A=a$-b",
    "A=a$ b",
    "A=$(ls)",
    "A=$.",
    "A=$é",
    'A="pa$"',
    "A=$$$SET",
    "A=a$'b'",
    "A=${SET?needed}",
    "A=${SET:?needed}",
    "A=${SET:+more}",
    "A=${NONE+more}",
    "EMPTY=\nA=${EMPTY+y}x${EMPTY:+z}${EMPTY:-d}${EMPTY-e}",
    "A=${NONE:-${OTHER:-d}}",
    "A=${NONE:-a{b}c}",
    "A=${NONE:-a$}",
    "A=${NONE:-a$$b}",
    "A=${NONE:-a b}",
    "A=${SET:-a}b}",
    "A=${NONE-$SET}",
    "A=$_x${_x-1}",
    'A="a${NONE:-\\"q\\"}"',
    "A='x\\''",
    'A="\\hx"',
    'A="a\\\'b"',
    'A="a\\\\$SET"',
    'A="C:\\dir"',
]


def of_compose(folder: Path) -> dict[str, str | None]:
    """The variables that Compose makes of `.env` in a folder; None for one that it leaves out."""
    (folder / "compose.yaml").write_text("name: x\nservices: {x: {image: x, environment: {A: '${A-unset}'}}}\n")
    ran = subprocess.run(
        ["docker", "compose", "--env-file", ".env", "config", "--format", "json"],
        cwd=folder,
        env={**os.environ, "SET": "from environment"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    environment: dict[str, str | None] = json.loads(ran.stdout)["services"]["x"]["environment"]
    # What it prints is a Compose file again, in which a dollar is written twice.
    return {name: value and value.replace("$$", "$") for name, value in environment.items()}


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_line_means_the_same_to_compose(tmp_path: Path, text: str) -> None:
    need("docker")
    (tmp_path / ".env").write_text(text)
    problems = Problems()
    ours = read_env(text, ".env", {"SET": "from environment"}, problems, Problems())
    assert ours, "\n".join(map(str, problems))
    assert of_compose(tmp_path) == {"A": ours["A"]}


@pytest.mark.parametrize(
    "text", ["A=${", "A=${SET", "A=${a.b}", "A=${1}", "A=${a:}", "A=${a b}", "A=${NONE:?needed}", "A='x", "A B=1"]
)
def test_a_line_that_compose_rejects_is_refused(tmp_path: Path, text: str) -> None:
    need("docker")
    (tmp_path / ".env").write_text(text)
    with pytest.raises(subprocess.CalledProcessError):
        of_compose(tmp_path)
    assert read_env(text, ".env", {"SET": "from environment"}, Problems(), Problems()) is None

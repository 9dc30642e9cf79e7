"""The README of every example: its commands exist, with their options, and name what the example has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from stackctl.cli.main import program
from stackctl.manifest import load
from stackctl.model import Stack

EXAMPLES = Path(__file__).parents[3] / "examples"
READMES = sorted(EXAMPLES.glob("*/README.md"))
# `$ stackctl ...` in a console block, or an indented line of commands; variables may be set before it.
_COMMAND = re.compile(r"(?m)^(?:\$ |    )(?:[A-Z_]+=\S+ )*(stackctl .*)$")


def commands(readme: Path) -> Iterator[list[str]]:
    """The arguments of every call of stackctl that a README shows."""
    for line in _COMMAND.findall(readme.read_text()):
        for part in re.split(r"&&|&|\||;", line.partition("#")[0]):
            words = shlex.split(part)
            if words[:1] == ["stackctl"]:
                yield words[1:]


def manifest_of(readme: Path, arguments: list[str]) -> tuple[Stack, list[str]]:
    """The stack that a command is about, and the rest of its arguments."""
    name, rest = "stack.yml", arguments
    if arguments[:1] == ["-f"]:
        name, rest = arguments[1], arguments[2:]
    if name == "tls.yml":  # needs certificates, which are made first; its services are the same
        name = "stack.yml"
    assert (readme.parent / name).exists(), name
    return load(readme.parent / name, environ={}), rest


def test_every_example_shows_how_it_is_tried() -> None:
    assert len(READMES) == len(list(EXAMPLES.glob("*/stack.yml")))
    for readme in READMES:
        shown = {" ".join(words) for words in commands(readme)}
        assert any(words.startswith("up") for words in shown), readme
        assert any(words.endswith("verify") for words in shown), readme


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.parent.name))
def test_commands_of_a_readme_exist_and_fit_the_manifest(readme: Path) -> None:
    root = get_command(program())
    for arguments in commands(readme):
        stack, (name, *rest) = manifest_of(readme, arguments)
        with root.make_context("stackctl", [name, *rest]) as context:
            found, command, rest = root.resolve_command(context, [name, *rest])  # type: ignore[attr-defined]
            assert command, f"stackctl has no command `{found}`"
            read = command.make_context(found, list(rest), parent=context)
        names = {unit.name for unit in (*stack.components, *stack.services)}
        for given in read.params.get("component") or read.params.get("service") or ():
            assert given in names, f"{readme.parent.name} has no `{given}`"


def test_a_command_that_does_not_exist_is_seen() -> None:
    root = get_command(program())
    with pytest.raises(BaseException, match="such option"), typer.Context(root) as context:
        root.resolve_command(context, ["up"])[1].make_context("up", ["--nonsense"])  # type: ignore[attr-defined]

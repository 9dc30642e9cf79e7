"""Findings about servers of somebody else speak of nothing that only a stack has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.verification.given_words import in_their_words

PACKAGE = Path(__file__).parents[3] / "stackctl"
# What the checks of these servers say, but for what only a manifest's own services and components have.
MODULES = (
    *(PACKAGE / "checks" / f"{name}.py" for name in ("connected", "dropped_samples", "expressions", "jobs")),
    *(
        PACKAGE / "checks" / f"{name}.py"
        for name in ("notified", "panels", "reached", "remote_write", "servers", "storage")
    ),
    *(PACKAGE / "checks" / f"{name}.py" for name in ("rules", "stored", "targets")),
    PACKAGE / "verification" / "subject.py",
    *(PACKAGE / "backing" / f"{name}.py" for name in ("judgement", "verdict")),
    *(PACKAGE / "diagnosis" / f"{name}.py" for name in ("causes", "dropped_targets")),
)
OURS = re.compile(r"stackctl (up|reload|logs|drill)|manifest")
# Of units that the stack runs, which these servers do not have, and of lines in the manifest.
ONLY_OF_STACKS = ("has more", "in line name of the manifest", "Then run `stackctl up`", "docker unpause")


def texts() -> Iterator[tuple[str, str]]:
    """The texts of messages, with what is filled in left out."""
    for path in MODULES:
        tree = ast.parse(path.read_text())
        nodes = [*ast.walk(tree)]
        # Documentation, and the parts of the texts that are read as wholes.
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        parts |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.JoinedStr):
                words = [part.value if isinstance(part, ast.Constant) else "name" for part in node.values]
                yield path.name, "".join(map(str, words))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                yield path.name, node.value


@pytest.mark.parametrize(("module", "text"), [pair for pair in texts() if OURS.search(pair[1])])
def test_no_message_names_a_command_that_does_nothing_for_them(module: str, text: str) -> None:
    if any(words in text for words in ONLY_OF_STACKS):
        pytest.skip("only a stack's own units and lines have it")
    said = in_their_words(Diagnostic("target.up", "", remedy=text)).remedy
    assert not OURS.search(said), module


def test_names_the_log_and_the_reload_of_the_server() -> None:
    remedy = "Fix the error shown in `stackctl logs prometheus`, then run `stackctl reload`."
    said = in_their_words(Diagnostic("target.up", "its login in the manifest", remedy=remedy))
    assert said.remedy == "Fix the error shown in the log of prometheus, then reload its configuration."
    assert said.summary == "its login in its job"

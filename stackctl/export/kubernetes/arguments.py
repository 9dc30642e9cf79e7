"""Texts of a container in which Kubernetes replaces `$(NAME)`, and arguments that hold a secret."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from stackctl.model import Stack
from stackctl.render.closed import holds_secret

_VARIABLE = "STACKCTL_{part}_{at}"


def literal(text: str) -> str:
    """A text in which Kubernetes replaces nothing."""
    return text.replace("$(", "$$(")


def hidden(
    arguments: Iterable[str], stack: Stack, part: str = "ARGUMENT", secrets: Collection[str] = ()
) -> tuple[list[str], dict[str, str]]:
    """The arguments, with a variable in place of each that holds a secret of the stack; and these variables.

    `part` is what their names say that they are of, `secrets` are further texts that nobody may see.
    """
    shown, variables = [], {}
    for at, text in enumerate(arguments):
        if holds_secret(text.encode(), stack) or any(each in text for each in secrets):
            name = _VARIABLE.format(part=part, at=at)
            variables[name] = text
            shown.append(f"$({name})")
        else:
            shown.append(literal(text))
    return shown, variables

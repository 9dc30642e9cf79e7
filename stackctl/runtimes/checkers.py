"""The servers' own checkers: calls of them, and the user's templates that they are given to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from stackctl.diagnostic import Diagnostic
from stackctl.source import Position

# What stands in a call's arguments for the folders that only its runner knows: the tree, and the call's own files.
TREE, FILES = "{tree}", "{files}"


@dataclass(frozen=True)
class Call:
    """A call of a checker: `tool` of the server `unit`. `files` are written for it, below the folder FILES."""

    unit: str
    tool: str
    arguments: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def command(self, tree: str, files: str = "") -> list[str]:
        """The arguments after the program, for folders that are at these paths."""
        return [argument.replace(TREE, tree).replace(FILES, files) for argument in self.arguments]


@dataclass(frozen=True)
class Verdict:
    """Output of a checker, with the tree's own paths; "" and `missing` when the program is not there.

    `unusable` is why it said nothing, for one that cannot be run or does not end.
    """

    code: int
    output: str
    missing: bool = False
    unusable: Diagnostic | None = None


# Makes a call, wherever the checker runs.
Run = Callable[[Call], Verdict]


@dataclass(frozen=True)
class Text:
    """A template that a server expands: the user's `text` of a `subject`, like "the annotation `summary` of `High`".

    `html` says that it becomes a page, in which values are escaped; `ended` that it also tells the end of an alert.
    """

    text: str
    subject: str
    origin: Position | None = None
    html: bool = False
    ended: bool = True


@dataclass(frozen=True)
class Texts:
    """The user's templates in a tree: those of alerts, which Prometheus expands, and those of notifications."""

    alerts: tuple[Text, ...] = ()
    notifications: tuple[Text, ...] = ()

"""The terminal: reports on stdout, progress on stderr. It and the live line alone know Rich."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

import typer

from stackctl import redaction
from stackctl.bounds.terminal import cleaned, styled
from stackctl.report.live import LiveLine
from stackctl.report.outline import Outline
from stackctl.wait import watched_by

if TYPE_CHECKING:
    from rich.console import Console

    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import StackctlError

# Exit code -> what the error is called.
_TITLES = {1: "failed", 2: "error", 3: "unavailable"}
MARKS = {"pass": "✓", "fail": "✗", "warn": "!", "skip": "-", "info": "i"}
# The signs where the terminal's encoding lacks one of these.
_PLAIN_MARKS = {**MARKS, "pass": "+", "fail": "x"}
# The terminal's codes of colours.
_RED, _BOLD, _DIM = "31", "1", "90"
_MARK_COLORS = {"pass": "32", "fail": _RED, "warn": "33", "skip": _DIM, "info": _DIM}


# Of so many codes the end of a failed report names the pages.
_EXPLAINED = 3


@dataclass(frozen=True)
class Settings:
    """Settings for printing. `color` is None to decide by the terminal, and by NO_COLOR.

    When stdout is `reserved` for a document, lines of the report go to stderr.
    """

    quiet: bool = False
    verbose: bool = False
    color: bool | None = None
    reserved: bool = False


_settings = Settings()
_line: LiveLine | None = None


def configure(*, quiet: bool, verbose: bool, color: bool | None) -> None:
    """Set how this process prints; called once, by the root command."""
    global _settings, _line
    _settings = Settings(quiet, verbose, color)
    _line = LiveLine() if sys.stderr.isatty() and not quiet else None
    watched_by(*([_line] if _line else []))
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal that lacks a character shows another sign in its place.
        sys.stdout.reconfigure(errors="replace")


def reserve_output() -> None:
    """Keep stdout for one document, which programs read."""
    global _settings
    _settings = replace(_settings, reserved=True)


def out(text: str = "") -> bool:
    """A line of the report. False when nobody reads any more."""
    return _say(text, _of_report())


def _of_report() -> TextIO:
    return sys.stderr if _settings.reserved else sys.stdout


def document(text: str) -> bool:
    """A whole document on stdout, which programs may read. False when nobody reads any more."""
    return _say(text.rstrip("\n"), sys.stdout) if text else True


def folds() -> bool:
    """Return whether a report is read on a terminal, by somebody who has not asked for more detail."""
    return sys.stdout.isatty() and not _settings.verbose


def note(text: str) -> None:
    """A line of progress; nothing with --quiet."""
    if not _settings.quiet:
        _say(text, sys.stderr)


def warn(text: str) -> None:
    """A line of progress about something that has gone wrong."""
    note(f"{mark('warn')} {text}")


def warning(diagnostic: Diagnostic) -> None:
    """A warning of a command that has no report."""
    warn(str(diagnostic))


def detail(text: str) -> None:
    """A line that explains; only with --verbose."""
    if _settings.verbose and not _settings.quiet:
        _say(dim(text), sys.stderr)


def mark(status: str) -> str:
    """The sign of a status: a shape that speaks without its colour."""
    signs = MARKS if _is_printable("".join(MARKS.values())) else _PLAIN_MARKS
    return styled(signs[status], _MARK_COLORS[status])


def _is_printable(text: str) -> bool:
    """Return whether the terminal's encoding has every character of a text."""
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def dim(text: str) -> str:
    """`text`, less prominent."""
    return styled(text, _DIM)


def red(text: str) -> str:
    """`text` as that of a failure."""
    return styled(text, _RED)


def bold(text: str) -> str:
    """`text`, more prominent."""
    return styled(text, _BOLD)


def error(failure: StackctlError) -> None:
    """Every problem of `failure` on stderr, and the warnings that came with them, a blank line between two."""
    title = styled(_TITLES.get(failure.exit_code, "error"), f"{_RED};{_BOLD}")
    warning = styled("warning", f"{_MARK_COLORS['warn']};{_BOLD}")
    text = "\n\n".join(f"{warning if each.status == 'warn' else title}: {each}" for each in failure.problems)
    counts = [sum((each.status == "warn") is warns for each in failure.problems) for warns in (False, True)]
    shown = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in zip(counts, ("problem", "warning"), strict=True) if n]
    total = f"\n\n{', '.join(shown)}" if len(failure.problems) > 1 else ""
    _say(f"{text}{total}\n\n{more(failure.problems)}", sys.stderr)


def more(failures: Iterable[Diagnostic]) -> str:
    """Return the line that says where to read more about failures."""
    codes = list(dict.fromkeys(each.code for each in failures))
    return dim(f"To read more: stackctl explain {' '.join(codes[:_EXPLAINED])}")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table of the report. Cells may hold the styles of this module; they are cut to the terminal's width."""
    _write(redaction.shown(render_table(title, columns, rows)).removesuffix("\n"), _of_report())


def outline(root: Outline) -> None:
    """A tree of the report: drawn with lines on a terminal, indented elsewhere."""
    _write(_drawn(root) if sys.stdout.isatty() else "\n".join(map(_clean, root.lines())), sys.stdout)


def _clean(text: str) -> str:
    return cleaned(redaction.shown(text))


def _drawn(root: Outline) -> str:
    from rich.text import Text
    from rich.tree import Tree

    def add(tree: Tree, entries: Iterable[Outline]) -> None:
        for entry in entries:
            add(tree.add(Text.from_ansi(_clean(entry.text))), entry.below)

    tree = Tree(Text.from_ansi(_clean(root.text)), guide_style="bright_black")
    add(tree, root.below)
    console = _console(sys.stdout)
    with console.capture() as capture:
        console.print(tree)
    return capture.get().removesuffix("\n")


def render_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The text of a table, as wide as the terminal (or as it needs to be, where there is none)."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, show_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(Text.from_ansi(cleaned(cell)) for cell in row))
    console = _console(_of_report())
    with console.capture() as capture:
        console.print(grid)
    return capture.get()


def _say(text: str, stream: TextIO) -> bool:
    """Write a line, without what would steer the terminal."""
    return _write(cleaned(redaction.shown(text)), stream)


def _write(text: str, stream: TextIO) -> bool:
    """Write a line. A reader that has seen enough (`stackctl ... | head`), a terminal that was closed and progress that
    finds no room change nothing of what is done."""
    if _line:
        _line.clear()
    try:
        typer.echo(text, file=stream, color=colored(stream))
    except OSError as error:
        if stream is not sys.stderr and error.errno not in (errno.EPIPE, errno.EIO):
            raise
        # Nothing more can be written there, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True


def colored(stream: TextIO) -> bool:
    """Return whether `stream` gets colours: as set, else by NO_COLOR, FORCE_COLOR and whether it is a terminal."""
    if _settings.color is not None:
        return _settings.color
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    color = colored(stream)
    width = None if stream.isatty() or "COLUMNS" in os.environ else 160
    return Console(file=stream, force_terminal=color, no_color=not color, width=width, highlight=False)

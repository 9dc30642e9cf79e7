"""The root command: global options, the list of commands, and one place where errors become exit codes."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from stackctl import __version__, conventions
from stackctl.cli.options import Options
from stackctl.cli.termination import exit_code, ignore_signals, interrupt_on_termination
from stackctl.cli.values import Format
from stackctl.errors import StackctlError

INTERRUPTED = 130
INTERNAL = 4
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Commands whose report has nothing in it when they succeed.
_SILENT = ("render", "up", "reload")

# Options of `root` that may come before the command: those with a value after them, and those without one.
_WITH_VALUE = ("-f", "--manifest")
_FLAGS = ("-q", "--quiet", "-v", "--verbose", "--debug", "--no-color")

# What the help lists, in its order. Each is a module of its own, with a function (or the Typer `app` of a group) of
# that name. The words stand here so that the list needs none of the modules; none may be longer than its line.
COMMANDS = {
    "init": "Write a commented stack.yml with basic alerts and a dashboard.",
    "adopt": "Write a stack.yml for a set-up that exists already.",
    "check": "Check the manifest and every file it names, offline.",
    "test": "Run the tests of your alerts, and show which have none.",
    "render": "Write the plain files, which Docker Compose runs on its own.",
    "up": "Start the stack and wait until every component is ready.",
    "status": "Show the components, their addresses and their health.",
    "verify": "Prove that everything the manifest declares works.",
    "reload": "Apply changes to the running stack, all or nothing.",
    "watch": "Check and reload on every edit, until Ctrl-C.",
    "drill": "Fire alerts, and show where they arrive.",
    "simulate": "Serve the metrics of services that do not exist yet.",
    "logs": "Show the logs of the stack, or of one component.",
    "down": "Stop the stack and remove what runs.",
    "backup": "Copy the running stack's data to a file, consistently.",
    "restore": "Replace the stack's data with a backup.",
    "export": "Export the stack for servers that stackctl does not run.",
    "dashboards": "Preview the dashboards without Grafana.",
    "explain": "Explain a code of a report, with examples.",
    "why": "Show what an alert, a target or a panel depends on.",
    "impact": "Show what depends on a metric or a service.",
    "size": "Show how much memory and disk Prometheus needs.",
    "contract": "Update contracts from what services really serve.",
    "packs": "List the alert rules and dashboards that ship, and show one.",
    "schema": "Print the JSON Schema of stack.yml, for editors and linters.",
    "outdated": "Show which components are out of support.",
    "tools": "List or install the binaries of the native runtime.",
}


def program(names: Collection[str] = tuple(COMMANDS)) -> typer.Typer:
    """The command line with the commands `names`. Without any it lists all of them, and can run none."""
    app = typer.Typer(
        name="stackctl",
        help="Turn one manifest into a running and proven Prometheus, Alertmanager and Grafana stack.",
        epilog="Exit codes: 0 ok, 1 a check failed, 2 wrong input, 3 something needed is not available, "
        "4 internal error.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        add_completion=True,
        rich_markup_mode=None,  # plain help starts in half the time
        pretty_exceptions_enable=False,
    )
    app.callback()(root)
    for name in names or COMMANDS:
        module = import_module(f"stackctl.cli.{name}") if names else None
        if module and hasattr(module, "app"):
            app.add_typer(module.app, name=name, short_help=COMMANDS[name])
        else:
            app.command(name, short_help=COMMANDS[name])(getattr(module, name, _listed))
    return app


def _listed() -> None:
    """Stand for a command in a list of all."""


def _needed(arguments: list[str]) -> Collection[str]:
    """The commands that a command line may be about: the others need not be loaded. All, when that is not plain."""
    if arguments in ([], ["--version"], ["--help"], ["-h"]) and "_STACKCTL_COMPLETE" not in os.environ:
        return ()
    left = iter(arguments)
    for argument in left:
        if argument in _WITH_VALUE:
            next(left, None)
        elif argument not in _FLAGS:
            return (argument,) if argument in COMMANDS else tuple(COMMANDS)
    return tuple(COMMANDS)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"stackctl {__version__}")
        raise typer.Exit


def root(
    context: typer.Context,
    manifest: Annotated[
        Path, typer.Option("-f", "--manifest", metavar="PATH", help="The manifest.", envvar="STACKCTL_MANIFEST")
    ] = Path(conventions.MANIFEST),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress, only reports and errors.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show in more detail what is done, and why.")
    ] = False,
    debug: Annotated[  # noqa: ARG001 - read before anything is parsed, so that parsing can be debugged too
        bool, typer.Option("--debug", help="Show tracebacks.", envvar="STACKCTL_DEBUG")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
    version: Annotated[  # noqa: ARG001 - typer calls _version
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Set what all commands share."""
    from stackctl.report import console

    _refuse_lost_folder()
    _refuse_closed_folder(manifest.parent)
    color = False if no_color else None
    console.configure(quiet=quiet, verbose=verbose, color=color)
    given = context.ensure_object(Options)  # that of `main`, which prints what fails
    given.manifest, given.command = manifest, context.invoked_subcommand or ""
    _recover(manifest, context.invoked_subcommand or "")


def _recover(manifest: Path, command: str) -> None:
    """Deal with what an interrupted command has left, before a command that only reads; the others do it themselves."""
    folder = manifest.parent / conventions.STATE_DIR
    if folder.is_dir() and not {"-h", "--help"} & {*sys.argv}:
        from stackctl.operations.recovery import READ, REPORT, recover
        from stackctl.report import console

        if command in (*READ, *REPORT):
            recover(manifest, command, console)


def _refuse_lost_folder() -> None:
    """Raise InputError in a working directory that was deleted: no relative path leads anywhere then."""
    from stackctl.errors import InputError

    try:
        os.getcwd()  # noqa: PTH109
    except OSError as error:
        cause = f"The system says: {error.strerror}."
        raise InputError.of(
            "usage.no-folder",
            "the working directory no longer exists",
            cause=cause,
            remedy="Change to a directory that exists.",
        ) from None


def _refuse_closed_folder(folder: Path) -> None:
    """Raise InputError where this user may not even ask which files there are: every later answer would be wrong."""
    if not os.access(folder, os.X_OK):
        from stackctl.bounds.permission import refusal
        from stackctl.errors import InputError

        if refused := refusal(folder):
            summary = "no permission to enter the folder of the manifest"
            raise InputError.of("file.unreadable", summary, cause=refused.cause, remedy=refused.remedy)


def run() -> None:
    """The program: run the command line and exit with its code."""
    _tune_startup()
    interrupt_on_termination()
    code = main(sys.argv[1:])
    ignore_signals()
    gc.freeze()  # Python would search all that is left for rubbish once more at its end
    sys.exit(code)


def _tune_startup() -> None:
    """Leave out what a short life does not need.

    What is loaded at the start stays, so it is not searched for rubbish over and over; and pydantic does not search
    all installed packages for plugins, which have no business with a manifest.
    """
    gc.set_threshold(50_000)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def main(arguments: list[str]) -> int:
    """Run one command line and return its exit code. Expected failures are printed, never raised."""
    given = Options()
    try:
        run_program = program(_needed(arguments))
        code = int(run_program(arguments, prog_name="stackctl", standalone_mode=False, obj=given) or 0)
    except TyperException as error:
        error.show()  # type: ignore[attr-defined]
        return int(getattr(error, "exit_code", 2))
    except StackctlError as error:
        return _failed(error, given)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user unasked
        return _full_disk(error, given) if isinstance(error, OSError) and error.errno in _FULL else _bug(error)
    if code == INTERRUPTED:
        typer.echo("interrupted", err=True)
        return exit_code() or code
    if code == 0 and given.output is not Format.text and given.command in _SILENT:
        from stackctl.cli.reports import report

        report(given, ())
    return code


def _show_traceback() -> None:
    """Print the traceback of the current error with --debug. The exit code stays what it is."""
    if "--debug" in sys.argv or os.environ.get("STACKCTL_DEBUG"):
        import traceback

        sys.stderr.write(_printable(traceback.format_exc()))


def _printable(text: str) -> str:
    """Return `text` without secrets, and without what would steer a terminal."""
    from stackctl import redaction
    from stackctl.bounds.terminal import cleaned

    return cleaned(redaction.shown(text))


def _failed(error: StackctlError, given: Options) -> int:
    from stackctl.report import console

    _show_traceback()
    if given.output is Format.text:
        console.error(error)
    else:
        from stackctl.cli.reports import report

        report(given, error.problems)
    return exit_code() or error.exit_code


def _full_disk(error: OSError, given: Options) -> int:
    from stackctl.errors import Unavailable

    cause = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
    remedy = "Free some space, and run the command again."
    return _failed(Unavailable.of("disk.full", "no space left on a disk", cause=cause, remedy=remedy), given)


def _bug(error: Exception) -> int:
    _show_traceback()
    typer.echo(_printable(f"internal error: {type(error).__name__}: {error}"), err=True)
    typer.echo(
        f"This is a bug in stackctl {__version__}. Run the same command with --debug and report what it prints.",
        err=True,
    )
    return INTERNAL

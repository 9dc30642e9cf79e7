"""`stackctl watch`: each edit is checked, and live a moment after it was saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import AllowOutside, Ignore, own_manifest
from stackctl.cli.termination import deferred
from stackctl.cli.values import seconds

if TYPE_CHECKING:
    from stackctl.errors import StackctlError


def watch(
    context: typer.Context,
    timeout: Annotated[str, typer.Option("--timeout", help="Time limit of each reload, including a rollback.")] = "30s",
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Check and reload on every edit of the manifest, or of a file that it names, until Ctrl-C.

    Each edit is one transaction, as `stackctl reload` makes it: an edit with a mistake is reported, and the running
    stack stays as it is. Several files that are saved together are one edit. New warnings are shown once.
    """
    from stackctl.errors import Unavailable
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.watching import rounds, warnings
    from stackctl.report import console

    ignored = ignored_by_option(ignore or ())
    manifest, deadline = own_manifest(context), seconds(timeout, "--timeout")
    shown: set[str] = set()
    is_first = True
    with deferred() as stop:
        for each in rounds(manifest, deadline, console, stop, ignored):
            if is_first and isinstance(each.error, Unavailable):
                raise each.error
            if each.done:
                mark, done = console.mark("pass"), each.done
                console.out(f"{mark} {done}: generation {done.generation}, in {each.seconds:.1f} s")
                found = {str(warning): warning for warning in warnings(manifest, ignored)}
                for text in found:
                    if text not in shown:
                        console.out(f"{console.mark('warn')} {text}\n")
                shown = set(found)
            elif each.error:
                console.error(_for_watching(each.error))
            if is_first:
                console.note("waiting for edits: Ctrl-C ends")
            is_first = False


def _for_watching(error: StackctlError) -> StackctlError:
    """Return an error whose remedies end with saving the file: the reload then begins by itself."""
    return type(error)(
        *(
            replace(each, remedy=each.remedy.replace("run `stackctl reload` again", "save it"))
            for each in error.problems
        )
    )

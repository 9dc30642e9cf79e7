"""`stackctl render`: the plain tree, for review and GitOps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.bounds.files import read_text
from stackctl.cli.options import AllowOutside, Ignore, Output, options
from stackctl.cli.values import FIRST, Format, NamedRuntime

if TYPE_CHECKING:
    from stackctl.model import Stack
    from stackctl.source import Secret
    from stackctl.tree import Tree


def render(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write to.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if DIR has drifted.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change in DIR.")] = False,
    runtime: Annotated[NamedRuntime, typer.Option(help="Runtime to render for.")] = FIRST,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that holds other files.")] = False,
    output: Output = Format.text,  # noqa: ARG001 - read by its callback
    ignore: Ignore = None,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Write the plain tree to --out DIR. `docker compose -f DIR/compose.yaml up` runs it without stackctl.

    What `stackctl check` refuses is not written. Without --out, list the files. With --check and --diff together, show
    the differences and exit 1 on any.
    """
    from stackctl.operations.checker_errors import ignored_by_option
    from stackctl.operations.checking import check_manifest
    from stackctl.render.write import write
    from stackctl.report import console

    manifest = options(context).manifest
    reading = check or diff
    if reading and out is None:
        raise typer.BadParameter("--check and --diff compare with a folder: add --out DIR", context)
    stack = check_manifest(manifest, ignored_by_option(ignore or ())).stack
    tree = _tree(stack, manifest, runtime.value, out, keep=out is not None and not reading)
    if out is None:
        _list(tree)
    elif reading:
        _compare(tree, out, check=check, diff=diff)
    else:
        write(tree, out, force=force)
        console.note(f"wrote {len(tree.files)} files to {out}")
        for line in _hints(tree, out):
            console.note(line)


def _hints(tree: Tree, out: Path) -> Iterator[str]:
    """Yield settings that Compose needs if this user or file system cannot let each container read its secrets."""
    from stackctl import ownership

    shared = ownership.shared_group(out)
    if shared is not None and tree.has_users:
        yield (
            f"The containers read their secrets by your group, as {out} cannot have access control lists: "
            f"run Compose with `STACKCTL_GID={shared}`."
        )


def _tree(stack: Stack, manifest: Path, runtime: str, out: Path | None, *, keep: bool) -> Tree:
    from stackctl.render import render

    if stack.grafana is None or stack.grafana.admin_password is not None:
        return render(stack, runtime)
    return render(stack, runtime, {c.GRAFANA_ADMIN_PASSWORD: _password(manifest, out, keep=keep)})


def _password(manifest: Path, out: Path | None, *, keep: bool) -> Secret:
    """Grafana's password when the manifest gives none: that of `up`, else that of an earlier render, else a new one.

    Grafana keeps its first password, so a new one is kept too; only a render that writes nothing does without.
    """
    from stackctl.render import PASSWORD_FILE
    from stackctl.source import Secret
    from stackctl.state import State

    state = State.beside(manifest)
    rendered = out / PASSWORD_FILE if out else None
    if kept := state.kept_secret(c.GRAFANA_ADMIN_PASSWORD):
        return kept
    if rendered and rendered.is_file():
        return Secret(read_text(rendered))
    if not keep:
        return Secret("")
    with state.lock():
        return state.generated_secret(c.GRAFANA_ADMIN_PASSWORD)


def _list(tree: Tree) -> None:
    from stackctl.report import console

    for path, file in tree:
        console.out(f"{'secret' if file.secret else len(file.content):>8}  {path}")


def _compare(tree: Tree, folder: Path, *, check: bool, diff: bool) -> None:
    from stackctl.errors import CheckFailed
    from stackctl.render.write import differences
    from stackctl.report import console

    found = differences(tree, folder)
    for difference in found if diff else ():
        console.out(difference.unified().rstrip("\n"))
    if check and found:
        raise CheckFailed.of(
            "stack.drifted",
            f"{folder} has drifted from the manifest: {len(found)} of its files differ",
            cause="\n".join(f"  {difference.kind}: {difference.path}" for difference in found),
            remedy=f"Run `stackctl render --out {folder}` to write it again, or undo the edits.",
        )

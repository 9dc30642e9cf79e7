"""The plain tree of a manifest, for review and GitOps, and how a folder differs from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.bounds.files import read_text
from stackctl.errors import CheckFailed

if TYPE_CHECKING:
    from stackctl.model import Waiver
    from stackctl.render.write import Difference
    from stackctl.source import Secret
    from stackctl.tree import Tree


def rendered(manifest: Path, runtime: str, out: Path | None, *, keep: bool, ignored: Sequence[Waiver] = ()) -> Tree:
    """Return the tree of a manifest that accepts what is `ignored` too, for a folder `out` (None: for no folder).

    For servers that somebody else runs it is what these have to load, whatever the `runtime`.
    `keep` is whether a password that is made for Grafana is kept. Raises what `check` refuses.
    """
    from stackctl.operations.checking import check_manifest
    from stackctl.render import render

    stack = check_manifest(manifest, ignored).stack
    if stack.external:
        from stackctl.export.external import external_tree

        return external_tree(stack)
    if stack.grafana is None or stack.grafana.admin_password is not None:
        return render(stack, runtime)
    return render(stack, runtime, {c.GRAFANA_ADMIN_PASSWORD: grafana_password(manifest, out, keep=keep)})


def drifted(folder: Path, found: Sequence[Difference]) -> CheckFailed:
    """Return the error of a folder that differs from the manifest."""
    return CheckFailed.of(
        "stack.drifted",
        f"{folder} has drifted from the manifest: {len(found)} of its files differ",
        cause="\n".join(f"  {difference.kind}: {difference.path}" for difference in found),
        remedy=f"Run `stackctl render --out {folder}` to write it again, or undo the edits.",
    )


def hints(tree: Tree, out: Path) -> Iterator[str]:
    """Yield settings that Compose needs if this user or file system cannot let each container read its secrets."""
    from stackctl import ownership

    shared = ownership.shared_group(out)
    if shared is not None and tree.has_users:
        yield (
            f"The containers read their secrets by your group, as {out} cannot have access control lists: "
            f"run Compose with `STACKCTL_GID={shared}`."
        )


def grafana_password(manifest: Path, out: Path | None, *, keep: bool) -> Secret:
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

"""The plain tree of a manifest, for review and GitOps, and how a folder differs from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import CheckFailed

if TYPE_CHECKING:
    from stackctl.model import Stack, Waiver
    from stackctl.render.write import Difference
    from stackctl.tree import Tree


def rendered(manifest: Path, runtime: str, out: Path | None, *, keep: bool, ignored: Sequence[Waiver] = ()) -> Tree:
    """Return the tree of a manifest that accepts what is `ignored` too, for a folder `out` (None: for no folder).

    For servers that somebody else runs it is what these have to load, and for a cluster its objects, whatever the
    `runtime`.
    `keep` is whether a password that is made for Grafana is kept. Raises what `check` refuses.
    """
    from stackctl.operations.checking import check_manifest
    from stackctl.operations.grafana_password import rendered_password
    from stackctl.render import render

    stack = check_manifest(manifest, ignored).stack
    if stack.external:
        from stackctl.export.external import external_tree

        return external_tree(stack)
    if stack.kubernetes:
        return _objects(manifest, stack, stack.kubernetes.namespace, keep=keep)
    if stack.grafana is None or stack.grafana.admin_password is not None:
        return render(stack, runtime)
    return render(stack, runtime, {c.GRAFANA_ADMIN_PASSWORD: rendered_password(manifest, out, keep=keep)})


def _objects(manifest: Path, stack: Stack, namespace: str, *, keep: bool) -> Tree:
    """Return the objects that `up` applies to the cluster of a stack."""
    from stackctl.export.kubernetes import Cluster
    from stackctl.operations.exporting import kubernetes_objects
    from stackctl.operations.grafana_password import rendered_password

    is_made = stack.grafana is not None and stack.grafana.admin_password is None
    password = rendered_password(manifest, None, keep=keep) if is_made else None
    _, _, tree = kubernetes_objects(manifest, Cluster(namespace, has_servers=False, grafana_password=password))
    return tree


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

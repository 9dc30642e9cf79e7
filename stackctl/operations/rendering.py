"""The plain tree of a manifest, for review and GitOps, and how a folder differs from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import CheckFailed

if TYPE_CHECKING:
    from stackctl.model import Stack, Waiver
    from stackctl.render.write import Difference
    from stackctl.tree import File, Tree


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
    return replace(tree, files={**tree.files, **_digested(stack, tree)})


def _digested(stack: Stack, tree: Tree) -> dict[str, File]:
    """Return the files of the objects to which `up` adds a digest, so that `verify` finds what others have applied."""
    from stackctl.cluster.objects import things
    from stackctl.render.text import yaml_bytes
    from stackctl.tree import File, load_yaml

    objects = {(each.kind, each.name): each.content for each in things(tree) if each.kind != "Secret"}
    found = {}
    for path, file in tree:
        plain = load_yaml(file.content) if path.endswith(".yaml") else {}
        full = objects.get((str(plain.get("kind")), str((plain.get("metadata") or {}).get("name"))))
        if full is not None and full != plain:
            found[path] = File(yaml_bytes(full, stack.origin.file), file.secret)
    return found


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

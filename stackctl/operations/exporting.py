"""The objects of a manifest for a cluster, with what the manifest does not hold: variables, Grafana's password."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import raise_if_any

if TYPE_CHECKING:
    from stackctl.export.kubernetes import Cluster
    from stackctl.model import Stack
    from stackctl.tree import Tree


def kubernetes_objects(manifest: Path, cluster: Cluster) -> tuple[Stack, Cluster, Tree]:
    """Return the stack of a manifest, the cluster with what the stack needs of its surroundings, and the objects.

    Raises InputError for a manifest that cannot be read or exported.
    """
    from stackctl.export.kubernetes import export_kubernetes
    from stackctl.manifest import load
    from stackctl.manifest.problems import Problems
    from stackctl.manifest.variables import read_variables
    from stackctl.operations.grafana_password import rendered_password

    stack = load(manifest)
    problems = Problems()
    variables = read_variables(stack.root, os.environ, problems, Problems())
    raise_if_any(problems)
    made = stack.grafana is not None and stack.grafana.admin_password is None and not cluster.has_servers
    password = cluster.grafana_password or (rendered_password(manifest, None, keep=True) if made else None)
    full = replace(cluster, variables=variables or {}, grafana_password=password)
    return stack, full, export_kubernetes(stack, full)

"""`stackctl export`: the same stack for servers that stackctl does not run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import AllowOutside, options
from stackctl.errors import InputError

if TYPE_CHECKING:
    from stackctl.tree import Tree

app = typer.Typer(help="Export the stack for servers that stackctl does not run.", no_args_is_help=True)

# A label of Kubernetes as KEY=VALUE: the key may have a domain in front of it, and the value may be empty.
_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DOMAIN = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_LABEL = re.compile(rf"((?=[^/]{{1,253}}/){_DOMAIN}/)?{_NAME}=({_NAME})?")

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to.")]
Force = Annotated[bool, typer.Option("--force", help="Write into a folder that holds other files.")]


@app.command("kubernetes")
def export_kubernetes(
    context: typer.Context,
    out: Out,
    namespace: Annotated[str, typer.Option("--namespace", help="Namespace of all objects.")] = "",
    label: Annotated[
        list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="Label of all objects; repeatable.")
    ] = None,
    servers: Annotated[
        bool, typer.Option("--servers", help="Also export the stack's own servers and exporters.")
    ] = False,
    force: Force = False,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Write Services, ServiceMonitors, PrometheusRules and dashboards for a cluster with the Prometheus Operator.

    `kubectl apply --server-side -f DIR/secrets` applies what they need, and `-k DIR` the rest. A target whose host is
    an IP address or a name with dots, and a discovered one, becomes a ScrapeConfig. DIR/patches is a Kustomize
    component with annotations and probes for your Deployments. The cluster's own servers are used, unless `--servers`
    exports those of the stack, and the containers that it runs. Services that push get no object.
    """
    from stackctl.export.kubernetes import Cluster, left_out, left_to_cluster, of_nodes
    from stackctl.operations.exporting import kubernetes_objects
    from stackctl.report import console

    labels = dict(_label(text) for text in label or ())
    cluster = Cluster(_namespace(namespace), labels, has_servers=not servers)
    stack, cluster, tree = kubernetes_objects(options(context).manifest, cluster)
    has_secrets = any(path.startswith(f"{c.SECRETS_DIR}/") for path in tree.files)
    named = [*([f"-f {shlex.quote(str(out / c.SECRETS_DIR))}"] if has_secrets else []), f"-k {shlex.quote(str(out))}"]
    _write(tree, out, force, " && ".join(f"kubectl apply --server-side {each}" for each in named))
    for diagnostic in left_out(stack, cluster):
        console.warning(diagnostic)
    if not servers:
        console.note(f"left to the cluster: {', '.join(left_to_cluster(stack))}; `--servers` exports them too")
    elif readers := of_nodes(stack):
        console.note(
            f"{', '.join(readers)} mount folders of their nodes: their namespace needs the label "
            "`pod-security.kubernetes.io/enforce=privileged`"
        )
    for service in (each for each in stack.services if each.push):
        gateway = "let it push to the exported one" if servers else "make the cluster scrape one, with `honorLabels`"
        console.note(f"no object for {service.name}, which pushes to a Pushgateway: {gateway}")


@app.command("scrape-config")
def export_scrape_config(
    context: typer.Context,
    out: Out,
    force: Force = False,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Write the scrape jobs and rules for a Prometheus that already runs.

    Name them in its prometheus.yml: `scrape_config_files: [DIR/scrape/*.yml]` and `rule_files: [DIR/rules/*.yml]`.
    """
    from stackctl.export.scrape_config import export_scrape_config as rendered
    from stackctl.manifest import load

    tree = rendered(load(options(context).manifest))
    names = f"scrape_config_files: [{out}/scrape/*.yml] and rule_files: [{out}/rules/*.yml] in its prometheus.yml"
    if any(file.secret for file in tree.files.values()):
        names += f"; allow the user that it runs as to read its secrets: `chown -R USER {out}/{c.SECRETS_DIR}`"
    _write(tree, out, force, names)


def _namespace(text: str) -> str:
    """Return the name of a namespace. Raises InputError for what is none."""
    if text and not c.KUBERNETES_NAME.fullmatch(text):
        remedy = "Use up to 63 lowercase letters, digits and `-`, with a letter or digit at both ends."
        raise InputError.of("usage.option", f"--namespace: Kubernetes does not accept `{text}`", remedy=remedy)
    return text


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise InputError.of(
            "usage.option", f"--label: not KEY=VALUE: `{text}`", remedy="Write it like `release=prometheus`."
        )
    if not _LABEL.fullmatch(text):
        remedy = "Use up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends."
        raise InputError.of("usage.option", f"--label: Kubernetes does not accept `{text}`", remedy=remedy)
    return key, value


def _write(tree: Tree, out: Path, force: bool, next_step: str) -> None:
    from stackctl.render.write import write
    from stackctl.report import console

    write(tree, out, force=force)
    shown = [path for path in tree.files if not path.startswith(".")]
    console.note(f"wrote {len(shown)} {'file' if len(shown) == 1 else 'files'} to {out}; next: {next_step}")

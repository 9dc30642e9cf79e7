"""`stackctl export`: the same stack for servers that stackctl does not run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl.cli.options import options
from stackctl.errors import InputError

if TYPE_CHECKING:
    from stackctl.tree import Tree

app = typer.Typer(help="Write the stack for servers that stackctl does not run.", no_args_is_help=True)

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write.")]
Force = Annotated[bool, typer.Option("--force", help="Write into a folder with other files in it.")]


@app.command("kubernetes")
def export_kubernetes(
    context: typer.Context,
    out: Out,
    namespace: Annotated[str, typer.Option("--namespace", help="The namespace of all objects.")] = "",
    label: Annotated[
        list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="A label of all objects; repeatable.")
    ] = None,
    force: Force = False,
) -> None:
    """Write Services, ServiceMonitors, PrometheusRules and dashboards for a cluster with the Prometheus Operator.

    `kubectl apply -f DIR` applies them; patches/ holds annotations and probes for your Deployments.
    """
    from stackctl.manifest import load
    from stackctl.render.kubernetes import Cluster
    from stackctl.render.kubernetes import export_kubernetes as rendered

    cluster = Cluster(namespace, dict(_label(text) for text in label or ()))
    _write(rendered(load(options(context).manifest), cluster), out, force, f"kubectl apply -f {out}")


@app.command("scrape-config")
def export_scrape_config(context: typer.Context, out: Out, force: Force = False) -> None:
    """Write the scrape jobs and rules for a Prometheus that already runs.

    Name them in its prometheus.yml: `scrape_config_files: [DIR/scrape/*.yml]` and `rule_files: [DIR/rules/*.yml]`.
    """
    from stackctl.manifest import load
    from stackctl.render.scrape_config import export_scrape_config as rendered

    names = f"scrape_config_files: [{out}/scrape/*.yml] and rule_files: [{out}/rules/*.yml] in its prometheus.yml"
    _write(rendered(load(options(context).manifest)), out, force, names)


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise InputError.of(f"--label: not KEY=VALUE: `{text}`", remedy="Write it like `release=prometheus`.")
    return key, value


def _write(tree: Tree, out: Path, force: bool, next_step: str) -> None:
    from stackctl.render.write import write
    from stackctl.report import console

    write(tree, out, force=force)
    console.note(f"wrote {len(tree.files)} files to {out}; next: {next_step}")

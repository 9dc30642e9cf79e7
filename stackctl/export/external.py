"""The files that servers which somebody else runs have to load, for `runtime: external`."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.export.scrape_config import service_jobs
from stackctl.model import Stack
from stackctl.render.alertmanager import unguarded_config
from stackctl.render.closed import closed
from stackctl.render.grafana import dashboard_files
from stackctl.render.receivers import TEMPLATES, templates
from stackctl.render.rules import rule_files
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import yaml_bytes
from stackctl.runtimes.registry import facts
from stackctl.tree import File, Tree, ignored

NAME = "external"


def external_tree(stack: Stack) -> Tree:
    """The jobs of all services, the rules, the routes and receivers, and the dashboards, with the secrets as files."""
    files = {
        **service_jobs(stack, c.EXTERNAL_JOBS_FILE),
        **{f"{c.RULES_FOLDER}{path}": file for path, file in rule_files(stack).items()},
        **_alertmanager(stack),
        **dashboard_files(stack),
        c.EXPORT_MARKER: File(b""),
    }
    files = closed(files, stack)
    files |= ignored(files)
    return Tree(stack.name, NAME, files, ())


def _alertmanager(stack: Stack) -> dict[str, File]:
    if stack.alertmanager is None or not (stack.alertmanager.receivers or stack.alertmanager.route):
        return {}
    secrets = SecretFiles(c.ALERTMANAGER)
    config = unguarded_config(stack.alertmanager, facts(c.NATIVE), secrets)
    content = File(yaml_bytes(config, stack.origin.file), secrets.in_clear)
    return {c.ALERTMANAGER_FILE: content, f"alertmanager/{TEMPLATES}": File(templates()), **secrets.files}

"""The stack's own scrape jobs for a Prometheus that runs already: a file for its `scrape_config_files`."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.components.release import image_version
from stackctl.model import Stack
from stackctl.render.closed import closed
from stackctl.render.prometheus import scrape_config
from stackctl.render.rules import rule_files
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import yaml_bytes
from stackctl.runtimes.registry import facts
from stackctl.scrape import jobs
from stackctl.tree import File, Tree, ignored

FILE = "scrape/jobs.yml"


def export_scrape_config(stack: Stack) -> Tree:
    """The jobs of all services, their secrets as files, and the rules."""
    rules = {f"rules/{path}": file for path, file in rule_files(stack).items()}
    files = {**service_jobs(stack, FILE), **rules, c.EXPORT_MARKER: File(b"")}
    files = closed(files, stack)
    files |= ignored(files)
    return Tree(stack.name, "scrape-config", files, ())


def service_jobs(stack: Stack, path: str) -> dict[str, File]:
    """The file at `path` with the jobs of all services, and their secrets, which are read from `../secrets` there."""
    secrets = SecretFiles(c.PROMETHEUS, image=image_version(stack.prometheus.image))
    # The other Prometheus is a process of the user's, so addresses stay as they were written.
    place = facts(c.NATIVE)
    services = [scrape_config(job, secrets, place) for job in jobs(stack, place) if job.service]
    content = yaml_bytes({"scrape_configs": services}, stack.origin.file)
    return {path: File(content, secrets.in_clear), **secrets.files}

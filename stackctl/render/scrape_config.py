"""The stack's own scrape jobs for a Prometheus that runs already: a file for its `scrape_config_files`."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.errors import raise_if_any
from stackctl.model import Stack
from stackctl.render.prometheus import scrape_config
from stackctl.render.rules import rule_files
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import yaml_bytes
from stackctl.scrape import jobs
from stackctl.tree import File, Tree

FILE = "scrape/jobs.yml"


def export_scrape_config(stack: Stack) -> Tree:
    """The jobs of all services, their secrets as files, and the rules. Raises InputError as rendering does."""
    secrets = SecretFiles(c.PROMETHEUS)
    # The other Prometheus is a process of the user's, so addresses stay as they were written.
    services = [scrape_config(job, secrets, "native") for job in jobs(stack, "native") if job.service]
    raise_if_any(secrets.problems)
    rules = {f"rules/{path}": file for path, file in rule_files(stack).items()}
    ignored = {".gitignore": File(f"{c.SECRETS_DIR}/\n".encode())} if secrets.files else {}
    jobs_file = File(yaml_bytes({"scrape_configs": services}, stack.origin.file))
    files = {FILE: jobs_file, **rules, **secrets.files, **ignored, c.EXPORT_MARKER: File(b"")}
    return Tree(stack.name, "scrape-config", files, ())

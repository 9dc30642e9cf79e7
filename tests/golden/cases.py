"""The golden cases: every manifest of tests/manifests/render, for both runtimes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackctl.manifest import load, outside
from stackctl.model import Service, Stack
from stackctl.render import render
from stackctl.tree import Tree

MANIFESTS = Path(__file__).parents[1] / "manifests" / "render"
TREES = Path(__file__).parent / "trees"
RUNTIMES = ("docker", "native")
CASES = sorted((path.parent.name, runtime) for path in MANIFESTS.glob("*/stack.yml") for runtime in RUNTIMES)

SECRETS = {
    "API_PASSWORD": "golden-api-password$",
    "GRAFANA_PASSWORD": "golden-grafana-password",
    "MAIL_PASSWORD": "golden: mail {{password}}",
    "OPSGENIE_KEY": "golden-opsgenie-key",
    "PAGERDUTY_KEY": "golden-pagerduty-key",
    "SCRAPE_TOKEN": "golden-scrape-token",
    "SLACK_URL": "https://hooks.slack.test/golden",
    "TEAMS_URL": "https://teams.test/golden",
    "WEBHOOK_URL": "https://hook.test/golden-token",
    "WORKER_TOKEN": "golden-worker-token",
    "WRITE_PASSWORD": "golden-write-password",
    "WRITE_TOKEN": "golden-write-token",
}


AUTH_SECRETS = {"PROMETHEUS_PASSWORD": "golden: prometheus $ecret"}
EXPORTER_SECRETS = {
    "DATABASE_PASSWORD": "golden%24database",
    "REDIS_PASSWORD": "golden: redis {{password}}",
}


def stack_of(case: str) -> Stack:
    """The stack of a case, as if it lay in /srv: the place of a checkout must not show in a golden tree."""
    with outside.allowed():  # the certificates are those of all tests
        stack = load(MANIFESTS / case / "stack.yml", {**SECRETS, **AUTH_SECRETS, **EXPORTER_SECRETS})
    return replace(stack, services=tuple(_moved(service) for service in stack.services))


def tree_of(case: str, runtime: str) -> Tree:
    return render(stack_of(case), runtime)


def _moved(service: Service) -> Service:
    native = service.run.native
    if native is None:
        return service
    return replace(service, run=replace(service.run, native=replace(native, cwd=Path("/srv"))))

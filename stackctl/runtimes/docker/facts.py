"""The facts of the docker runtime."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.runtimes.facts import Facts

FACTS = Facts(
    name=c.DOCKER,
    runs_images=True,
    has_names=True,
    this_machine=c.HOST_FROM_CONTAINER,
    shares_network=False,
    has_users=True,
    has_env_files=False,
    is_local=False,
    is_automatic=True,
    answers="a Docker engine is available",
    unit="container",
    units="containers",
    network="the Docker bridge",
    prometheus="Prometheus' container",
    unresolved="Correct the host in `{}`; start its container, or name its network in `networks: {{join: [...]}}`.",
)


def data_volume(component: str) -> str:
    """Return the name of the volume with a component's data, as compose.yaml has it."""
    return f"{component}-data"

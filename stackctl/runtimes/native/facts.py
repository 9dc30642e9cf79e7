"""The facts of the native runtime."""

from __future__ import annotations

from stackctl import conventions as c
from stackctl.runtimes.facts import Facts

FACTS = Facts(
    name=c.NATIVE,
    runs_images=False,
    has_names=False,
    this_machine="",
    shares_network=True,
    has_users=False,
    has_env_files=True,
    is_local=True,
    is_automatic=True,
    answers="it is always there",
    unit="process",
    units="processes",
    network="this machine",
    prometheus="this machine",
    unresolved="Correct the host in `{}`; container names do not resolve in the native runtime.",
)

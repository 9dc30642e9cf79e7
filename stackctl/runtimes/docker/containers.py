"""The engine's reports of containers, as the values that all runtimes share. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from stackctl import conventions as c
from stackctl import home
from stackctl.runtimes.protocol import Observed, Peer, RunState

_FRACTION = re.compile(r"\.[0-9]+")

# The labels by which Compose knows its own.
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
VOLUME = "com.docker.compose.volume"
CONFIG = "com.docker.compose.project.config_files"
# Modes that are not the name of a network.
_NO_NETWORKS = frozenset({"", "bridge", "default", "host", "none"})
_STATES: dict[str, RunState] = {
    "running": "running",
    "exited": "exited",
    "dead": "exited",
    "removing": "exited",
    "restarting": "restarting",
    "created": "created",
    "paused": "paused",
}


def observed(container: Mapping[str, Any]) -> Observed:
    """A container that was inspected, as a unit."""
    labels, state = container["Config"]["Labels"], container["State"]
    known = _STATES.get(state["Status"], "exited")
    ended = f"exited with code {state['ExitCode']}"
    ended = f"out of memory, {ended}" if state.get("OOMKilled") else ended
    details = {"exited": ended, "restarting": f"keeps restarting, {ended}", "paused": "paused"}
    health = state.get("Health", {}).get("Status", "")
    unhealthy = health == "unhealthy"
    return Observed(
        unit_name(labels),
        known,
        spec=labels.get(c.LABEL_SPEC, ""),
        image=container["Config"]["Image"],
        started_at=unix_time(state["StartedAt"]),
        detail="running, but unhealthy" if known == "running" and unhealthy else details.get(known, ""),
        health="" if health == "none" else health,
    )


def disconnected(container: Mapping[str, Any]) -> str:
    """Return how an inspected container is no longer in its network as Compose had put it there; "" where it is."""
    mode, networks = container["HostConfig"]["NetworkMode"], container["NetworkSettings"]["Networks"]
    if mode in _NO_NETWORKS or mode.startswith("container:"):
        return ""
    if mode not in networks:
        return f"disconnected from the network {mode}"
    aliases, service = networks[mode].get("Aliases"), container["Config"]["Labels"].get(SERVICE)
    # Connected again by hand, it has an address there and no name.
    return f"without its name in the network {mode}" if aliases is not None and service not in aliases else ""


def peer(row: Mapping[str, Any], near: frozenset[str]) -> Peer:
    """A running container, and whether it is in one of the networks `near`."""
    networks = tuple(sorted(row["NetworkSettings"]["Networks"]))
    names = (row["Labels"].get(SERVICE, ""), row["Names"][0].lstrip("/"))
    return Peer(tuple(name for name in names if name), networks, not near.isdisjoint(networks))


def unit_name(labels: Mapping[str, str]) -> str:
    """The unit of a container; by Compose's own label when something else than stackctl has added it."""
    return labels.get(c.LABEL_UNIT) or labels.get(SERVICE, "")


def started_from(labels: Mapping[str, str]) -> Path | None:
    """The folder that Compose started a container from, without symbolic links: a state folder, or that of another
    Compose file. None where Compose does not say."""
    text = labels.get(CONFIG, "")
    if not text:
        return None
    file = Path(text)
    return home.resolved(next((parent for parent in file.parents if parent.name == c.STATE_DIR), file.parent))


def shown(folder: Path) -> Path:
    """The folder of the manifest or of the Compose file that belongs to `started_from`."""
    return folder.parent if folder.name == c.STATE_DIR else folder


def unix_time(text: str) -> float:
    """The engine's time, "2024-05-01T10:00:00.123456789Z" or with a time zone, as Unix time; 0 for "never"."""
    if text.startswith("0001"):
        return 0.0
    # Python 3.10 reads three or six digits of a fraction only.
    read = _FRACTION.sub(lambda found: f"{found[0]:0<7}"[:7], text.replace("Z", "+00:00"))
    return datetime.fromisoformat(read).timestamp()

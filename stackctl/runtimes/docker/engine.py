"""The Docker engine and the docker command: how they are reached, and what it means when they fail."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stackctl.errors import StackctlError, Unavailable
from stackctl.runtimes import bounded

_QUICK_SECONDS = 10.0
NO_ENGINE = "Start Docker, or use `--runtime native`."
_PLUGIN_PARENTS = (
    "/usr/local/lib/docker",
    "/usr/local/libexec/docker",
    "/usr/lib/docker",
    "/usr/libexec/docker",
)


def address() -> str | None:
    """The engine of DOCKER_HOST or of the chosen docker context; None is the SDK's default."""
    from docker.context import ContextAPI
    from docker.errors import DockerException

    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    try:
        context = ContextAPI.get_current_context()
    except (DockerException, OSError, ValueError):
        return None
    found = context.Host if context else None
    return str(found) if found else None


def has_compose() -> bool:
    """Return whether the Compose plugin is in a place where the docker command finds it; asking that command is slow.

    What cannot be read counts as not there.
    """
    if any(_is_there(parent / "cli-plugins" / "docker-compose") for parent in _plugin_parents()):
        return True
    ended = bounded.run("docker", ["docker", "compose", "version"], seconds=_QUICK_SECONDS)
    return isinstance(ended, bounded.Ended) and ended.code == 0


def _plugin_parents() -> Iterator[Path]:
    if os.environ.get("DOCKER_CONFIG"):
        yield Path(os.environ["DOCKER_CONFIG"])
    else:
        with suppress(RuntimeError):  # neither HOME nor an entry in the passwd file
            yield Path.home() / ".docker"
    yield from map(Path, _PLUGIN_PARENTS)


def _is_there(path: Path) -> bool:
    """Return whether the docker command can run the plugin at `path`."""
    return os.access(path, os.X_OK)


class explained:  # noqa: N801 - reads as a statement
    """Turns what the SDK raises about the engine into Unavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from docker.errors import DockerException
        from requests.exceptions import RequestException

        if isinstance(error, (DockerException, RequestException)):
            raise Unavailable.of(
                "docker.failed", "the Docker engine failed", cause=str(error), remedy=NO_ENGINE
            ) from error


def unless_gone(call: Callable[[], object]) -> None:
    """Make a call about something that may have been removed meanwhile."""
    from docker.errors import NotFound

    with suppress(NotFound):
        call()


def run(
    command: list[str], *, env: Mapping[str, str] | None = None, stdout: Any = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Run a docker command to its end, whatever that is. Raises Unavailable when there is no such command."""
    try:
        return subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    except OSError as error:
        raise Unavailable.of(
            "docker.unavailable",
            "the docker command cannot be run",
            cause=str(error),
            remedy="Install Docker, or use `--runtime native`.",
        ) from error


def compose_failure(output: str) -> StackctlError:
    """Return the error for a failure of Compose with this output."""
    if re.search(r"cannot connect to the docker daemon", output, re.IGNORECASE):
        return Unavailable.of("docker.unavailable", "no Docker engine answers", cause=output.strip(), remedy=NO_ENGINE)
    return Unavailable.of(
        "docker.compose-failed",
        "docker compose failed",
        cause=output.strip(),
        remedy="See its output above; `stackctl logs` may show more.",
    )


def last_line(ran: subprocess.CompletedProcess[str]) -> str:
    """The last of what a command has complained of."""
    return (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]

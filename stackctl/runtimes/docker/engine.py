"""The Docker engine: how it is reached, and what it means when it fails."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from stackctl.errors import StackctlError, Unavailable
from stackctl.runtimes.docker import command

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
    try:
        return command.run(command.Limit.ANSWER, "compose", "version").returncode == 0
    except Unavailable:
        return False


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

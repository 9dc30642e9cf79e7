"""An exporter that stackctl knows nothing of: the manifest says all of it, under a name of the user's own."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from stackctl import secret_keys
from stackctl.components.component import ENV_FILE, Component, Container, Place
from stackctl.components.settings import ExporterSettings
from stackctl.manifest.fields import EnvironmentName, MaybeSecret, MetricsPath, Text, wrong
from stackctl.model import Exporter
from stackctl.runtimes.facts import Facts
from stackctl.source import Secret

# After all that stackctl knows.
_RANK = 1000


def _port(value: Any) -> int:
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and 0 < int(value[:6]) < 65536):
        raise wrong("not a port", "Write a number from 1 to 65535.")
    return int(value)


Port = Annotated[int, BeforeValidator(_port), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535})]


class CustomSettings(ExporterSettings):
    """An exporter that stackctl does not know. It runs in Docker by its `image`, natively by its `program`."""

    essential: ClassVar[str] = "image"
    says_kind: ClassVar[str] = "kind"

    image: Text = Field(description="Container image with its tag.")
    port: Port = Field(description="The port that it listens on, inside its container too.")
    command: list[Text] = Field(default_factory=list, description="Arguments to start it with.")
    env: dict[EnvironmentName, MaybeSecret] = Field(default_factory=dict, description="Its environment variables.")
    program: Text | None = Field(None, description="Its program on this machine: a name on PATH, or a path.")
    metrics_path: MetricsPath = Field(
        "/metrics", description="The path of the metrics; a response means that it is ready."
    )


def _arguments(exporter: Exporter, place: Place) -> tuple[str, ...]:
    """Return its arguments; natively its program too, and nothing where the manifest names none."""
    settings: CustomSettings = exporter.settings
    if place.runtime.runs_images:
        return tuple(settings.command)
    if settings.program is None:
        return ()
    # A path begins at the manifest, a name is looked for on PATH.
    program = str(place.stack.root / settings.program) if "/" in settings.program else settings.program
    return (program, *settings.command)


def _environment(exporter: Exporter, place: Place) -> dict[str, str]:
    env = secret_keys.with_secrets(exporter.settings.env)
    in_clear = {name: value for name, value in env.items() if isinstance(value, str)}
    return {**in_clear, **({} if place.runtime.has_env_files else _hidden(exporter))}


def _secrets(exporter: Exporter, runtime: Facts) -> dict[str, str]:
    """Natively the secret variables are in a file; in Docker the file with all containers is a secret one."""
    hidden = _hidden(exporter)
    return {ENV_FILE: json.dumps(hidden)} if hidden and runtime.has_env_files else {}


def _hidden(exporter: Exporter) -> dict[str, str]:
    env = secret_keys.with_secrets(exporter.settings.env)
    return {name: value.reveal() for name, value in env.items() if isinstance(value, Secret)}


def component(name: str, settings: Any) -> Component:
    """Return the component that the settings under a name describe."""
    return Component(
        name=name,
        rank=_RANK,
        settings=CustomSettings,
        summary="An exporter that stackctl does not know.",
        image=settings.image,
        port=settings.port,
        ready=settings.metrics_path,
        metrics_path=settings.metrics_path,
        container=Container(has_wget=False, joins_networks=True),
        arguments=_arguments,
        environment=_environment,
        secrets=_secrets,
    )

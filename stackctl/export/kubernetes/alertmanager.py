"""Alertmanager: the server itself, as the operator runs it, and its configuration as a Secret."""

from __future__ import annotations

import re
from typing import Any

from stackctl import conventions as c
from stackctl.components.release import image_version
from stackctl.export.kubernetes.objects import OPERATOR, Objects, version_of
from stackctl.export.kubernetes.pods import RELOADER, SECURITY_CONTEXT, apart, limits, storage
from stackctl.export.kubernetes.scraping import given
from stackctl.model import Alertmanager
from stackctl.render.alertmanager import alertmanager_config
from stackctl.render.receivers import TEMPLATES, templates
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import yaml_bytes
from stackctl.runtimes.registry import facts

# Where the operator mounts the Secret with the configuration, with all of its keys.
_FOLDER = "/etc/alertmanager/config"


def alertmanager_object(objects: Objects, alertmanager: Alertmanager, name: str) -> dict[str, Any]:
    """The Alertmanager `name`, whose configuration is in the Secret of `configuration`."""
    spec = {
        "image": alertmanager.image,
        "version": version_of(alertmanager.image),
        "podMetadata": {"labels": objects.part_of},
        "replicas": alertmanager.replicas,
        "affinity": apart(c.ALERTMANAGER, name, alertmanager.replicas),
        "configSecret": secret_name(name),
        "automountServiceAccountToken": False,  # it has nothing to ask of the API server
        "securityContext": SECURITY_CONTEXT,
        "storage": storage(),
        "externalUrl": alertmanager.external_url,
        "resources": limits(alertmanager.resources),
        "containers": [RELOADER],
    }
    return {**objects.head(OPERATOR, "Alertmanager", name), "spec": given(spec)}


def secret_name(name: str) -> str:
    """The name of the Secret with the configuration of an Alertmanager."""
    return f"{name}-alertmanager"


def configuration(objects: Objects, alertmanager: Alertmanager, name: str) -> dict[str, Any]:
    """The Secret with alertmanager.yaml and the files that it names."""
    secrets = SecretFiles(c.ALERTMANAGER, image=image_version(alertmanager.image))
    # Addresses stay as they were written: there is no host to which `localhost` could lead.
    config = alertmanager_config(alertmanager, facts(c.NATIVE), secrets)
    files = {path: file.content for path, file in secrets.files.items()}
    if alertmanager.receivers:
        files[TEMPLATES] = templates()
    keys = {path: re.sub(r"[^A-Za-z0-9._-]", "-", path.removeprefix(f"{c.SECRETS_DIR}/")) for path in files}
    named = {
        f"{folder}{path}": f"{_FOLDER}/{key}" for path, key in keys.items() for folder in ("", "../", f"{c.CURRENT}/")
    }
    text = yaml_bytes(_renamed(config, named), objects.stack.origin.file).decode()
    data = {"alertmanager.yaml": text, **{keys[path]: content.decode() for path, content in files.items()}}
    return {**objects.head("v1", "Secret", secret_name(name)), "stringData": data}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """A configuration with the paths of its files replaced."""
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def without_field(alertmanager: Alertmanager) -> list[str]:
    """Return the settings of Alertmanager that its object has no field for."""
    said = {"docker": alertmanager.docker, "data": alertmanager.existing}
    return [name for name, value in said.items() if value]

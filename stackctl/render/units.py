"""Units: what runs on a tree, with hashes that tell which change needs a restart and which a reload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.model import Exporter, Prometheus, Server
from stackctl.render.web import client_fields
from stackctl.tree import File, Unit, digest


def component_unit(component: Server, files: Mapping[str, File], salt: bytes, definition: Any, **more: Any) -> Unit:
    """The unit of a component. `definition` is all that it is started with; `more` are further fields of the unit."""
    name, url = component.name, component.listen.url
    known = registry.of(component)
    again = known.reads_on_reload
    once = {path: file for path, file in files.items() if not path.startswith(again)} if again else files
    return Unit(
        name=name,
        kind=component.component_name if component.component_name != name else "",
        address=str(component.listen),
        ready=f"{url}{known.ready}",
        reload=f"{url}{known.reload}" if known.reload else "",
        spec=fingerprint(definition, once, salt, (f"{c.SECRETS_DIR}/{name}/", *known.reads_at_start)),
        reads=fingerprint(None, files, salt, again) if again else "",
        required=name == c.PROMETHEUS,
        **(client_fields(component) if isinstance(component, Prometheus) else {}),
        **more,
    )


def more_arguments(server: Server) -> tuple[str, ...]:
    """Return the arguments that the user gives an exporter, after those that it gets anyway."""
    return server.args if isinstance(server, Exporter) else ()


def fingerprint(definition: Any, files: Mapping[str, File], salt: bytes, folders: tuple[str, ...] = ()) -> str:
    """The hash of `definition` and of the files in `folders`.

    It is written where others may read it, so a secret goes in with the stack's own `salt`: the hash is no way to
    try passwords. Without a salt, in a plain tree, only that there is a secret counts.
    """
    # The login of Grafana's datasource is read again when it is provisioned again, which a reload does.
    read = [
        (path, files[path])
        for path in sorted(files)
        if folders and path.startswith(folders) and not path.startswith(c.GRAFANA_WEB_FOLDER)
    ]
    return digest(json.dumps(definition), *(part for path, file in read for part in (path, _counted(file, salt))))


def _counted(file: File, salt: bytes) -> bytes:
    if not file.secret:
        return file.content
    return salt + file.content if salt else b""

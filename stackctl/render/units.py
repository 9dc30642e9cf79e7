"""Units: what runs on a tree, with hashes that tell which change needs a restart and which a reload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.model import Component, Prometheus
from stackctl.render.web import client_fields
from stackctl.tree import File, Unit, digest

# The folders of the tree that a component reads, by when: some read theirs once, the others read all they have
# again on a reload. Grafana polls the dashboards, which so need neither.
_AT_START = {
    # Seen on 3.5: it reads a scrape's password file once and keeps what it held, reload or not.
    c.PROMETHEUS: (f"{c.SECRETS_DIR}/{c.PROMETHEUS}/",),
    c.GRAFANA: ("grafana/provisioning/", f"{c.SECRETS_DIR}/{c.GRAFANA}/"),
    c.POSTGRES: (f"{c.SECRETS_DIR}/{c.POSTGRES}/",),
    c.REDIS: (f"{c.SECRETS_DIR}/{c.REDIS}/",),
}
_ON_RELOAD = {
    c.PROMETHEUS: ("prometheus/", c.WEB_FOLDER),
    c.ALERTMANAGER: ("alertmanager/", f"{c.SECRETS_DIR}/{c.ALERTMANAGER}/"),
    c.BLACKBOX: ("blackbox/",),
}


def component_unit(component: Component, files: Mapping[str, File], salt: bytes, definition: Any, **more: Any) -> Unit:
    """The unit of a component. `definition` is all that it is started with; `more` are further fields of the unit."""
    name, url = component.name, component.listen.url
    reload_path = c.RELOAD_PATHS.get(name)
    again = _ON_RELOAD.get(name, ())
    once = {path: file for path, file in files.items() if not path.startswith(again)} if again else files
    return Unit(
        name=name,
        address=str(component.listen),
        ready=f"{url}{c.READY_PATHS[name]}",
        reload=f"{url}{reload_path}" if reload_path else "",
        spec=fingerprint(definition, once, salt, _AT_START.get(name, ())),
        reads=fingerprint(None, files, salt, again) if again else "",
        required=name == c.PROMETHEUS,
        **(client_fields(component) if isinstance(component, Prometheus) else {}),
        **more,
    )


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

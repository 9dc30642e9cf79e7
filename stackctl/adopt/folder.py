"""The files of a folder: the usual names, which there are, and templates among them."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

COMPOSE_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
PROMETHEUS_FILES = ("prometheus.yml", "prometheus.yaml")
ALERTMANAGER_FILES = ("alertmanager.yml", "alertmanager.yaml", "config.yml", "config.yaml")
# Folders below folders that are looked into.
_DEPTH = 5
# How the name of a template that an engine renders differs from that of the file which is written from it.
_UNRENDERED = re.compile(
    r"[.-](?:j2|jinja2?|tmpl|template|tpl|gotmpl|erb|epp|tftpl|mustache|example|sample|dist)(?=\.ya?ml$|$)"
)


def is_file(path: Path) -> bool:
    """Return whether there is a regular file at a path, which may be one that no file can have."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file() raises for a name that is too long


def files_below(folder: Path, path: str) -> Iterator[str]:
    """Yield the files below a path, by their paths from the folder; none in hidden folders, or far down."""
    top = folder / path
    for here, folders, files in os.walk(top):
        depth = len(Path(here).relative_to(top).parts)
        folders[:] = sorted(each for each in folders if not each.startswith(".") and depth < _DEPTH)
        yield from (posixpath.normpath(os.path.relpath(Path(here, file), folder)) for file in sorted(files))


def template_of(folder: Path, *names: str) -> str:
    """Return the path of a template of a file with one of these names, as prometheus.yml.j2; "" for none."""
    paths = sorted(files_below(folder, "."), key=lambda each: (each.count("/"), each))
    found = (path for path in paths if _UNRENDERED.sub("", posixpath.basename(path), count=1) in names)
    return next((path for path in found if posixpath.basename(path) not in names), "")

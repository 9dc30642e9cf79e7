"""The dashboards of a manifest, in either form, with the links between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import Problem
from stackctl.manifest.classic import read_classic
from stackctl.manifest.document import Document
from stackctl.manifest.schema import DashboardSourceModel
from stackctl.manifest.text import read_text
from stackctl.model import Dashboard
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.manifest.compact import CompactFile

_COMPACT = (".yml", ".yaml")


def read_dashboards(
    document: Document, sources: list[DashboardSourceModel], root: Path
) -> list[Dashboard | list[Problem]]:
    """Each dashboard that the manifest `document` names in `sources`, or all that is wrong with it.

    `root` is the manifest's folder. A file that ends in .yml or .yaml is in the compact form, any other in Grafana's.
    """
    origins = [document.position(("dashboards", index, "file")) for index in range(len(sources))]
    opened = [_open(root, source, origin) for source, origin in zip(sources, origins, strict=True)]
    uids = _uids(sources, opened)
    return [
        part if isinstance(part, Dashboard | list) else _compact(part, source, origin, uids)
        for part, source, origin in zip(opened, sources, origins, strict=True)
    ]


def _open(root: Path, source: DashboardSourceModel, origin: Position) -> Dashboard | CompactFile | list[Problem]:
    """The dashboard, or the file that has to know the others before it is one."""
    text = read_text(root / source.file, source.file, origin)
    if isinstance(text, Problem):
        return [text]
    if not source.file.endswith(_COMPACT):
        classic = read_classic(text, source.file, source.folder, origin)
        return [classic] if isinstance(classic, Problem) else classic
    from stackctl.manifest.compact import open_compact

    return open_compact(text, source.file)


def _uids(
    sources: list[DashboardSourceModel], opened: list[Dashboard | CompactFile | list[Problem]]
) -> dict[str, str] | None:
    """What a link may name -> the uid it leads to; None when a dashboard is not known, because it cannot be read."""
    uids: dict[str, str] = {}
    for source, part in zip(sources, opened, strict=True):
        if isinstance(part, list):
            return None
        uids |= {part.uid: part.uid, source.file: part.uid}
    return uids


def _compact(
    file: CompactFile, source: DashboardSourceModel, origin: Position, uids: dict[str, str] | None
) -> Dashboard | list[Problem]:
    from stackctl.manifest.compact import read_compact

    return read_compact(file, source.folder, origin, uids)

"""The dashboards of a manifest, in either form, with the links between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path as FolderPath
from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.classic import read_classic
from stackctl.manifest.document import Document, Path
from stackctl.manifest.packs import Packs
from stackctl.manifest.packs.schema import DASHBOARD
from stackctl.manifest.schema import DashboardSourceModel
from stackctl.manifest.text import read_named
from stackctl.model import Dashboard
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.manifest.compact import CompactFile
    from stackctl.manifest.packs.uses import Use

_COMPACT = (".yml", ".yaml")


@dataclass(frozen=True)
class _Opened:
    """A dashboard, the file that has to know the others before it is one, or what is wrong with it.

    `names` are what links may call it; `of_pack` when its queries can only be corrected in the manifest.
    """

    part: Dashboard | CompactFile | list[Diagnostic]
    source: DashboardSourceModel
    origin: Position
    names: tuple[str, ...] = ()
    of_pack: bool = False


def read_dashboards(
    document: Document, sources: list[DashboardSourceModel], root: FolderPath, packs: Packs
) -> list[Dashboard | list[Diagnostic]]:
    """Each dashboard that the manifest `document` names in `sources`, or all that is wrong with it.

    `root` is the manifest's folder. A file that ends in .yml or .yaml is in the compact form, any other in Grafana's.
    """
    opened = [
        each
        for index, source in enumerate(sources)
        for each in (
            _packed(document, ("dashboards", index), source, packs)
            if source.pack
            else [_file(document, index, source, root)]
        )
    ]
    uids = _uids(opened)
    return [
        each.part if isinstance(each.part, Dashboard | list) else _compact(each.part, each, uids) for each in opened
    ]


def read_board(use: Use, origin: Position) -> Dashboard | list[Diagnostic]:
    """The dashboard of a pack that `origin` in the manifest asks for, where its queries are to be corrected."""
    from stackctl.manifest.compact import read_compact
    from stackctl.manifest.packs.expand import board

    file = board(use)
    read = file if isinstance(file, list) else read_compact(file, "", origin, {})
    return read if isinstance(read, list) else _corrected_at(origin, read)


def _file(document: Document, index: int, source: DashboardSourceModel, root: FolderPath) -> _Opened:
    origin = document.position(("dashboards", index, "file"))
    name = source.file or ""
    return _Opened(_open(root, name, source.folder, origin), source, origin, (name,))


def _packed(document: Document, place: Path, source: DashboardSourceModel, packs: Packs) -> list[_Opened]:
    """The dashboards of a pack: one for each service, or one for all."""
    from stackctl.manifest.packs.expand import board

    origin = document.position((*place, "pack"))
    used = packs.uses(document, place, source, DASHBOARD)
    parts = [[each] if isinstance(each, Diagnostic) else board(each) for each in used]
    return [_Opened(part, source, origin, of_pack=True) for part in parts]


def _open(root: FolderPath, name: str, folder: str, origin: Position) -> Dashboard | CompactFile | list[Diagnostic]:
    text = read_named(root, name, origin)
    if isinstance(text, Diagnostic):
        return [text]
    if not name.endswith(_COMPACT):
        return read_classic(text, name, folder, origin)
    from stackctl.manifest.compact import open_compact

    return open_compact(text, name)


def _uids(opened: list[_Opened]) -> dict[str, str] | None:
    """Map the names that a link may use to uids; None when a dashboard is unknown because it cannot be read."""
    uids: dict[str, str] = {}
    for each in opened:
        if isinstance(each.part, list):
            return None
        uids |= dict.fromkeys((each.part.uid, *each.names), each.part.uid)
    return uids


def _compact(file: CompactFile, opened: _Opened, uids: dict[str, str] | None) -> Dashboard | list[Diagnostic]:
    from stackctl.manifest.compact import read_compact

    read = read_compact(file, opened.source.folder, opened.origin, uids)
    if isinstance(read, list) or not opened.of_pack:
        return read
    return _corrected_at(opened.origin, read)


def _corrected_at(origin: Position, read: Dashboard) -> Dashboard:
    return replace(read, queries=tuple(replace(query, origin=origin) for query in read.queries))

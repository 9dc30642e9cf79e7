"""The dashboards of a manifest, in either form, with the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FolderPath
from typing import TYPE_CHECKING

from stackctl.manifest.classic import read_classic
from stackctl.manifest.document import Document, Path
from stackctl.manifest.packs import Packs
from stackctl.manifest.packs.schema import DASHBOARD
from stackctl.manifest.problems import Problems
from stackctl.manifest.schema import DashboardSourceModel
from stackctl.manifest.text import read_named
from stackctl.model import Dashboard, Datasources
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.manifest.compact import CompactFile
    from stackctl.manifest.packs.uses import Use

_COMPACT = (".yml", ".yaml")


@dataclass(frozen=True)
class _Opened:
    """A dashboard, the file that has to know the others before it is one, or None if it cannot be read.

    `names` are what links may call it; `of_pack` when its queries can only be corrected in the manifest.
    """

    part: Dashboard | CompactFile | None
    source: DashboardSourceModel
    origin: Position
    names: tuple[str, ...] = ()
    of_pack: bool = False


def read_dashboards(
    document: Document,
    sources: Sequence[tuple[Path, DashboardSourceModel]],
    root: FolderPath,
    packs: Packs,
    datasources: Datasources,
    problems: Problems,
) -> list[Dashboard]:
    """Return the dashboards that the manifest `document` names in `sources`, each with its place there.

    `root` is the manifest's folder, and `datasources` are those that dashboards may ask next to the stack's Prometheus.
    A file that ends in .yml or .yaml is in the compact form, any other in Grafana's.
    What is wrong with the others is added to `problems`.
    """
    opened = [
        each
        for place, source in sources
        for each in (
            _packed(document, place, source, packs, problems)
            if source.pack
            else [_file(document, place, source, root, datasources, problems)]
        )
    ]
    uids = _uids(opened)
    read = [_read(each, uids, problems) for each in opened]
    return [each for each in read if each]


def read_board(use: Use, origin: Position, problems: Problems) -> Dashboard | None:
    """Return the dashboard of a pack that `origin` in the manifest asks for, where its queries are to be corrected.

    None if it has problems, which are added to `problems`.
    """
    from stackctl.manifest.compact import read_compact
    from stackctl.manifest.packs.expand import board

    file = board(use, problems)
    read = read_compact(file, "", origin, {}, problems) if file else None
    return _corrected_at(origin, read) if read else None


def _file(
    document: Document,
    place: Path,
    source: DashboardSourceModel,
    root: FolderPath,
    datasources: Datasources,
    problems: Problems,
) -> _Opened:
    origin = document.position((*place, "file"))
    name = source.file or ""
    return _Opened(_open(root, name, source.folder, origin, datasources, problems), source, origin, (name,))


def _packed(
    document: Document, place: Path, source: DashboardSourceModel, packs: Packs, problems: Problems
) -> list[_Opened]:
    """The dashboards of a pack: one for each service, or one for all."""
    from stackctl.manifest.packs.expand import board

    origin = document.position((*place, "pack"))
    used = packs.uses(document, place, source, DASHBOARD, problems)
    parts = [None] if used is None else [board(each, problems) for each in used]
    return [_Opened(part, source, origin, of_pack=True) for part in parts]


def _open(
    root: FolderPath,
    name: str,
    folder: str,
    origin: Position,
    datasources: Datasources,
    problems: Problems,
) -> Dashboard | CompactFile | None:
    text = read_named(root, name, origin, problems)
    if text is None:
        return None
    if not name.endswith(_COMPACT):
        return read_classic(text, name, folder, origin, problems, datasources)
    from stackctl.manifest.compact import open_compact

    return open_compact(text, name, problems)


def _uids(opened: list[_Opened]) -> dict[str, str] | None:
    """Map the names that a link may use to uids; None when a dashboard is unknown because it cannot be read."""
    uids: dict[str, str] = {}
    for each in opened:
        if each.part is None:
            return None
        uids |= dict.fromkeys((each.part.uid, *each.names), each.part.uid)
    return uids


def _read(opened: _Opened, uids: dict[str, str] | None, problems: Problems) -> Dashboard | None:
    if opened.part is None or isinstance(opened.part, Dashboard):
        return opened.part
    from stackctl.manifest.compact import read_compact

    read = read_compact(opened.part, opened.source.folder, opened.origin, uids, problems)
    return _corrected_at(opened.origin, read) if read and opened.of_pack else read


def _corrected_at(origin: Position, read: Dashboard) -> Dashboard:
    return replace(read, queries=tuple(replace(query, origin=origin) for query in read.queries))

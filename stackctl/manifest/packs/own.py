"""The packs of the user's own folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import outside
from stackctl.manifest.document import Document
from stackctl.manifest.packs.library import Library, Pack, read, shipped_names
from stackctl.manifest.packs.trial import trial
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.source import Position


def read_library(manifest: Document, folders: Iterable[str], root: Path, problems: Problems) -> Library | None:
    """Return the library with the packs in the user's `folders`; None with all that is wrong added to `problems`."""
    own: dict[tuple[str, str], Pack] = {}
    found = Problems()
    for index, folder in enumerate(folders):
        origin = manifest.position(("packs", index))
        if refused := outside.refusal_to_read(root, folder, origin):
            found.add(refused)
            continue
        for pack in _folder(root, folder, origin, found):
            key = (pack.model.kind, pack.name)
            found.extend(_taken(pack, own.get(key), origin))
            own.setdefault(key, pack)
    return None if problems.extend(found) else Library(own)


def _folder(root: Path, shown: str, origin: Position, problems: Problems) -> Iterator[Pack]:
    """Yield the packs of a folder that are right."""
    folder = root / shown
    if not folder.is_dir():
        remedy = "Name a folder next to the manifest that contains packs, one in each `.yml` file."
        problems.add(Diagnostic("pack.folder", f"{shown} is not a folder", origin, remedy=remedy))
        return
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    if not files:
        remedy = "Add one, in a file that ends in `.yml`."
        problems.add(Diagnostic("pack.folder", f"there is no pack in {shown}", origin, remedy=remedy))
    for path in files:
        name = str(PurePath(shown) / path.name)
        text = read_named(root, name, origin, problems)
        pack = None if text is None else read(text, name, path.stem, problems, shipped=False)
        if pack and not problems.extend(trial(pack)):
            yield pack


def _taken(pack: Pack, first: Pack | None, origin: Position) -> Iterator[Diagnostic]:
    if first:
        summary = f"{pack.document.file}: the pack `{pack.name}` is also in {first.document.file}"
        yield Diagnostic("pack.name", summary, origin, remedy="Rename one of them.")
    elif pack.name in shipped_names(pack.model.kind):
        summary = f"{pack.document.file}: stackctl has a built-in pack `{pack.name}`"
        yield Diagnostic("pack.name", summary, origin, remedy="Rename yours, to make clear which of them is used.")

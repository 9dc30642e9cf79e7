"""The library: the packs that ship with stackctl, and those of the user's own folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath

from stackctl.data import data_dir
from stackctl.errors import Problem
from stackctl.manifest.document import Document, parse
from stackctl.manifest.packs.schema import DASHBOARD, RULES, PackFile, ParameterModel
from stackctl.manifest.text import read_text
from stackctl.manifest.validate import validate
from stackctl.source import Position

_OF_ALL_RULES = {
    "runbooks": ParameterModel.model_construct(
        type="text", default="", description="The address of your runbooks: each alert gets a `runbook_url` below it."
    )
}
FOLDERS = {RULES: "rules", DASHBOARD: "dashboards"}


@dataclass(frozen=True)
class Pack:
    """A pack with the file that it came from; `shipped` when that is stackctl's own."""

    model: PackFile
    document: Document = field(repr=False)
    shipped: bool

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def parameters(self) -> Mapping[str, ParameterModel]:
        """Its own, and what all rules that ship can be told."""
        return (
            {**self.model.parameters, **_OF_ALL_RULES}
            if self.shipped and self.model.kind == RULES
            else self.model.parameters
        )


@dataclass(frozen=True)
class Library:
    """All packs: the user's own, read already, and stackctl's, read when asked for."""

    own: Mapping[tuple[str, str], Pack] = field(default_factory=dict)

    def names(self, kind: str) -> list[str]:
        """The names of all packs of a kind."""
        return sorted({*shipped_names(kind), *(name for of, name in self.own if of == kind)})

    def pack(self, kind: str, name: str) -> Pack | None:
        """The pack of that kind and name, if there is one."""
        if (kind, name) in self.own:
            return self.own[kind, name]
        return shipped(kind, name) if name in shipped_names(kind) else None


def shipped_names(kind: str) -> list[str]:
    """The names of stackctl's own packs of a kind."""
    return sorted(path.stem for path in data_dir(FOLDERS[kind]).glob("*.yml"))


@cache
def shipped(kind: str, name: str) -> Pack:
    """One of stackctl's own packs."""
    file = f"{FOLDERS[kind]}/{name}.yml"
    text = (data_dir(FOLDERS[kind]) / f"{name}.yml").read_text()
    pack = _read(text, f"stackctl/{file}", name, shipped=True)
    if isinstance(pack, list):
        raise AssertionError("\n".join(map(str, pack)))
    return pack


def read_library(manifest: Document, folders: Iterable[str], root: Path) -> Library | list[Problem]:
    """The library with the packs in the user's `folders`, or all that is wrong with these."""
    own: dict[tuple[str, str], Pack] = {}
    problems: list[Problem] = []
    for index, folder in enumerate(folders):
        origin = manifest.position(("packs", index))
        for pack in _folder(root / folder, folder, origin):
            if isinstance(pack, Problem):
                problems.append(pack)
                continue
            key = (pack.model.kind, pack.name)
            problems += _taken(pack, own.get(key), origin)
            own.setdefault(key, pack)
    return problems or Library(own)


def _folder(folder: Path, shown: str, origin: Position) -> Iterator[Pack | Problem]:
    if not folder.is_dir():
        remedy = "Name a folder beside the manifest that holds packs, one in each `.yml` file."
        yield Problem(f"{shown} is not a folder", origin, remedy=remedy)
        return
    files = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    if not files:
        yield Problem(f"there is no pack in {shown}", origin, remedy="Add one, in a file that ends in `.yml`.")
    for path in files:
        name = str(PurePath(shown) / path.name)
        text = read_text(path, name, origin)
        read = [text] if isinstance(text, Problem) else _read(text, name, path.stem, shipped=False)
        yield from read if isinstance(read, list) else [read]


def _read(text: str, shown: str, stem: str, *, shipped: bool) -> Pack | list[Problem]:
    document = parse(text, shown)
    if document.problems:
        return document.problems
    model = validate(document, PackFile)
    if isinstance(model, list):
        return model
    pack = Pack(model, document, shipped)
    if model.name != stem:
        remedy = f"Rename the file to `{model.name}.yml`, or the pack."
        return [Problem(f"the pack is named `{model.name}`, its file is not", document.position(("name",)), "", remedy)]
    from stackctl.manifest.packs.trial import trial

    return pack if shipped else trial(pack) or pack


def _taken(pack: Pack, first: Pack | None, origin: Position) -> Iterator[Problem]:
    if first:
        summary = f"{pack.document.file}: the pack `{pack.name}` is also in {first.document.file}"
        yield Problem(summary, origin, remedy="Rename one of them.")
    elif pack.name in shipped_names(pack.model.kind):
        summary = f"{pack.document.file}: stackctl has a pack `{pack.name}` of its own"
        yield Problem(summary, origin, remedy="Rename yours, so that it is plain which of them is used.")

"""The library: the packs that ship with stackctl, next to those of the user's own that `own.py` has read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from stackctl.bounds.files import read_text
from stackctl.data import data_dir
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.packs.schema import DASHBOARD, RULES, PackFile, ParameterModel
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.validate import validate

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
        """Its own, and the ones of all rules that ship."""
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
    text = read_text(data_dir(FOLDERS[kind]) / f"{name}.yml")
    problems = Problems()
    pack = read(text, f"stackctl/{file}", name, problems, shipped=True)
    if pack is None:
        raise AssertionError("\n".join(map(str, problems)))
    return pack


def read(text: str, shown: str, stem: str, problems: Problems, *, shipped: bool) -> Pack | None:
    """Return the pack in a file that is called `stem`, and `shown` in messages.

    None if there is none, with all that is wrong added to `problems`.
    """
    document = parse(text, shown)
    if problems.extend(document.problems):
        return None
    model = validate(document, PackFile, problems)
    if model is None:
        return None
    if model.name != stem:
        summary = f"the pack is named `{model.name}`, but its file is not"
        remedy = f"Rename the file to `{model.name}.yml`, or the pack."
        problems.add(Diagnostic("pack.name", summary, document.position(("name",)), remedy=remedy))
        return None
    return Pack(model, document, shipped)

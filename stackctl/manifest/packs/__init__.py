"""Packs: alert rules and dashboards with parameters, from stackctl's library or the user's own folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stackctl.diagnostic import Diagnostic
    from stackctl.manifest.document import Document, Path
    from stackctl.manifest.packs.library import Library
    from stackctl.manifest.packs.uses import Around, Use, Wanted
    from stackctl.manifest.problems import Problems
    from stackctl.manifest.rule_schema import PackSourceModel
    from stackctl.source import Position


@dataclass(frozen=True)
class Packs:
    """The packs that a manifest may use, and what it has used: nothing is there twice.

    `library` is None when the user's own packs cannot be read; then no pack is expanded.
    """

    library: Library | None
    around: Around
    _first: dict[tuple[str, str, str], Position] = field(default_factory=dict)

    @property
    def used(self) -> frozenset[tuple[str, str, str]]:
        """(kind, pack, subject) of every use so far."""
        return frozenset(self._first)

    def uses(
        self, document: Document, place: Path, source: PackSourceModel, kind: str, problems: Problems
    ) -> list[Use] | None:
        """Return each use of the pack that the entry `source` at `place` names.

        None if the entry is wrong, with everything that is wrong with it added to `problems`.
        """
        from stackctl.manifest.packs.uses import Wanted, uses

        if self.library is None:
            return []
        wanted = Wanted(document, place, kind, source.pack or "", tuple(source.services), source.with_)
        used = uses(wanted, self.library, self.around, problems)
        if used is None or problems.extend(problem for each in used for problem in self._twice(wanted, each)):
            return None
        return used

    def _twice(self, wanted: Wanted, use: Use) -> list[Diagnostic]:
        here = wanted.document.position((*wanted.place, "pack"))
        first = self._first.setdefault((wanted.kind, use.pack.name, use.subject), here)
        if first == here:
            return []
        subject = f" for `{use.subject}`" if use.subject else ""
        remedy = "Keep one of the two entries, with all the parameters."
        return [wanted.problem(f"the pack `{use.pack.name}` is already used{subject}, in line {first.line}", remedy)]

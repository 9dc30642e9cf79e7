"""Paths of a stack's files in the repository that a CI system has checked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stackctl.diagnostic import Diagnostic
from stackctl.source import Position

# How GitHub, GitLab and Jenkins name the root of the checkout.
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")


@dataclass(frozen=True)
class Checkout:
    """The `root` of a repository, the folder that the command runs in, and the `manifest` as the user named it."""

    root: Path
    here: Path
    manifest: Path

    @classmethod
    def of(cls, manifest: Path, environment: Mapping[str, str]) -> Checkout:
        """The checkout that the environment names, or else the folder that the command runs in."""
        here = Path.cwd()
        named = next((environment[name] for name in _ROOTS if environment.get(name)), None)
        return cls(Path(named or here).resolve(), here, manifest)

    def path(self, file: str) -> str:
        """`file`, as a position has it, from the root; unchanged when it is elsewhere.

        A position names the manifest as the user did, and any other file from the manifest's folder.
        """
        folder = self.here if Path(file) == self.manifest else self.here / self.manifest.parent
        whole = (folder / file).resolve()
        return whole.relative_to(self.root).as_posix() if whole.is_relative_to(self.root) else file

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the diagnostic with its place as seen from the root."""
        return replace(diagnostic, position=self._place(diagnostic.position))

    def _place(self, position: Position | None) -> Position | None:
        # A place on a server is in no file of the repository.
        if position is None or "://" in position.file:
            return None
        return replace(position, file=self.path(position.file))

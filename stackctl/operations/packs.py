"""Packs that a manifest can use: those that ship, and those of its own folders."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackctl.manifest.packs.library import Library


def library_of(manifest: Path) -> Library:
    """Return the packs of the manifest where there is one, else those that ship."""
    from stackctl.manifest import load_packs

    return load_packs(manifest if manifest.exists() else None)


def listed(manifest: Path) -> list[dict[str, Any]]:
    """Return a row for each pack; `fits` are the places of the manifest that it fits and is not used for."""
    from stackctl.errors import InputError
    from stackctl.manifest import load
    from stackctl.manifest.packs.describe import summaries
    from stackctl.manifest.packs.fits import fits
    from stackctl.manifest.packs.library import FOLDERS

    library = library_of(manifest)
    places: dict[tuple[str, str], list[str]] = {}
    with suppress(InputError):  # without a manifest, or with a bad one, the packs are still there
        for fit in fits(load(manifest), library):
            places.setdefault((FOLDERS[fit.kind], fit.pack), []).append(fit.place)
    return [{**row, "fits": places.get((row["under"], row["name"]), [])} for row in summaries(library)]

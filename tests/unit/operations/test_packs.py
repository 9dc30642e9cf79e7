"""Packs that a manifest can use, and the places that each of them fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.packs import library_of, listed
from tests.unit.manifest.packs.test_fits import API, HEAD


def fitting(manifest: Path) -> dict[str, list[str]]:
    return {row["name"]: row["fits"] for row in listed(manifest) if row["under"] == "rules" and row["fits"]}


def test_pack_names_the_places_that_it_fits(manifest: Path) -> None:
    manifest.write_text(HEAD + API)
    assert fitting(manifest) == {
        "http": ["services.api"], "service-health": ["services.api"], "prometheus": ["prometheus"],
    }  # fmt: skip
    manifest.write_text(HEAD + API + "rules: [{pack: prometheus}]\n")
    assert "prometheus" not in fitting(manifest)


@pytest.mark.parametrize("text", [None, "version: 7\n", "version: 1\nname: shop\n"])
def test_packs_are_listed_without_a_good_manifest(text: str | None, manifest: Path) -> None:
    if text is not None:
        manifest.write_text(text)
    rows = listed(manifest)
    assert fitting(manifest) == {}
    assert {"http", "slo"} <= {row["name"] for row in rows}


def test_own_packs_of_a_folder_that_is_missing_are_a_mistake(manifest: Path) -> None:
    manifest.write_text(HEAD + API + "packs: [./nowhere]\n")
    with pytest.raises(InputError):
        library_of(manifest)

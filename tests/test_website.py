"""The documentation site: every page is in it and can be reached, and a dead link fails the build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from docs.website import DOCS, NAVIGATION, build, settings, tree
from stackctl.cli.main import program
from tests.unit.test_docs import commands

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="Zensical needs Python 3.11")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return tree()


def test_every_command_has_a_page(files: dict[str, bytes]) -> None:
    import typer

    names = [name.replace(" ", "-") for name, _ in commands(typer.main.get_command(program()))]
    assert [name for name in names if f"commands/{name}.md" not in files] == []


def test_every_page_is_in_the_navigation(files: dict[str, bytes]) -> None:
    shown = {page for part in json.loads(settings(files))["nav"] for page in next(iter(part.values()))}
    assert {path for path in files if path.endswith(".md")} - shown == set()
    assert len(json.loads(settings(files))["nav"]) == len(NAVIGATION)


def test_links_to_pages_of_the_repository_lead_to_those_of_the_site(files: dict[str, bytes]) -> None:
    assert "](manifest.md)" in files["index.md"].decode()
    assert "](../packs.md)" in files["packs/README.md"].decode()
    assert "(docs/" not in files["index.md"].decode()


def test_the_site_is_built_without_a_dead_link(files: dict[str, bytes], tmp_path: Path) -> None:
    build(tmp_path / "site", files)
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    assert "stackctl" in (tmp_path / "site" / "search.json").read_text()


def test_a_dead_link_fails_the_build(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        build(tmp_path / "site", {"index.md": b"# One\n[two](two.md)\n"})
    assert not (tmp_path / "site").exists()

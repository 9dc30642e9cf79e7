"""Drawing dashboards: which pages there are, and where they cannot be written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.errors import InputError, Unavailable
from stackctl.operations.preview import preview
from stackctl.state import Running, State
from tests.unit.operations.pretended import Pretended, live

SHOP = "version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\n"
BOARD = "title: Shop\nuid: shop\nfolder: Mine\nrows: [{panels: [{title: P, query: up}]}]\n"


@pytest.fixture
def running(manifest: Path, state: State, runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack with two dashboards whose Prometheus answers with nothing."""
    manifest.write_text(f"{SHOP}dashboards: [{{pack: prometheus}}, {{file: d.yml}}]\n")
    (manifest.parent / "d.yml").write_text(BOARD)
    state.record(Running("native", live(state).id))
    monkeypatch.setattr("stackctl.clients.prometheus.Prometheus.clock", lambda *_: None)
    monkeypatch.setattr("stackctl.preview.frames.Source.of", lambda *_: None)
    monkeypatch.setattr("stackctl.preview.page.draw", lambda definition, _: definition)
    monkeypatch.setattr("stackctl.preview.page.page_html", lambda drawn, _: str(drawn["title"]))
    return manifest


def test_every_dashboard_has_a_page_and_the_index_names_them(running: Path, tmp_path: Path) -> None:
    written = preview(running, tmp_path / "out" / "pages")
    index, *pages = written
    assert index.name == "index.html"
    assert len(pages) == 2
    assert (tmp_path / "out" / "pages" / "shop.html").read_text() == "Shop"
    shown = index.read_text()
    assert all(page.name in shown for page in pages)
    assert "Mine" in shown


def test_folder_that_cannot_be_written_is_named(running: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match=f"cannot write to {tmp_path / 'out'}"):
        preview(running, tmp_path / "out")


def test_manifest_without_dashboards_has_nothing_to_draw(manifest: Path, tmp_path: Path) -> None:
    manifest.write_text(SHOP)
    with pytest.raises(InputError, match="the manifest has no dashboards"):
        preview(manifest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_stack_that_does_not_run_has_no_data(manifest: Path, runtime: Pretended, tmp_path: Path) -> None:
    manifest.write_text(f"{SHOP}dashboards: [{{pack: prometheus}}]\n")
    with pytest.raises(Unavailable, match="the stack `shop` is not running"):
        preview(manifest, tmp_path / "out")


def test_server_that_does_not_answer_writes_no_page(
    running: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> SimpleNamespace:
        raise Unavailable.of("server.no-answer", "connection refused")

    monkeypatch.setattr("stackctl.clients.prometheus.Prometheus.clock", silent)
    with pytest.raises(Unavailable, match="connection refused"):
        preview(running, tmp_path / "out")
    assert not (tmp_path / "out").exists()

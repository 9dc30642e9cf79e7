"""`dashboards preview` on a running native stack, and what `check` says about how dashboards are drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.cli.main import main
from tests.ports import free_port

MANIFEST = """\
version: 1
name: drawn
prometheus: {{listen: "127.0.0.1:{port}", scrape_interval: 1s}}
services: {{itself: {{targets: ["127.0.0.1:{port}"]}}}}
dashboards: [{{pack: prometheus}}, {{file: own.json}}]
"""
OWN = {
    "title": "Own", "uid": "own",
    "templating": {"list": [{"name": "job", "type": "query", "query": {"query": "label_values(up, job)"}}]},
    "panels": [
        {"type": "stat", "title": "Up of $job", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 4},
         "datasource": {"type": "prometheus", "uid": "prometheus"},
         "targets": [{"expr": 'count(up{job="$job"})', "refId": "A", "instant": True}],
         "fieldConfig": {"defaults": {"unit": "suffix: targets"}}},
        {"type": "piechart", "title": "Pie", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 4},
         "datasource": {"type": "prometheus", "uid": "prometheus"}, "targets": [{"expr": "up", "refId": "A"}]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The manifest of a native stack that runs."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "own.json").write_text(json.dumps(OWN))
    manifest = folder / "stack.yml"
    manifest.write_text(MANIFEST.format(port=free_port()))
    assert main(["-f", str(manifest), "up", "--runtime", "native"]) == 0
    yield manifest
    assert main(["-f", str(manifest), "down", "--volumes"]) == 0


def test_draws_every_dashboard_from_live_data(running: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    assert main(["-f", str(running), "verify"]) == 0
    assert main(["-f", str(running), "dashboards", "preview", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "own.html", "prometheus.html"]
    own, pack = (out / "own.html").read_text(), (out / "prometheus.html").read_text()
    assert ">1 targets</text>" in own
    assert "Up of itself" in own
    assert "type `piechart` is not drawn" in own
    assert ">accepted</text>" in pack
    assert 'href="prometheus.html"' in (out / "index.html").read_text()


def test_preview_reports_folder_that_cannot_be_written(running: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert main(["-f", str(running), "dashboards", "preview", "--out", str(tmp_path / "file")]) == 2


def test_preview_of_a_stopped_stack_is_unavailable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = tmp_path / "stack.yml"
    manifest.write_text(
        'version: 1\nname: stopped\nservices: {a: {targets: ["localhost:1"]}}\ndashboards: [{pack: prometheus}]\n'
    )
    assert main(["-f", str(manifest), "dashboards", "preview"]) == 3
    assert "is not running" in capsys.readouterr().err


def test_check_suggests_how_to_draw_own_dashboards_only(running: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = running.with_name("bad.json")
    panel = {
        **OWN["panels"][0],
        "type": "timeseries",
        "title": "Rate",
        "targets": [{"expr": "sum(rate(x_errors_total[5m]))"}],
    }  # type: ignore[dict-item, index]
    bad.write_text(json.dumps({"title": "Bad", "uid": "bad", "panels": [panel]}))
    manifest = running.with_name("bad.yml")
    manifest.write_text(
        'version: 1\nname: bad\nservices: {a: {targets: ["localhost:1"]}}\n'
        "dashboards: [{file: bad.json}, {pack: prometheus}]\n"
    )
    assert main(["-f", str(manifest), "check"]) == 0
    said = capsys.readouterr().err
    assert "bad.json: 2 suggestions for its panels" in said
    assert "a legend for a single series in `Rate`" in said
    assert said.count("suggestions") == 1
    assert main(["-f", str(manifest), "check", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [row["status"] for row in rows if "suggestions" in row["summary"]] == ["info"]

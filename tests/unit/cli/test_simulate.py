"""What `stackctl simulate` refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.operations.test_simulation import refused, write


def test_reports_what_cannot_be_simulated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest, port = write(tmp_path)
    assert "Scenarios: normal, idle, errors" in refused(capsys, manifest, "--scenario", "storm")
    assert "there is no service `web`" in refused(capsys, manifest, "web")
    text = manifest.read_text()
    manifest.write_text(text.replace("localhost:", "elsewhere:"))
    assert "has no target on this machine" in refused(capsys, manifest, "api")
    assert "there is nothing to simulate" in refused(capsys, manifest)
    manifest.write_text(f'{text}  web: {{targets: ["localhost:{port}"], metrics_path: /web, metrics: {{a: gauge}}}}\n')
    assert f"`web` and `api` both use port {port}" in refused(capsys, manifest)
    manifest.write_text(text.replace("metrics: {", "labels: {").replace("{type: gauge}", "x"))
    assert "has no contract" in refused(capsys, manifest, "api")

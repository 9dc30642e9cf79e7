"""`stackctl packs list` says what fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.cli.main import main
from tests.unit.manifest.packs.test_fits import API, HEAD


def test_list_says_what_a_pack_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yml").write_text(HEAD + API)

    def listed() -> dict[str, list[str]]:
        assert main(["packs", "list", "-o", "json"]) == 0
        rows = json.loads(capsys.readouterr().out)["packs"]
        return {row["name"]: row["fits"] for row in rows if row["under"] == "rules" and row["fits"]}

    assert listed() == {"http": ["services.api"], "service-health": ["services.api"], "prometheus": ["prometheus"]}
    assert main(["packs", "list"]) == 0
    assert "services.api" in capsys.readouterr().out
    # Without a manifest that can be read there are only the packs.
    (tmp_path / "stack.yml").write_text("version: 7\n")
    assert listed() == {}
    assert main(["packs", "list"]) == 0
    assert "fits" not in capsys.readouterr().out

"""Files that ship with stackctl are found in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import data


@pytest.mark.parametrize("name", ["templates", "dashboards", "rules", "examples", "codes", "schemas"])
def test_folder_is_found_in_a_checkout(name: str) -> None:
    assert list(data.data_dir(name).iterdir())


def test_wheel_has_its_own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stackctl" / "_data" / "rules").mkdir(parents=True)
    monkeypatch.setattr(data, "_PACKAGE", tmp_path / "stackctl")
    assert data.data_dir("rules") == tmp_path / "stackctl" / "_data" / "rules"
    assert data.data_dir("codes") == tmp_path / "codes"

"""`stackctl dashboards preview`: where the pages go, and how many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "folder", "count", "shown"),
    [
        ([], "shop/.stackctl/preview", 2, "2 dashboards"),
        (["--out", "pages"], "pages", 1, "1 dashboard"),
    ],
)
def test_preview_names_its_index(
    arguments: list[str],
    folder: str,
    count: int,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[tuple[Path, Path]] = []

    def preview(manifest: Path, out: Path) -> list[Path]:
        asked.append((manifest, out))
        return [out / "index.html", *(out / f"{number}.html" for number in range(count))]

    monkeypatch.setattr("stackctl.operations.preview.preview", preview)
    assert main(["-f", "shop/stack.yml", "dashboards", "preview", *arguments]) == 0
    assert asked == [(Path("shop/stack.yml"), Path(folder))]
    assert capsys.readouterr() == ("", f"{shown}: {folder}/index.html\n")


def test_dashboards_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboards"]) == 2
    captured = capsys.readouterr()
    assert "preview" in captured.out + captured.err

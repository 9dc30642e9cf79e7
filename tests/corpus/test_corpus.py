"""Small files of the shapes that public repositories have: nothing crashes, nothing is refused or warned of wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.checkers import needs
from tests.corpus.run import ACCEPTED, REFUSED, look_at, table

FILES = Path(__file__).parent / "files"
GOOD = sorted(path for path in FILES.rglob("*") if path.is_file() and path.parent.name not in ("found", "refused"))
BAD = sorted((FILES / "refused").iterdir())
FOUND = sorted((FILES / "found").iterdir())


@pytest.mark.parametrize("path", GOOD, ids=lambda path: str(path.relative_to(FILES)))
def test_accepts_what_the_servers_accept_and_says_nothing(path: Path) -> None:
    needs("promtool", "amtool")
    result = look_at(path)
    assert result is not None
    assert (result.ours, result.theirs or ACCEPTED, result.errors, result.findings) == (ACCEPTED, ACCEPTED, (), ())


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_refuses_what_promtool_refuses(path: Path) -> None:
    needs("promtool", "amtool")
    result = look_at(path)
    assert result is not None
    assert (result.ours, result.theirs) == (REFUSED, REFUSED)
    assert result.errors


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_finds_what_promtool_accepts_and_no_alert_survives(path: Path) -> None:
    needs("promtool", "amtool")
    result = look_at(path)
    assert result is not None
    assert (result.ours, result.theirs) == (REFUSED, ACCEPTED)
    assert len(result.errors) == 1
    assert "cannot be expanded" in result.errors[0]


def test_table_counts_each_kind(tmp_path: Path) -> None:
    needs("promtool", "amtool")
    (tmp_path / "good.yml").write_text("groups: []\n")
    (tmp_path / "bad.yml").write_text("groups: [{name: a, rules: [{alert: A, expr: 'up('}]}]\n")
    (tmp_path / "other.yml").write_text("a: b\n")
    results = [result for path in sorted(tmp_path.iterdir()) if (result := look_at(path))]
    lines = list(table(results))
    assert lines[1].split()[:7] == ["rules", "2", "1", "1", "0", "0", "0"]

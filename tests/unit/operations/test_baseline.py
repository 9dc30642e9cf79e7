"""What a baseline knows, and what is new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic, Status
from stackctl.errors import InputError
from stackctl.operations.baseline import is_known, read, without, write
from stackctl.source import Position


def finding(summary: str, line: int = 1, *, file: str = "rules/a.yml", status: Status = "warn") -> Diagnostic:
    return Diagnostic("promql.never-true", summary, Position(file, line, 3, "expr: x > 1"), status=status)


OLD = [finding("x is never above 1", 4), finding("x is never above 1", 9), finding("y"), finding("z", status="info")]


def test_what_was_written_is_known_also_further_down(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    write(path, OLD)
    baseline = read(path)
    assert baseline.count == 4
    moved = [finding("x is never above 1", 40), finding("x is never above 1", 90), finding("z", 7, status="info")]
    found, gone = without(moved, baseline)
    assert all(map(is_known, found))
    assert gone == 1


def test_one_more_of_the_same_kind_is_new(tmp_path: Path) -> None:
    baseline = write(tmp_path / "baseline.json", OLD)
    found, _ = without([*OLD, finding("x is never above 1", 12)], baseline)
    assert [each.position.line for each in found if not is_known(each) and each.position] == [12]


def test_error_is_never_known(tmp_path: Path) -> None:
    """`up` would refuse what `check` lets pass."""
    baseline = write(tmp_path / "baseline.json", [finding("x", status="fail")])
    assert baseline.count == 0
    found, _ = without([finding("x is never above 1", status="fail")], write(tmp_path / "b.json", OLD))
    assert [each.status for each in found] == ["fail"]


def test_file_is_named_from_the_folder_of_the_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "monitoring").mkdir()
    monkeypatch.chdir(tmp_path)
    write(Path("monitoring/baseline.json"), [finding("x", file="monitoring/rules/a.yml")])
    monkeypatch.chdir(tmp_path / "monitoring")
    found, _ = without([finding("x")], read(Path("baseline.json")))
    assert is_known(found[0])


def test_is_the_same_file_whatever_the_order(tmp_path: Path) -> None:
    """Who reviews a change of it sees what has changed."""
    write(tmp_path / "a.json", OLD)
    write(tmp_path / "b.json", OLD[::-1])
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    assert [each.get("count") for each in json.loads((tmp_path / "a.json").read_text())["findings"]] == [2, None, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "findings": []}',
        '{"version": 1}',
        '{"version": 1, "findings": [3]}',
        '{"version": 1, "findings": [{"code": "a", "file": "b"}]}',
        '{"version": 1, "findings": [{"code": "a", "file": "b", "summary": "c", "count": 0}]}',
        "[" * 100_000,
    ],
)
def test_refuses_another_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.problems[0].code == "file.format"
    assert "--write-baseline" in refused.value.problems[0].remedy


def test_file_that_is_not_there_names_the_option_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file") as refused:
        read(tmp_path / "baseline.json")
    assert "--write-baseline" in refused.value.problems[0].remedy


def test_leaves_nothing_where_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write(tmp_path / "none" / "baseline.json", OLD)
    assert list(tmp_path.iterdir()) == []

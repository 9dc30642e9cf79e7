from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from stackctl.bounds import files
from stackctl.manifest import read
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_text


def test_reads_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("a")
    assert files.read_bytes(tmp_path / "link") == b"x"
    with pytest.raises(OSError, match="regular"):
        files.read_bytes(tmp_path / "link", follow=False)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/tty", "/"])
def test_refuses_what_has_no_end(path: str) -> None:
    with pytest.raises(files.NotRegular):
        files.read_bytes(Path(path))


def test_refuses_pipes_and_sockets_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(files.NotRegular, match="a named pipe"):
        files.read_bytes(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
        with pytest.raises(files.NotRegular, match="a socket"):
            files.read_bytes(tmp_path / "socket")


def test_refuses_more_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert files.read_bytes(tmp_path / "a", 5) == b"12345"
    with pytest.raises(files.TooLarge):
        files.read_bytes(tmp_path / "a", 4)


def test_reads_files_whose_size_is_not_known() -> None:
    assert files.read_bytes(Path("/proc/self/stat"))


@pytest.mark.parametrize(
    ("content", "line", "column", "what"),
    [
        (b"a: 1\nb: \xff\n", 2, 4, "the byte 0xff"),
        (b"\xef\xbb\xbfa: \xfe", 1, 7, "the byte 0xfe"),
        (b"a\n\nb\0", 3, 2, "a zero byte"),
    ],
)
def test_names_the_line_of_invalid_text(tmp_path: Path, content: bytes, line: int, column: int, what: str) -> None:
    (tmp_path / "stack.yml").write_bytes(content)
    problems = Problems()
    assert read_text(tmp_path / "stack.yml", "stack.yml", problems) is None
    (problem,) = problems
    assert problem.position
    assert (problem.position.line, problem.position.column) == (line, column)
    assert f"{what} in line {line}" in problem.summary


@pytest.mark.parametrize(
    "body",
    [
        "rules: [{file: pipe}]",
        "dashboards: [{file: pipe}]",
        "prometheus: {extra: {rule_files: [pipe]}}",
        "packs: [pipe]",
        "alertmanager: {extra: {templates: [pipe]}, receivers: {}}",
    ],
)
def test_refuses_a_pipe_as_any_file_of_a_manifest(tmp_path: Path, body: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: x\nservices: {{a: {{targets: ['x:1']}}}}\n{body}\n")
    assert read(tmp_path / "stack.yml", {}).problems


def test_refuses_a_pipe_as_the_manifest_and_as_env_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "stack.yml")
    assert "named pipe" in read(tmp_path / "stack.yml", {}).problems[0].summary
    os.mkfifo(tmp_path / ".env")
    (tmp_path / "other.yml").write_text("version: 1\nname: x\nservices: {a: {targets: ['x:1']}}\n")
    assert "named pipe" in read(tmp_path / "other.yml", {}).problems[0].summary


def test_text_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report"
    files.write_text(path, "old\n")
    (tmp_path / ".report.part").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        files.write_text(path, "new\n")
    assert path.read_text() == "old\n"
    (tmp_path / ".report.part").rmdir()
    files.write_text(path, "new\n")
    assert [each.name for each in tmp_path.iterdir()] == ["report"]

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from pathlib import Path

import pytest

from stackctl import backup
from stackctl.bounds import archive, deadline, json_text, regex, terminal
from stackctl.errors import InputError
from stackctl.promql.catalogue import accepts
from stackctl.wait import TimedOut, wait_until

SLOW = ["(a+)+b", "(a|a)*b", "(a*)*b", "([a-z]+)*[0-9]", "(.*)*=", "(a?){30}a{30}b"]


@pytest.mark.parametrize("pattern", SLOW)
def test_expressions_take_linear_time(pattern: str) -> None:
    begun = time.monotonic()
    assert not accepts(pattern, ["a" * 5000])
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("pattern", ["(", "a**", "(?<!x)y", "\\8", "a{1001}", "\ud800"])
def test_reports_what_prometheus_would_refuse(pattern: str) -> None:
    with pytest.raises(regex.BadPattern):
        regex.compiled(pattern)


def test_reads_json_of_usual_depth() -> None:
    assert json_text.loads("[" * 100 + "]" * 100)
    assert json_text.loads(b'{"a": [1, {"b": 2}]}') == {"a": [1, {"b": 2}]}


@pytest.mark.parametrize(
    "text", ["[" * 201 + "]" * 201, "[" * 100_000 + "]" * 100_000, '{"a":' * 300 + "1" + "}" * 300]
)
def test_refuses_json_that_is_too_deep(text: str) -> None:
    with pytest.raises(ValueError, match="levels deep"):
        json_text.loads(text)


def test_shows_what_would_steer_the_terminal() -> None:
    hostile = "a\x1b]0;title\x07b\x1b[31mred\x1b[0m\x1b[2Jc\r\x9b31m\u202ed\u2066\ud800"
    assert terminal.cleaned(hostile) == "a\\u001b]0;title\\u0007bred\\u001b[2Jc\\u000d\\u009b31m\\u202ed\\u2066\\ud800"
    assert terminal.cleaned("ä\tb\nc ✓ 日本") == "ä\tb\nc ✓ 日本"


def test_keeps_our_own_styles() -> None:
    assert terminal.cleaned(terminal.styled("ok", "32") + "\x1b[31m!") == "\x1b[32mok\x1b[0m!"


def test_json_stays_the_same() -> None:
    value = {"a": "\x1b[31m\x7f\u202e\x85\u2028"}
    shown = terminal.cleaned(json.dumps(value, ensure_ascii=False))
    assert json.loads(shown) == value
    assert shown.isprintable()


def test_waits_no_longer_than_the_command_may() -> None:
    assert deadline.bounded(7) == 7
    begun = time.monotonic()
    with deadline.within(0.3):
        with pytest.raises(TimedOut):
            wait_until(lambda: 1, lambda _: False, 60)
        assert deadline.bounded(60) < 0.3
    assert time.monotonic() - begun < 5
    assert deadline.bounded(7) == 7


def packed(*members: tuple[str, bytes], header: int = 0) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, out) as stream, tarfile.open(fileobj=stream, mode="w") as made:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.pax_headers = {"comment": "x" * header} if header else {}
            made.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def test_refuses_an_archive_that_unpacks_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SMALL_BYTES", 1 << 20)
    (tmp_path / "a.tar.gz").write_bytes(packed(("data/prometheus/x", bytes(16 << 20))))
    with pytest.raises(InputError, match="unpacks to more than"):
        backup.verify(tmp_path / "a.tar.gz")


def test_refuses_a_header_that_fills_the_memory(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed(("data/prometheus/x", b"x"), header=8 << 20))
    with pytest.raises(InputError, match="header"):
        backup.verify(tmp_path / "a.tar.gz")


def test_refuses_a_backup_whose_index_is_too_deep(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(packed(("backup.json", b"[" * 100_000)))
    with pytest.raises(InputError, match=r"backup\.json"):
        backup.verify(tmp_path / "a.tar.gz")

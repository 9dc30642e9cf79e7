"""Lines of the log of a server."""

from __future__ import annotations

import pytest

from stackctl.verification.server_log import entry


def test_reads_fields_with_and_without_quotes() -> None:
    line = 'time=2026-01-02T03:04:05.123456789Z level=WARN msg="a \\"b\\"" err="connection refused" attempts=3'
    found = entry(line, set())
    assert (found.message, found.error, found.fields["attempts"]) == ('a "b"', "connection refused", "3")
    assert found.time == pytest.approx(1767323045.123456)


def test_time_may_be_called_ts() -> None:
    assert entry("ts=1970-01-01T00:00:10Z msg=x", set()).time == 10.0


@pytest.mark.parametrize("line", ["", "panic: something", "time=yesterday msg=x"])
def test_line_of_another_form_has_no_time(line: str) -> None:
    assert entry(line, set()).time == 0.0


def test_secrets_are_hidden() -> None:
    assert entry('msg="token right-horse is wrong"', {"right-horse"}).message == "token *** is wrong"

"""How many wrong passwords all commands together try."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from stackctl.state.logins import RefusedLogins


@pytest.fixture
def logins(tmp_path: Path) -> RefusedLogins:
    return RefusedLogins(tmp_path / "logins.json")


def test_stops_before_grafana_locks_the_administrator_out(logins: RefusedLogins) -> None:
    for _ in range(3):
        logins.refused()
    assert logins.blocked() == ""
    logins.refused()
    assert logins.blocked().startswith("not tried: Grafana has refused 4 logins in the last five minutes")
    assert logins.file.stat().st_mode & 0o777 == 0o600


def test_tries_again_after_five_minutes(logins: RefusedLogins) -> None:
    logins.file.write_text(json.dumps([time.time() - 301] * 4 + [time.time()] * 3))
    assert logins.blocked() == ""
    logins.file.write_text(json.dumps([time.time() - 299] + [time.time()] * 3))
    assert logins.blocked().endswith("the next attempt is possible in 1 s")


def test_right_password_ends_the_count(logins: RefusedLogins) -> None:
    logins.refused()
    assert logins.has_refused()
    logins.accepted()
    assert not logins.has_refused()


@pytest.mark.parametrize("content", ["", "{}", "[[]]", '["x"]', "[1e999]", "nonsense", "[9999999999]"])
def test_damaged_file_is_as_if_nothing_had_been_refused(logins: RefusedLogins, content: str) -> None:
    logins.file.write_text(content)
    assert logins.blocked() == ""
    logins.refused()
    assert logins.has_refused()

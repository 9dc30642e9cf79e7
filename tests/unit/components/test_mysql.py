"""The MySQL exporter gets its login by an option file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import MACHINE, started


@pytest.mark.parametrize(("runtime", "host"), MACHINE)
def test_login_is_in_an_option_file(tmp_path: Path, runtime: str, host: str) -> None:
    settings = '{address: "localhost:3306", user: me, password: right-horse}'
    exporter = started(tmp_path, "mysql", settings, runtime)
    assert exporter.command[-1].endswith("/secrets/mysql/my.cnf")
    lines = exporter.text("secrets/mysql/my.cnf").splitlines()
    quote = '"""'
    assert lines[1:] == [f"host={host}", "port=3306", f"user={quote}me{quote}", f"password={quote}right-horse{quote}"]

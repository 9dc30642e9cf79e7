"""The schema of servers that somebody else runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load

HEAD = 'version: 1\nname: shop\nruntime: external\nservices: {api: {targets: ["a:8000"]}}\n'


def refused(folder: Path, server: str) -> str:
    (folder / "stack.yml").write_text(f"{HEAD}external: {{prometheus: {server}}}\n")
    with pytest.raises(InputError) as error:
        load(folder / "stack.yml")
    return str(error.value)


@pytest.mark.parametrize(
    ("server", "wanted"),
    [
        ("p:9090", "not the URL of a server"),
        ("'http://p:9090/?a=b'", "not the URL of a server"),
        ("'http://p:port'", "not the URL of a server"),
        ("'http://me@p:9090'", "the URL has a login in it"),
        ("{url: 'http://p', basic_auth: {username: me}}", "needs either `password` or `password_file`"),
        ("{url: 'http://p', basic_auth: {username: me, password: a, password_file: b}}", "needs either"),
        ("{url: 'http://p', token: a, token_file: b}", "`token` and `token_file` are two logins"),
        ("{url: 'http://p', cert_file: a}", "`cert_file` and `key_file` belong together"),
        ("{token: a}", "`url` is missing"),
    ],
)
def test_server_that_cannot_be_asked_is_refused(tmp_path: Path, server: str, wanted: str) -> None:
    assert wanted in refused(tmp_path, server)


def test_password_in_a_url_is_not_shown(tmp_path: Path) -> None:
    shown = refused(tmp_path, "'http://me:very-secret@p:9090'")
    assert "the URL has a login in it" in shown
    assert "very-secret" not in shown


@pytest.mark.parametrize("url", ["http://[::1]:9090", "https://p.example.com/a/b", "http://p"])
def test_url_of_a_server_is_taken(tmp_path: Path, url: str) -> None:
    (tmp_path / "stack.yml").write_text(f"{HEAD}external: {{prometheus: '{url}/'}}\n")
    assert load(tmp_path / "stack.yml").external[0].url == url

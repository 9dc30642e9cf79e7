"""Basic auth and TLS of Prometheus itself: its web configuration, and what its clients need to ask it.

Prometheus reads it again with every request, so it is in a folder of its own: none of it needs a restart.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from stackctl import conventions as c
from stackctl.components import grafana
from stackctl.model import Login, Prometheus, Stack
from stackctl.render.expansion import protected
from stackctl.render.text import yaml_bytes
from stackctl.tree import File, digest

PASSWORD_FILE = f"{c.WEB_FOLDER}password"
CA_FILE = f"{c.WEB_FOLDER}ca.crt"
_CERT, _KEY = "tls.crt", "tls.key"

# The password itself is next to its hash, where the same may read both: a dearer hash would guard nothing, and every
# command that renders would wait for it.
_ROUNDS = 8
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def web_files(stack: Stack, salt: bytes) -> dict[str, File]:
    """The files of a Prometheus with `auth`; nothing without."""
    prometheus = stack.prometheus
    login, tls = prometheus.login, prometheus.tls
    if not (login or tls):
        return {}
    config = {
        **({"tls_server_config": {"cert_file": _CERT, "key_file": _KEY}} if tls else {}),
        **({"basic_auth_users": {login.username: _hashed(stack.name, login)}} if login else {}),
    }
    secret = {c.WEB_FILE: yaml_bytes(config, stack.origin.file)}
    if login:
        names = (PASSWORD_FILE, _scraping_password(login, salt))
        secret |= dict.fromkeys(names, login.password.reveal().encode())
        if stack.grafana:
            secret[grafana.PROMETHEUS_PASSWORD_FILE] = protected(login.password.reveal()).encode()
    if tls:
        secret |= {f"{c.WEB_FOLDER}{_CERT}": tls.cert.encode(), f"{c.WEB_FOLDER}{_KEY}": tls.key.reveal().encode()}
        secret |= {CA_FILE: tls.ca.encode()} if tls.ca else {}
        secret |= {grafana.PROMETHEUS_CA_FILE: tls.ca.encode()} if tls.ca and stack.grafana else {}
    return {path: File(content, secret=True) for path, content in secret.items()}


def client_config(prometheus: Prometheus, tree: str) -> dict[str, Any]:
    """Return the content of promtool's `--http.config.file`, for a tree at `tree`."""
    login, tls = prometheus.login, prometheus.tls
    trust = {"ca_file": f"{tree}/{CA_FILE}"} if tls and tls.ca else {}
    return {
        **(_basic_auth(login, f"{tree}/{PASSWORD_FILE}") if login else {}),
        **({"tls_config": {**trust, "server_name": tls.server_name}} if tls else {}),
    }


def own_scrape(prometheus: Prometheus, salt: bytes) -> dict[str, Any]:
    """Return the fields of a scrape_config with which Prometheus scrapes itself."""
    login, tls = prometheus.login, prometheus.tls
    trust = {"ca": tls.ca} if tls and tls.ca else {}
    return {
        **(_basic_auth(login, f"../{_scraping_password(login, salt)}") if login else {}),
        **({"tls_config": {**trust, "server_name": tls.server_name}} if tls else {}),
    }


def _basic_auth(login: Login, password_file: str) -> dict[str, Any]:
    return {"basic_auth": {"username": login.username, "password_file": password_file}}


def _scraping_password(login: Login, salt: bytes) -> str:
    """Return the file with the password for scrapes. It is read once and kept, until its configuration
    changes: so the name changes with the content. Without a salt a name would be a way to try passwords."""
    return f"{PASSWORD_FILE}-{digest(salt, login.password.reveal())}" if salt else PASSWORD_FILE


def client_fields(prometheus: Prometheus) -> dict[str, Any]:
    """Return the fields of a `Unit` with which clients on the user's machine connect to this Prometheus."""
    login, tls = prometheus.login, prometheus.tls
    fields = {
        "user": login.username if login else "",
        "password_file": PASSWORD_FILE if login else "",
        "ca_file": CA_FILE if tls and tls.ca else "",
        "server_name": tls.server_name if tls else "",
    }
    return {key: value for key, value in fields.items() if value}


def _hashed(stack: str, login: Login) -> str:
    """The bcrypt hash of the password.

    Its salt is made from the names of the stack and the user, not drawn: the same manifest has to render to the same
    bytes, or every command would see a change. What a salt is for, that equal passwords look different in two places,
    it still does.
    """
    import bcrypt

    salt = base64.b64encode(hashlib.sha256(f"{stack}\0{login.username}".encode()).digest()[:16]).decode().rstrip("=")
    marked = f"$2b${_ROUNDS:02d}${salt.translate(str.maketrans(_BASE64, _BCRYPT))}"
    return bcrypt.hashpw(login.password.reveal().encode(), marked.encode()).decode()

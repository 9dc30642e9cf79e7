"""Servers that somebody else runs, as the command line and the environment give them: where, and how they are asked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from stackctl import conventions as c
from stackctl import redaction
from stackctl.access import Access
from stackctl.bounds import files
from stackctl.errors import InputError
from stackctl.source import Secret

_SECRET_BYTES = 64 * 1024


@dataclass(frozen=True)
class Trust:
    """Files in PEM form: what has signed the servers' certificates, and a client's own certificate with its key."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @property
    def options(self) -> Mapping[str, Path | None]:
        """Return the files by the names of their options."""
        return {"ca-file": self.ca, "cert-file": self.certificate, "key-file": self.key}


def given_servers(urls: Mapping[str, str], trust: Trust, environ: Mapping[str, str] = os.environ) -> dict[str, Access]:
    """Return how the servers at `urls`, by the names of components, are asked.

    A login is in `environ`: `STACKCTL_PROMETHEUS_USER` and `_PASSWORD`, or `_TOKEN`; with `_FILE` behind it, a variable
    names the file that holds the secret. The user may be in the URL too; a password may not, as others see arguments.
    Raises InputError for what cannot be used.
    """
    pair = _pair(trust)
    ca = _text(trust.ca, "--ca-file") if trust.ca else ""
    return {name: _access(name, url, ca, pair, environ) for name, url in urls.items()}


def as_declared(name: str, access: Access, environ: Mapping[str, str] = os.environ) -> str | dict[str, Any]:
    """Return how a server of `given_servers` is asked, as `external` of a manifest says it, without secrets."""

    def secret(kind: str) -> dict[str, str]:
        file, key = environ.get(f"{_variable(name, kind)}_FILE"), kind.lower()
        return {f"{key}_file": file} if file else {key: f"${{{_variable(name, kind)}}}"}

    if access.token:
        return {"url": access.url, **secret("TOKEN")}
    if access.login:
        return {"url": access.url, "basic_auth": {"username": access.login[0], **secret("PASSWORD")}}
    return access.url


def refuse_half(urls: Mapping[str, str], trust: Trust, *, drill: bool) -> Mapping[str, str]:
    """Return `urls`. Raises InputError where they or `trust` lack a Prometheus, or where a drill is asked for too."""
    if urls and drill:
        remedy = "A drill loads rules and routes, which only the stack's own servers may get."
        raise InputError.of("usage.option", "--drill needs a manifest, and not --prometheus", remedy=remedy)
    options = [*urls, *(name for name, file in trust.options.items() if file)]
    if options and c.PROMETHEUS not in urls:
        named = " and ".join(f"--{name}" for name in options)
        remedy = "Name the Prometheus that they belong to with --prometheus URL."
        raise InputError.of(
            "usage.option", f"{named} {'needs' if len(options) == 1 else 'need'} --prometheus", remedy=remedy
        )
    return urls


def _pair(trust: Trust) -> tuple[str, str] | None:
    if (trust.certificate is None) != (trust.key is None):
        remedy = "Give both files, or neither."
        raise InputError.of("usage.option", "--cert-file and --key-file belong together", remedy=remedy)
    if trust.certificate is None or trust.key is None:
        return None
    for path, option in ((trust.certificate, "--cert-file"), (trust.key, "--key-file")):
        _text(path, option)
    return str(trust.certificate), str(trust.key)


def _access(name: str, url: str, ca: str, pair: tuple[str, str] | None, environ: Mapping[str, str]) -> Access:
    option = f"--{name}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or re.search(r"\s", url):
        shown = redaction.as_address(url)
        remedy = "Write the base of its URLs, with its path prefix: `https://prometheus.example.com/prometheus`."
        raise InputError.of("usage.option", f"{option}: not a URL of a server: `{shown}`", remedy=remedy)
    if parts.password:
        variable = _variable(name, "PASSWORD")
        remedy = f"Set `{variable}`, or `{variable}_FILE` to the name of a file that holds it, and leave it out here."
        summary = f"{option}: other users of this machine can read a password in a URL"
        raise InputError.of("usage.option", summary, remedy=remedy)
    place = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    token = _secret(name, "TOKEN", environ)
    user = unquote(parts.username) if parts.username else environ.get(_variable(name, "USER"), "")
    password = _secret(name, "PASSWORD", environ)
    if token and (user or password):
        remedy = f"Unset `{_variable(name, 'TOKEN')}`, or the user and the password."
        raise InputError.of("usage.option", f"{option}: both a token and a login are given", remedy=remedy)
    # An empty password would only be a failed attempt.
    login = (user, password) if password else None
    access = Access(base, login, ca, token=token, certificate=pair)
    if parts.scheme == "https":
        _try_trust(access)
    return access


def _try_trust(access: Access) -> None:
    """Raise InputError where the files of the TLS options cannot be used."""
    try:
        access.connection(1.0)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        summary = "the files of --ca-file, --cert-file and --key-file cannot be used"
        remedy = "Give certificates and the unencrypted key of the client's own in PEM form."
        raise InputError.of("usage.option", summary, cause=str(error), remedy=remedy) from None


def _secret(name: str, kind: str, environ: Mapping[str, str]) -> str:
    """The value of a variable, or of the file that its twin names; "" where neither is set."""
    variable = _variable(name, kind)
    path = environ.get(f"{variable}_FILE")
    value = _text(Path(path), f"{variable}_FILE").strip() if path else environ.get(variable, "")
    return Secret(value).reveal() if value else ""


def _variable(name: str, kind: str) -> str:
    return f"STACKCTL_{name.upper()}_{kind}"


def _text(path: Path, option: str) -> str:
    try:
        return files.read_text(path, _SECRET_BYTES * 16)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError.of("usage.option", f"{option}: cannot read {path}: {reason}") from None

"""The URL of a PostgreSQL database, as its exporter can use it."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, WithJsonSchema

from stackctl.manifest.fields import kind, wrong
from stackctl.source import Secret


def _database(value: Any) -> Secret:
    """The URL of one database. As it may hold a password, no message repeats it."""
    if not isinstance(value, str):
        raise wrong(f"expected text, got {kind(value)}")
    text = str(value)
    write = "Write `postgresql://user:password@host:5432/name`, with `%40` for an `@` in the password, and the like."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise wrong(f"not the URL of a PostgreSQL database: {_reason(error)}", write) from None
    if "://" in parts.path or "," in parts.netloc.rpartition("@")[2]:
        raise wrong("the PostgreSQL exporter asks one server, and here are several", "Name one of them.")
    if parts.scheme not in ("postgres", "postgresql") or not parts.hostname or not parts.username or port == 0:
        raise wrong("not the URL of a PostgreSQL database", write)
    if re.search(r"[\s'\\]", unquote(parts.password or "")):
        # Seen on version 0.19: it takes its connection string apart at spaces and quotes ("malformed dsn").
        raise wrong("the PostgreSQL exporter cannot use a password with spaces, quotes or backslashes", "Change it.")
    return Secret(text)


def _reason(error: ValueError) -> str:
    """Python's reason, without what it repeats of a text that may be secret."""
    known = ("Port out of range 0-65535", "Invalid IPv6 URL")
    return next(
        (reason[0].lower() + reason[1:] for reason in known if reason in str(error)), "its port is not a number"
    )


DatabaseUrl = Annotated[Secret, BeforeValidator(_database), WithJsonSchema({"type": "string", "format": "uri"})]

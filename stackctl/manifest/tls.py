"""The files that a TLS block names, read here: Prometheus gets their content, and so finds it wherever it runs."""

from __future__ import annotations

from pathlib import Path

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.text import read_named
from stackctl.model import Block
from stackctl.source import Position, Secret

# The key that names a file -> the one that holds what is in it.
_CONTENT = {"ca_file": "ca", "cert_file": "cert", "key_file": "key"}
_PEM = "-----BEGIN "
# A file of certificates may hold the key as well.
_KEY = "PRIVATE KEY-----"


def read_tls(document: Document, place: tuple[str | int, ...], block: Block, root: Path) -> Block | list[Diagnostic]:
    """Prometheus' `tls_config` with the content of its files, whose paths begin at `root`; the key is a Secret."""
    read = {
        key: read_pem(str(value), document.position((*place, key)), root)
        for key, value in block.items()
        if key in _CONTENT and value
    }
    problems = [text for text in read.values() if isinstance(text, Diagnostic)]
    problems += [
        Diagnostic(
            "manifest.conflict",
            f"`{key}` and `{_CONTENT[key]}` set the same thing",
            document.position((*place, key)),
            remedy="Keep one.",
        )
        for key in read
        if _CONTENT[key] in block
    ]
    if problems:
        return problems
    contents = {_CONTENT[key]: _held(key, str(text)) for key, text in read.items()}
    return {**{key: value for key, value in block.items() if key not in read}, **contents}


def _held(key: str, text: str) -> str | Secret:
    return Secret(text) if key == "key_file" or _KEY in text else text


def read_pem(name: str, at: Position, root: Path) -> str | Diagnostic:
    """Return the content of the file `name`, whose path begins at `root`, or the problem with it."""
    text = read_named(root, name, at, secret=True)
    if isinstance(text, str) and _PEM not in text:
        return Diagnostic(
            "certificate.format",
            f"{name} is not in PEM form",
            at,
            remedy=f"It must contain a line that begins with `{_PEM}`.",
        )
    return text

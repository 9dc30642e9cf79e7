"""The files that a TLS block names, read here: Prometheus gets their content, and so finds it wherever it runs."""

from __future__ import annotations

from pathlib import Path

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.problems import Problems
from stackctl.manifest.text import read_named
from stackctl.model import Block
from stackctl.source import Position, Secret

# The key that names a file -> the one that holds what is in it.
_CONTENT = {"ca_file": "ca", "cert_file": "cert", "key_file": "key"}
_PEM = "-----BEGIN "
# A file of certificates may hold the key as well.
_KEY = "PRIVATE KEY-----"


def read_tls(
    document: Document, place: tuple[str | int, ...], block: Block, root: Path, problems: Problems
) -> Block | None:
    """Return Prometheus' `tls_config` with the content of its files, whose paths begin at `root`; the key is a Secret.

    None if that is not possible, with what is wrong added to `problems`.
    """
    found = Problems()
    read = {
        key: read_pem(str(value), document.position((*place, key)), root, found)
        for key, value in block.items()
        if key in _CONTENT and value
    }
    found.extend(
        Diagnostic(
            "manifest.conflict",
            f"`{key}` and `{_CONTENT[key]}` set the same thing",
            document.position((*place, key)),
            remedy="Keep one.",
        )
        for key in read
        if _CONTENT[key] in block
    )
    if problems.extend(found):
        return None
    contents = {_CONTENT[key]: _held(key, str(text)) for key, text in read.items()}
    return {**{key: value for key, value in block.items() if key not in read}, **contents}


def _held(key: str, text: str) -> str | Secret:
    return Secret(text) if key == "key_file" or _KEY in text else text


def read_pem(name: str, at: Position, root: Path, problems: Problems) -> str | None:
    """Return the content of the file `name`, whose path begins at `root`; None with its problem added to `problems`."""
    text = read_named(root, name, at, problems, secret=True)
    if text is None or _PEM in text:
        return text
    remedy = f"It must contain a line that begins with `{_PEM}`."
    problems.add(Diagnostic("certificate.format", f"{name} is not in PEM form", at, remedy=remedy))
    return None

"""A server's own certificate: whether its clients will take it, as a handshake with itself shows.

So the libraries that will judge it judge it here, and nothing has to be known of what is in a certificate.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Protocol

from stackctl.access import trust
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.document import Document
from stackctl.manifest.text import read_named
from stackctl.manifest.tls import read_pem
from stackctl.model import ServerTls
from stackctl.source import Position, Secret

# Two of OpenSSL's flags that Python has no names for: a certificate is read by trusting it alone, whatever its dates.
_PARTIAL_CHAIN, _NO_CHECK_TIME = 0x80000, 0x200000
# What it says of a certificate -> what to do; anything else is about who has signed it.
_EXPIRED, _NOT_YET = 10, 9
_ANY_NAME = "prometheus"
_CERTIFICATE = ("certificate", "BEGIN CERTIFICATE-----")
_KEY = ("private key", "PRIVATE KEY-----")


class Files(Protocol):
    """The files that a manifest names for the TLS of a server."""

    @property
    def cert_file(self) -> str: ...

    @property
    def key_file(self) -> str: ...

    @property
    def ca_file(self) -> str | None: ...


def read_server_tls(
    document: Document, place: tuple[str | int, ...], files: Files, root: Path
) -> ServerTls | list[Diagnostic]:
    """Read the files, whose paths begin at `root`; or return everything that clients would have against them."""
    at = {key: document.position((*place, key)) for key in ("cert_file", "key_file", "ca_file")}
    cert = _read(files.cert_file, at["cert_file"], root, _CERTIFICATE)
    key = _read(files.key_file, at["key_file"], root, _KEY)
    ca = _read(files.ca_file, at["ca_file"], root, _CERTIFICATE) if files.ca_file else ""
    problems = [text for text in (cert, key, ca) if isinstance(text, Diagnostic)]
    if problems:
        return problems
    server = _server(root, files, at)
    if isinstance(server, Diagnostic):
        return [server]
    trusted = _trusting(str(ca), at["ca_file"], files)
    if isinstance(trusted, Diagnostic):
        return [trusted]
    name = _name(_names(server, str(cert)))
    if not name:
        remedy = "The common name is ignored; add a subjectAltName: `openssl req ... -addext subjectAltName=DNS:NAME`."
        return [
            Diagnostic("certificate.no-name", f"{files.cert_file} does not name a host", at["cert_file"], remedy=remedy)
        ]
    refusal = _refusal(server, trusted, name)
    if refusal:
        return [_refused(refusal, files, at)]
    return ServerTls(str(cert), Secret(str(key)), name, str(ca))


def _read(name: str, at: Position, root: Path, what: tuple[str, str]) -> str | Diagnostic:
    """The text of a file that holds a certificate, or a key."""
    text, (kind, sign) = read_pem(name, at, root), what
    if isinstance(text, Diagnostic) or sign in text:
        return text
    return Diagnostic(
        "certificate.format",
        f"{name} contains no {kind}",
        at,
        remedy=f"Use the file with a line that ends with `{sign}`.",
    )


def _server(root: Path, files: Files, at: dict[str, Position]) -> ssl.SSLContext | Diagnostic:
    """The server's side of TLS."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a function to ask for it, OpenSSL would ask at the terminal for the passphrase of a key.
        server.load_cert_chain(root / files.cert_file, root / files.key_file, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            summary = f"{files.key_file} is not the key of {files.cert_file}"
            return Diagnostic(
                "certificate.key", summary, at["key_file"], remedy="Use a certificate and a key that belong together."
            )
        if "ENCRYPTED" in str(read_named(root, files.key_file, at["key_file"], secret=True)):
            remedy = f"Remove it: `openssl pkey -in {files.key_file} -out NEW`. Prometheus does not support one."
            return Diagnostic("certificate.key", f"{files.key_file} has a passphrase", at["key_file"], remedy=remedy)
        summary = f"{files.cert_file} and {files.key_file} cannot be used"
        return Diagnostic(
            "certificate.format",
            summary,
            at["cert_file"],
            _reason(error),
            "Inspect both with `openssl x509` and `openssl pkey`.",
        )
    return server


def _trusting(ca: str, at: Position, files: Files) -> ssl.SSLContext | Diagnostic:
    try:
        return trust(ca)
    except (ssl.SSLError, ValueError) as error:
        return Diagnostic(
            "certificate.format",
            f"{files.ca_file} cannot be used",
            at,
            _reason(error),
            "Inspect it with `openssl x509`.",
        )


def _names(server: ssl.SSLContext, cert: str) -> list[tuple[str, str]]:
    """The kinds and the names that stand in a certificate."""
    reader = trust(cert)
    reader.check_hostname = False
    reader.verify_flags |= _PARTIAL_CHAIN | _NO_CHECK_TIME
    try:
        found: Any = _shake_hands(server, reader, None).getpeercert() or {}
    except ssl.SSLError:
        return []
    return list(found.get("subjectAltName", ()))


def _name(names: list[tuple[str, str]]) -> str:
    """The name that clients ask for: a host before an address, any host where there is a wildcard. "" for none."""
    hosts = [name for kind, name in names if kind == "DNS"]
    plain = [name for name in hosts if not name.startswith("*.")]
    addresses = [name for kind, name in names if kind == "IP Address"]
    wild = [name.replace("*", _ANY_NAME, 1) for name in hosts]
    return next(iter([*plain, *addresses, *wild]), "")


def _refusal(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLCertVerificationError | None:
    try:
        _shake_hands(server, client, name)
    except ssl.SSLCertVerificationError as error:
        return error
    return None


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str | None) -> ssl.SSLObject:
    """The client's side after a handshake in memory. Raises ssl.SSLError when it does not take the server."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    asked = server.wrap_bio(to_server, to_client, server_side=True)
    # Either waits for what the other says next, until neither does.
    while not all([_goes_on(asking), _goes_on(asked)]):
        pass
    return asking


def _goes_on(side: ssl.SSLObject) -> bool:
    """One more step of a handshake; whether that was the last."""
    try:
        side.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _refused(error: ssl.SSLCertVerificationError, files: Files, at: dict[str, Position]) -> Diagnostic:
    if error.verify_code == _EXPIRED:
        return Diagnostic(
            "certificate.expired",
            f"{files.cert_file}, or a certificate that signed it, has expired",
            at["cert_file"],
            remedy="Renew it.",
        )
    if error.verify_code == _NOT_YET:
        remedy = "Wait until it is, or check this machine's clock."
        return Diagnostic(
            "certificate.not-yet-valid", f"{files.cert_file} is not valid yet", at["cert_file"], remedy=remedy
        )
    if files.ca_file:
        summary = f"{files.cert_file} is not signed by the CA in {files.ca_file}"
        return Diagnostic("certificate.untrusted", summary, at["ca_file"], _reason(error), "Use the CA that signed it.")
    summary = f"this machine does not trust {files.cert_file}"
    remedy = "Set `ca_file` to the CA that signed it; for a self-signed certificate, to the same file."
    return Diagnostic("certificate.untrusted", summary, at["cert_file"], _reason(error), remedy)


def _reason(error: Exception) -> str:
    words = getattr(error, "verify_message", "") or getattr(error, "reason", "")
    return f"OpenSSL says: {str(words).replace('_', ' ').lower().rstrip('.')}." if words else ""

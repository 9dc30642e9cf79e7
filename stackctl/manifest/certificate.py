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
from stackctl.manifest.problems import Problems
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
    document: Document, place: tuple[str | int, ...], files: Files, root: Path, problems: Problems
) -> ServerTls | None:
    """Read the files, whose paths begin at `root`.

    None if clients would refuse them, with the reasons added to `problems`.
    """
    at = {key: document.position((*place, key)) for key in ("cert_file", "key_file", "ca_file")}
    cert = _read(files.cert_file, at["cert_file"], root, _CERTIFICATE, problems)
    key = _read(files.key_file, at["key_file"], root, _KEY, problems)
    ca = _read(files.ca_file, at["ca_file"], root, _CERTIFICATE, problems) if files.ca_file else ""
    if cert is None or key is None or ca is None:
        return None
    server = _server(root, files, key, at, problems)
    trusted = _trusting(ca, at["ca_file"], files, problems) if server else None
    if server is None or trusted is None:
        return None
    name = _name(_names(server, cert))
    if not name:
        summary = f"{files.cert_file} does not name a host"
        remedy = "The common name is ignored; add a subjectAltName: `openssl req ... -addext subjectAltName=DNS:NAME`."
        problems.add(Diagnostic("certificate.no-name", summary, at["cert_file"], remedy=remedy))
        return None
    refusal = _refusal(server, trusted, name)
    if refusal:
        problems.add(_refused(refusal, files, at))
        return None
    return ServerTls(cert, Secret(key), name, ca)


def _read(name: str, at: Position, root: Path, what: tuple[str, str], problems: Problems) -> str | None:
    """Return the text of a file that holds a certificate, or a key."""
    text, (kind, sign) = read_pem(name, at, root, problems), what
    if text is None or sign in text:
        return text
    remedy = f"Use the file with a line that ends with `{sign}`."
    problems.add(Diagnostic("certificate.format", f"{name} contains no {kind}", at, remedy=remedy))
    return None


def _server(root: Path, files: Files, key: str, at: dict[str, Position], problems: Problems) -> ssl.SSLContext | None:
    """Return the server's side of TLS. `key` is the text of the key's file."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a function to ask for it, OpenSSL would ask at the terminal for the passphrase of a key.
        server.load_cert_chain(root / files.cert_file, root / files.key_file, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        problems.add(_unusable(error, files, key, at))
        return None
    return server


def _unusable(error: Exception, files: Files, key: str, at: dict[str, Position]) -> Diagnostic:
    if "KEY_VALUES_MISMATCH" in str(error):
        summary = f"{files.key_file} is not the key of {files.cert_file}"
        remedy = "Use a certificate and a key that belong together."
        return Diagnostic("certificate.key", summary, at["key_file"], remedy=remedy)
    if "ENCRYPTED" in key:
        remedy = f"Remove it: `openssl pkey -in {files.key_file} -out NEW`. Prometheus does not support one."
        return Diagnostic("certificate.key", f"{files.key_file} has a passphrase", at["key_file"], remedy=remedy)
    summary = f"{files.cert_file} and {files.key_file} cannot be used"
    remedy = "Inspect both with `openssl x509` and `openssl pkey`."
    return Diagnostic("certificate.format", summary, at["cert_file"], _reason(error), remedy)


def _trusting(ca: str, at: Position, files: Files, problems: Problems) -> ssl.SSLContext | None:
    try:
        return trust(ca)
    except (ssl.SSLError, ValueError) as error:
        remedy = "Inspect it with `openssl x509`."
        problems.add(Diagnostic("certificate.format", f"{files.ca_file} cannot be used", at, _reason(error), remedy))
        return None


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

"""Servers that somebody else runs."""

from __future__ import annotations

from tests.fuzz.manifests.shapes import Odd

URL = Odd(
    ("http://p:9090", "https://p.example.com/prefix", "http://127.0.0.1:9090/"),
    ("p:9090", "http://user:secret-9@p", "http://p?x=y", "http://[::1]:9090", "", "http://p:port", 7),
)
_LOGIN = (
    {"username": Odd(("me",), ("", "a:b")), "password": Odd(("secret-9",), ("", 7))},
    {"username": "me", "password_file": Odd(("token",), ("gone", "../x"))},
)
_TLS = {"ca_file?": Odd(("ca.crt",), ("gone.crt", "garbage.pem"))}
_PAIR = {"cert_file": Odd(("server.crt",), ("gone.crt",)), "key_file": Odd(("server.key",), ("garbage.pem",))}
SERVER = (
    URL,
    {"url": URL, "basic_auth?": _LOGIN, **_TLS},
    {"url": URL, "token": "secret-9", **_TLS, **_PAIR},
    {"url": URL, "token_file": Odd(("token",), ("gone",)), **_TLS},
)

"""Addresses, URLs and paths."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from pydantic import BeforeValidator

from stackctl import conventions, redaction
from stackctl.manifest.document import Scalar
from stackctl.manifest.fields.text import schema, text_of, wrong


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[ipv6]:port`. Raises ValueError with the reason."""
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]@]+):([0-9]+)", text)
    if not match:
        raise ValueError("not a host:port")
    port = int(match[2][:6])
    if len(match[2]) > 6 or not 1 <= port <= 65535:
        raise ValueError("the port must be between 1 and 65535")
    return match[1].strip("[]"), port


def _read_by(read: Callable[[str], object], remedy: Callable[[str], str]) -> Callable[[Any], str]:
    """Return the validator of a text that `read` can read, and the `remedy` for one that it cannot."""

    def validated(value: Any) -> str:
        text = text_of(value)
        try:
            read(text)
        except ValueError as error:
            raise wrong(f"{error}: `{redaction.as_address(text)}`", remedy(text)) from None
        return text

    return validated


def _address_remedy(text: str) -> str:
    if "@" in text:
        address = text.rpartition("@")[2].partition("/")[0]
        return f"Write `{address}`, and the user and the password as `basic_auth` of the service."
    url = re.fullmatch(r"(https?)://([^/@\s]+)(/\S*)?", text)
    if url:
        port = "" if re.search(r":[0-9]+$", url[2]) else (":443" if url[1] == "https" else ":80")
        path = f" and `metrics_path: {url[3]}`" if url[3] and url[3] != "/" else ""
        return f"Write `{url[2]}{port}` with `scheme: {url[1]}`{path}."
    return "Write a host name or an IP address, a colon and a port, like `localhost:8000`."


_address = _read_by(split_address, _address_remedy)


@dataclass(frozen=True)
class TargetUrl:
    """A target as it is written: `host:port`, and the scheme and the path where it is a URL that has them."""

    address: str
    scheme: str = ""
    path: str = ""


_TARGET_URL = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]@?#]+)(:[0-9]+)?(/[^\s?#]*)?")
_PORTS = {"http": 80, "https": 443}


def read_target(text: str) -> TargetUrl:
    """Return what a target says. Raises ValueError with the reason if it is neither `host:port` nor a URL."""
    match = _TARGET_URL.fullmatch(text)
    if not match:
        split_address(text)
        return TargetUrl(text)
    address = f"{match[2]}{match[3] or f':{_PORTS[match[1]]}'}"
    split_address(address)
    return TargetUrl(address, match[1], (match[4] or "").rstrip("/") and match[4])


_HOST_AND_PATH = re.compile(r"([a-zA-Z0-9_][\w.-]*|\[[0-9a-fA-F:.]+\])(:[0-9]+)?(/[^\s?#@]*)?")


def _target_remedy(text: str) -> str:
    if "?" in text and "@" not in text:
        return f"Write `{text.partition('?')[0]}`, and its parameters as `params` of the service."
    if _TARGET_URL.fullmatch(text):
        return "Correct the port, or leave it out."
    match = _HOST_AND_PATH.fullmatch(text)
    if not match or (match[2] and not match[3]):
        return _address_remedy(text)
    host, port, path = match.groups()
    with_path = f" with `metrics_path: {path}`" if path and path != "/" else ""
    if port:
        return f"Write `{host}{port}`{with_path}."
    return f"Write the port, like `{host}:80`{with_path}, or a URL: `https://{text}`."


_target = _read_by(read_target, _target_remedy)


def _listen(value: Any) -> str:
    text = text_of(value)
    if re.fullmatch(r"[0-9]+", text):
        text = f"{conventions.LOOPBACK}:{text}"
    return _address(Scalar(text))


def _url(value: Any) -> str:
    text = text_of(value)
    if not re.fullmatch(r"https?://[^\s/:@]+(:[0-9]{1,5})?(/\S*)?", text):
        whole = "Write it whole, like `https://example.org/health`."
        remedy = "Write it without a user and a password." if redaction.is_telling(text) else whole
        raise wrong(f"not an http or https URL: `{redaction.as_address(text)}`", remedy)
    return text


def _server_url(value: Any) -> str:
    """Validate the base of a server's URLs, and return it without a slash at its end."""
    text = text_of(value)
    shown = redaction.as_address(text)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or re.search(r"\s", text):
        remedy = "Write the base of its URLs, with its path prefix: `https://prometheus.example.com/prometheus`."
        raise wrong(f"not the URL of a server: `{shown}`", remedy)
    if "@" in parts.netloc:
        raise wrong(f"the URL has a login in it: `{shown}`", "Remove it, and write `basic_auth` or `token`.")
    return text.rstrip("/")


def _probed(value: Any) -> str:
    """Validate a probed URL. It is a label of every series about it, visible to everybody who sees the metrics."""
    text = text_of(value)
    if redaction.is_telling(text):
        remedy = "Remove the user and the password, and probe a page that needs no login."
        raise wrong("the probed URL becomes a label of the metrics, which would expose its password", remedy)
    return text


def _path(value: Any) -> str:
    text = text_of(value)
    if not text.startswith("/") or re.search(r"\s", text):
        raise wrong(f"a path must begin with `/`: `{text}`", f"Write `/{text.strip().lstrip('/')}`.")
    return text


def _metrics_path(value: Any) -> str:
    text = _path(value)
    path, _, query = text.partition("?")
    if query:
        given = parse_qs(query, keep_blank_values=True)
        params = ", ".join(f"{name}: {json.dumps(values)}" for name, values in given.items())
        message = f"a path cannot have parameters, because Prometheus would escape the `?`: `{text}`"
        raise wrong(message, f"Write `metrics_path: {path}` and `params: {{{params}}}`.")
    return text


Address = Annotated[str, BeforeValidator(_address), schema("string", examples=["localhost:8000"])]
TargetAddress = Annotated[
    str, BeforeValidator(_target), schema("string", examples=["localhost:8000", "https://shop.example.org/metrics"])
]
ListenAddress = Annotated[str, BeforeValidator(_listen), schema(["string", "integer"], examples=["127.0.0.1:9090"])]
Url = Annotated[str, BeforeValidator(_url), schema("string", format="uri")]
ServerUrl = Annotated[str, BeforeValidator(_server_url), schema("string", format="uri")]
ProbeUrl = Annotated[str, BeforeValidator(_probed), schema("string")]
UrlPath = Annotated[str, BeforeValidator(_path), schema("string", pattern="^/")]
MetricsPath = Annotated[str, BeforeValidator(_metrics_path), schema("string", pattern="^/[^?]*$")]

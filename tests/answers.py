"""What a server answers that has only just been started: nothing, until it is ready."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

TIMEOUT_SECONDS = 10
_NOT_READY = 503


def is_ready(url: str) -> bool:
    """Return whether a server answers at a URL. Raises HTTPError where it refuses for another reason than its start."""
    return _read(url) is not None


def read_json(url: str) -> Any:
    """Return the JSON at a URL, or None from a server that is not ready. Raises HTTPError as `is_ready` does."""
    text = _read(url)
    return None if text is None else json.loads(text)


def samples(port: int, query: str) -> list[Any]:
    """Return what a Prometheus answers to a query: no series as long as it is not ready."""
    answer = read_json(f"http://127.0.0.1:{port}/api/v1/query?{urlencode({'query': query})}")
    return [] if answer is None else list(answer["data"]["result"])


def _read(url: str) -> bytes | None:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if error.code == _NOT_READY:
            return None
        raise
    except (OSError, HTTPException):  # refused, reset, or cut off
        return None

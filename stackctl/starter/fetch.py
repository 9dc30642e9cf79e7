"""One bounded GET: whatever listens at an address, the answer comes soon and is not large, or there is none."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

SIZE_LIMIT = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# Of all formats the one that every version of every client speaks.
_HEADERS = {"Accept": "text/plain;version=0.0.4;q=1,*/*;q=0.1", "User-Agent": "stackctl-init"}


@dataclass(frozen=True)
class Reply:
    """An answer, or why there is none: then `status` is 0 and `reason` says it."""

    status: int = 0
    content_type: str = ""
    text: str = field(default="", repr=False)
    reason: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class _Endless(Exception):
    """An answer that is larger, or takes longer, than metrics do."""


def fetch(url: str, timeout: float) -> Reply:
    """Ask `url`, for at most about twice `timeout` seconds. Proxies of the environment are not used."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=_HEADERS), timeout=timeout) as response:  # noqa: S310
            return Reply(response.status, response.headers.get("Content-Type", ""), _body(response, timeout))
    except urllib.error.HTTPError as error:
        error.close()
        return Reply(error.code, error.headers.get("Content-Type", ""), reason=f"it answers {error.code}")
    except _Endless:
        return Reply(reason="its answer does not end")
    except Exception as error:  # noqa: BLE001 - whatever listens there may speak any protocol, in any wrong way
        return Reply(reason=_why(error))


def _body(response: object, timeout: float) -> str:
    deadline = time.monotonic() + timeout
    body = b""
    while chunk := response.read1(_CHUNK):  # type: ignore[attr-defined]
        body += chunk
        if len(body) > SIZE_LIMIT or time.monotonic() > deadline:
            raise _Endless
    return body.decode(errors="replace")


def _why(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(cause, ssl.SSLError):
        return "it does not speak TLS"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror[0].lower() + cause.strerror[1:]
    return "it does not speak HTTP"

"""One bounded GET: whatever listens at an address, the answer comes soon and is not large, or there is none."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass, field

from stackctl.access import stranger
from stackctl.bounds.http import TooMuch, body, path_of, request

SIZE_LIMIT = 8 * 1024 * 1024
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


def fetch(url: str, timeout: float) -> Reply:
    """Ask `url`, for at most `timeout` seconds. Follows no redirect: where that leads was not asked for.

    Proxies of the environment are not used.
    """
    try:
        connection = stranger(url, timeout)
        try:
            with request(connection, "GET", path_of(url), timeout, headers=_HEADERS) as response:
                return _reply(response)
        finally:
            connection.close()
    except Exception as error:  # noqa: BLE001 - whatever listens there may speak any protocol, in any wrong way
        return Reply(reason=_why(error))


def _reply(response: http.client.HTTPResponse) -> Reply:
    kind = response.getheader("Content-Type", "")
    if 200 <= response.status < 300:
        return Reply(response.status, kind, body(response, SIZE_LIMIT).decode(errors="replace"))
    to = response.getheader("Location")
    leads = f", a redirect to {to}" if to and 300 <= response.status < 400 else ""
    return Reply(response.status, kind, reason=f"it returns {response.status}{leads}")


def _why(error: Exception) -> str:
    if isinstance(error, TooMuch):
        return "its response does not end"
    if isinstance(error, TimeoutError):
        return "no response in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "it does not speak HTTP"

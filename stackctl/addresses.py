"""Addresses of the user's own machine, as a server of the stack reaches them."""

from __future__ import annotations

import re

from stackctl.runtimes.facts import Facts

# The start of a URL, or of a bare host:port, up to a host that is the user's own machine.
_LOCAL_URL = re.compile(
    r"^((?:[a-zA-Z][a-zA-Z0-9+.-]*://)?(?:[^/?#@]*@)?)(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/?#]|$)"
)


def reachable_url(url: str, runtime: Facts) -> str:
    """Return `url`, or a bare `host:port`, as a server of the stack reaches it."""
    if not runtime.this_machine:
        return url
    return _LOCAL_URL.sub(lambda match: f"{match[1]}{runtime.this_machine}", url)

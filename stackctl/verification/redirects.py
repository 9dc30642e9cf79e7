"""Redirects of what a server posts: it follows with a GET without the content, and counts that as success."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from stackctl.clients.probe import Dial, probe
from stackctl.verification.context import PROBE_SECONDS

# Of these, a client makes a GET of a POST. 307 and 308 keep the method and the body.
_CHANGING = frozenset({301, 302, 303})


def redirect_of(dial: Dial, url: str) -> str:
    """Return where `url` redirects a client that posts to it, "" where it does not, or `dial` cannot ask it.

    Only a redirect to the same path counts, with another scheme, host or slash: a page for people that asks with GET
    may be another one. Nothing that may be secret is asked with or returned: no login, parameter or path.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return ""
    bare = parts._replace(query="", fragment="").geturl()
    reply = probe(bare, dial, PROBE_SECONDS).reply
    if reply is None or reply.status not in _CHANGING:
        return ""
    to = urlsplit(urljoin(bare, reply.headers.get("location", "")))
    if to.path.rstrip("/") != parts.path.rstrip("/"):
        return ""
    if (to.scheme, to.netloc) != (parts.scheme, parts.netloc):
        return f"{to.scheme}://{to.netloc.rpartition('@')[2]} ({reply.status})"
    slash = "with" if to.path.endswith("/") else "without"
    return f"the same URL {slash} a slash at the end ({reply.status})" if to.path != parts.path else ""

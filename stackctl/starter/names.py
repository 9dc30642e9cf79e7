"""Names and addresses from what there is: a folder, a URL, a host. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.errors import InputError, StackctlError

DEFAULT_PORTS = {"http": 80, "https": 443}
FALLBACK_NAME = "stack"
LONGEST_NAME = 63


@dataclass(frozen=True)
class MetricsUrl:
    """URL of metrics. `path` is "" when it was not given and has to be found."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.address}"

    def __str__(self) -> str:
        return f"{self.base}{self.path}"


def stack_name(folder: str) -> str:
    """The nearest valid name of a stack to the name of a folder."""
    fixed = re.sub(r"[^a-z0-9_-]+", "-", folder.lower()).strip("-_")[:LONGEST_NAME]
    return fixed if c.STACK_NAME.fullmatch(fixed) else FALLBACK_NAME


def parse_url(text: str) -> MetricsUrl:
    """The parts of a metrics URL, or of a bare `host:port`. Raises InputError with the way to write it."""
    whole = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(whole)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise _not_a_url(text) from None
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host) or port == 0:
        raise _not_a_url(text)
    if parts.username is not None or parts.password is not None:
        remedy = "Give the URL without them, and write `basic_auth` with a `${VARIABLE}` into the manifest."
        raise InputError.of(
            "usage.option", f"--from: a URL with a login in it: `{parts.scheme}://***@{host}`", remedy=remedy
        )
    if parts.query or parts.fragment:
        remedy = "Give the URL without its query, and write `params` into the manifest."
        raise InputError.of("usage.option", f"--from: a URL with a query: `{text}`", remedy=remedy)
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~") if parts.path != "/" else ""
    return MetricsUrl(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], path)


# A name, an IPv4 address or an IPv6 one, as urlsplit leaves it: without brackets.
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?|[0-9a-f:.]*:[0-9a-f:.]*")


def _not_a_url(text: str) -> StackctlError:
    remedy = "Write it like `http://localhost:8000/metrics`, or `localhost:8000`."
    return InputError.of("usage.option", f"--from: not the URL of metrics: `{text}`", remedy=remedy)


def service_name(url: MetricsUrl, product: str, taken: Collection[str]) -> str:
    """A name for what answers at `url`: the product it says it is, else its host, else "app"; never one of `taken`."""
    local = url.host in c.LOCAL_HOSTS or re.fullmatch(r"[0-9a-f.:]+", url.host)
    wanted = product or ("app" if local else url.host.partition(".")[0])
    base = wanted if c.SERVICE_NAME.fullmatch(wanted) else "app"
    # The stack's own components are jobs too, and two jobs cannot have one name.
    candidates = [base, f"{base}-{url.port}", *(f"{base}-{url.port}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in candidates if name not in taken and name not in registry.names())

"""HTTP as the checks need it: an answer, or one kind of error that says what happened in a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from stackctl.errors import Unavailable

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

TIMEOUT_SECONDS = 10.0
# One session serves many checks at once; more connections than this would not make a server faster.
CONNECTIONS = 16


class NoAnswer(Unavailable):
    """A server could not be reached, or answered what it should not have. `status` is 0 without an answer; `said` are
    the server's own words."""

    status = 0
    said = ""

    @property
    def summary(self) -> str:
        return self.problems[0].summary


@dataclass(frozen=True)
class Answer:
    """What a server answered, whatever it was."""

    status: int
    content_type: str
    text: str = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Http:
    """Requests to one server. `auth` is a user and a password. Proxies of the environment are not used: what is
    asked is on this machine."""

    base: str
    auth: tuple[str, str] | None = field(default=None, repr=False)
    timeout: float = TIMEOUT_SECONDS

    @cached_property
    def _session(self) -> requests.Session:
        import requests
        from requests.adapters import HTTPAdapter
        from requests.auth import HTTPBasicAuth

        session = requests.Session()
        session.trust_env = False
        # As bytes: given text, requests could send no more than Latin-1.
        session.auth = HTTPBasicAuth(self.auth[0].encode(), self.auth[1].encode()) if self.auth else None
        session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        return session

    def ask(
        self, path: str, *, method: str = "GET", params: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """The server's answer. Raises NoAnswer when there is none."""
        import requests

        url = f"{self.base}{path}"
        try:
            response = self._session.request(
                method, url, params=params, json=body, timeout=self.timeout, allow_redirects=False
            )
            return Answer(response.status_code, response.headers.get("Content-Type", ""), response.text)
        except requests.RequestException as error:
            raise NoAnswer.of(f"{url} does not answer: {why(error)}") from None

    def json(
        self, path: str, parse: Callable[[Any], T], *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> T:
        """What `parse` makes of the JSON of a 2xx answer. Raises NoAnswer for anything else."""
        import json

        answer = self.ask(path, params=params, body=body, method="GET" if body is None else "POST")
        if not answer.ok:
            error = NoAnswer.of(f"{self.base}{path} answers {answer.status}: {words(answer.text)}")
            error.status, error.said = answer.status, words(answer.text)
            raise error
        try:
            content = json.loads(answer.text)
        except ValueError:
            raise NoAnswer.of(f"{self.base}{path} answers something that is not JSON") from None
        try:
            return parse(content)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise NoAnswer.of(
                f"{self.base}{path} answers something else than expected: is it another server?"
            ) from None


def words(text: str) -> str:
    """What an error answer says: the message in it when it is JSON, else its first line."""
    import json

    try:
        content = json.loads(text)
    except ValueError:
        return first_line(text)
    said = (content.get("message") or content.get("error")) if isinstance(content, dict) else None
    return first_line(str(said or json.dumps(content)))


def first_line(text: str, limit: int = 200) -> str:
    """The first line of an answer, cut to what fits a message."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "(empty)")[:limit]


def why(error: Exception) -> str:
    """The innermost reason of a failed request, without the library's wrapping."""
    text = str(error)
    for sign, meaning in _REASONS.items():
        if sign in text:
            return meaning
    return type(error).__name__


_REASONS = {
    "Connection refused": "connection refused",
    "timed out": "no answer in time",
    "Name or service not known": "the name does not resolve",
    "Temporary failure in name resolution": "the name does not resolve",
    "nodename nor servname": "the name does not resolve",
    "No route to host": "no route to the host",
    "Network is unreachable": "the network is unreachable",
    "Connection reset": "the connection was reset",
    "RemoteDisconnected": "the connection was closed without an answer",
    "WRONG_VERSION_NUMBER": "TLS was spoken to a plain HTTP port",
    "CERTIFICATE_VERIFY_FAILED": "the certificate cannot be verified",
}

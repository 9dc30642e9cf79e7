"""HTTP as the checks need it: an answer, or one kind of error that says what happened in a line."""

from __future__ import annotations

import http.client
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from stackctl.access import Access, distrust
from stackctl.bounds.deadline import bounded
from stackctl.bounds.http import TooMuch, request
from stackctl.bounds.http import body as read_body
from stackctl.bounds.json_text import loads
from stackctl.errors import Unavailable

T = TypeVar("T")

TIMEOUT_SECONDS = 10.0
# A server that is asked when the command's time is up may be far away: that another one was slow says nothing of it.
_LEAST_SECONDS = 0.5


class NoAnswer(Unavailable):
    """A server could not be reached, or answered what it should not have. `status` is 0 without an answer; `said` are
    the server's own words. `distrusted` is whether its certificate cannot be trusted. `reported` is the check that
    reports the same cause already, "" where none does. `unserved` is whether the server lacks what was asked for, as
    those do that serve a part of Prometheus' API only."""

    status = 0
    said = ""
    distrusted = False
    reported = ""
    unserved = False

    @property
    def summary(self) -> str:
        return self.problems[0].summary


@dataclass(frozen=True)
class Answer:
    """Response of a server, whatever it was."""

    status: int
    content_type: str
    text: str = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Away:
    """A server that is known to be of no use: the reason, and the check that reports it."""

    summary: str
    check: str


@dataclass(frozen=True)
class Http:
    """Requests to one server. Proxies of the environment are not used: what is asked is on this machine.

    A server that is `away` is not asked: every request raises NoAnswer with the reason that is known. One that
    `is_foreign` may serve a part of the API only: what it lacks is `unserved`. Bodies are JSON, sent as `content_type`.
    """

    access: Access
    timeout: float = TIMEOUT_SECONDS
    away: Away | None = None
    is_foreign: bool = False
    content_type: str = "application/json"
    # Connections that the server keeps open; each is taken out while it is used, as one client serves many threads.
    _idle: deque[http.client.HTTPConnection] = field(default_factory=deque, init=False, repr=False, compare=False)

    @property
    def base(self) -> str:
        return self.access.url

    def ask(
        self, path: str, *, method: str = "GET", params: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """The server's answer. Raises NoAnswer when there is none."""
        if self.away:
            known = NoAnswer.of("server.no-answer", self.away.summary)
            known.reported = self.away.check
            raise known
        url = f"{self.base}{path}"
        try:
            return self._ask(method, f"{path}?{urlencode(params)}" if params else path, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            silence = NoAnswer.of("server.no-answer", f"{url} does not answer: {why(error)}")
            silence.distrusted = bool(distrust(error))
            raise silence from None

    def _ask(self, method: str, path: str, body: Any) -> Answer:
        kept = self._kept() if method == "GET" else None  # what changes something is never sent twice
        if kept:
            with suppress(ConnectionError):  # closed by the server meanwhile
                return self._exchange(kept, method, path, body)
        return self._exchange(self.access.connection(bounded(self.timeout, _LEAST_SECONDS)), method, path, body)

    def _kept(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _exchange(self, connection: http.client.HTTPConnection, method: str, path: str, body: Any) -> Answer:
        """One request and its answer. The connection is kept for another, unless the server closes it or fails."""
        try:
            content, headers = self._sent(body)
            place, seconds = urlsplit(self.base).path + path, bounded(self.timeout, _LEAST_SECONDS)
            with request(connection, method, place, seconds, content=content, headers=headers) as response:
                text = read_body(response).decode(errors="replace")
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            self._idle.append(connection)
        return Answer(response.status, response.getheader("Content-Type", ""), text)

    def _sent(self, body: Any) -> tuple[bytes | None, dict[str, str]]:
        """The body and the headers of a request."""
        import json

        if body is None:
            return None, self.access.headers
        return json.dumps(body).encode(), {**self.access.headers, "Content-Type": self.content_type}

    def refused(self, path: str, answer: Answer) -> NoAnswer:
        """The error of an answer that is not a good one, with its status and words."""
        error = NoAnswer.of("server.no-answer", f"{self.base}{path} returns {answer.status}: {words(answer.text)}")
        error.status, error.said = answer.status, words(answer.text)
        error.unserved = self.is_foreign and (answer.status in UNSERVED or _lacks(answer.text))
        return error

    def json(
        self,
        path: str,
        parse: Callable[[Any], T],
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        method: str = "",
    ) -> T:
        """Return what `parse` makes of the JSON of a 2xx response. Raises NoAnswer for anything else.

        The method is POST where there is a body, unless another one is named.
        """
        method = method or ("GET" if body is None else "POST")
        answer = self.ask(path, params=params, body=body, method=method)
        if not answer.ok:
            raise self.refused(path, answer)
        try:
            content = loads(answer.text)
        except ValueError:
            raise NoAnswer.of("server.no-answer", f"{self.base}{path} returned something that is not JSON") from None
        try:
            return parse(content)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
            raise self.unexpected(path) from None

    def unexpected(self, path: str) -> NoAnswer:
        """The error of an answer that is JSON, and not what this server is known to answer."""
        summary = f"{self.base}{path} returned an unexpected response: is it another server?"
        return NoAnswer.of("server.no-answer", summary)


def _lacks(text: str) -> bool:
    return any(words in text for words in _LACKING)


# How servers answer that they do not have a path; VictoriaMetrics says it with status 400, and a Prometheus that runs
# as an agent, without a storage, with 422.
UNSERVED = (404, 405, 501)
AGENT = "unavailable with Prometheus Agent"
_LACKING = ("unsupported path requested", AGENT)


def words(text: str) -> str:
    """Return the message of an error response: the one in its JSON, else its first line."""
    import json

    try:
        content = loads(text)
    except ValueError:
        return first_line(text)
    said = (content.get("message") or content.get("error")) if isinstance(content, dict) else None
    return first_line(str(said or json.dumps(content)))


def first_line(text: str, limit: int = 200) -> str:
    """The first line of an answer, cut to what fits a message."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "(empty)")[:limit]


def why(error: Exception) -> str:
    """The reason of a failed request, in the words of a report."""
    if distrusted := distrust(error):
        return distrusted
    if isinstance(error, TooMuch):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    for sign, meaning in _REASONS.items():
        if sign in text:
            return meaning
    return type(error).__name__


_REASONS = {
    "Connection refused": "connection refused",
    "timed out": "no response in time",
    "Name or service not known": "the name does not resolve",
    "Temporary failure in name resolution": "the name does not resolve",
    "nodename nor servname": "the name does not resolve",
    "No route to host": "no route to the host",
    "Network is unreachable": "the network is unreachable",
    "Connection reset": "the connection was reset",
    "IncompleteRead": "the response was cut short",
    "RemoteDisconnected": "the connection was closed without a response",
    "WRONG_VERSION_NUMBER": "TLS was used on a plain HTTP port",
}

"""Causes of failed targets and their remedies, from Prometheus' error and the probes. Pure.

Prometheus' words choose the row; what was seen from both sides says which of the row's causes it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urljoin, urlsplit

from stackctl import conventions as c
from stackctl.clients.http import first_line
from stackctl.clients.probe import Certificate, Probe, Reply
from stackctl.diagnosis import response_body
from stackctl.diagnosis.format_errors import format_error
from stackctl.diagnosis.observations import NOTHING, Observations
from stackctl.promql.duration import seconds
from stackctl.runtimes.facts import Facts
from stackctl.scrape import Endpoint, Job
from stackctl.verification.place import Peer


@dataclass(frozen=True)
class Diagnosis:
    """The cause in a few words, the remedy as a sentence, and what was seen."""

    cause: str
    remedy: str
    evidence: str = ""


@dataclass(frozen=True)
class Case:
    """One failed target: what is declared, Prometheus' own text, and what was seen."""

    job: Job
    endpoint: Endpoint
    error: str
    runtime: Facts
    seen: Observations

    @property
    def host(self) -> str:
        return self.endpoint.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> str:
        return self.endpoint.address.rpartition(":")[2]

    @property
    def local(self) -> bool:
        """Return whether the target is on the user's own machine, as seen from a container."""
        return bool(self.runtime.this_machine) and self.host == self.runtime.this_machine

    @property
    def reply(self) -> Reply | None:
        return self.seen.answer.reply if self.seen.answer else None

    @property
    def timeout(self) -> str:
        return self.job.scrape_timeout or c.DEFAULT_SCRAPE_TIMEOUT

    @property
    def login(self) -> bool:
        """Return whether the manifest gives credentials."""
        known = self.job.service.scrape if self.job.service else {}
        return bool({"basic_auth", "authorization", "oauth2"} & known.keys())


def diagnose(job: Job, endpoint: Endpoint, error: str, runtime: Facts, seen: Observations = NOTHING) -> Diagnosis:
    """The diagnosis of a failed scrape of `endpoint`. `error` is Prometheus' own text."""
    case = Case(job, endpoint, error, runtime, seen)
    found = behind(case) or _misformed(case) or _row(error)(case)
    return Diagnosis(found.cause, found.remedy, "\n".join([error, *_looked(case), *found.evidence.splitlines()]))


def _misformed(case: Case) -> Diagnosis | None:
    row = format_error(case.error)
    return Diagnosis(row.cause, row.remedy) if row else None


def _row(error: str) -> Callable[[Case], Diagnosis]:
    return next((row for pattern, row in _ROWS if re.search(pattern, error)), _unknown)


def _looked(case: Case) -> list[str]:
    """Return the probes that were made, from where, and their results."""
    seen = case.seen
    place = case.runtime.prometheus
    asked = ((place, seen.there), ("this machine", seen.here), (place, seen.other))
    return [f"from {name}: {probe}" for name, probe in asked if probe and probe.failure != "unable"]


def _unknown(case: Case) -> Diagnosis:
    url = f"{case.job.scheme}://{case.endpoint.instance}{case.job.metrics_path}"
    return Diagnosis("the scrape failed", f"Try it by hand: `curl -v {url}`.")


# -- what runs behind it ------------------------------------------------------------------------------------


def behind(case: Case) -> Diagnosis | None:
    """Diagnose the unit that the stack runs behind the target; None when that is well."""
    unit = case.seen.unit
    if unit is None or (unit.state == "running" and "unhealthy" not in unit.detail):
        return None
    what = f"the {case.runtime.unit} of `{unit.name}`"
    words = [f"{unit.name}: {unit.detail or unit.state}", *(f"{unit.name} | {line}" for line in case.seen.last_words)]
    evidence = "\n".join(words)
    logs = f"`stackctl logs {unit.name}` has more"
    if "out of memory" in unit.detail:
        remedy = f"Raise the memory limit of `{unit.name}`, or find out what uses so much: {logs}."
        ended = unit.detail.replace("out of memory, ", "")
        return Diagnosis(f"{what} ran out of memory ({ended})", remedy, evidence)
    if unit.state == "paused":
        return Diagnosis(f"{what} is paused", "Resume it with `docker unpause`, or run `stackctl up`.", evidence)
    if unit.state == "running":
        remedy = f"See why its healthcheck fails; {logs}."
        return Diagnosis(f"{what} is unhealthy", remedy, evidence)
    state = unit.detail or unit.state
    remedy = f"Fix the error shown in its last log lines; {logs}. Then run `stackctl up`."
    return Diagnosis(f"{what} {state if state.startswith(_VERBS) else f'is not running: {state}'}", remedy, evidence)


_VERBS = ("exited", "keeps", "left", "was")


# -- no connection ------------------------------------------------------------------------------------------


def _refused(case: Case) -> Diagnosis:
    seen, port, runtime = case.seen, case.port, case.runtime
    cause = f"connection refused at {case.endpoint.address}"
    if seen.elsewhere:
        remedy = f"Write `{seen.elsewhere}` as the target, or make the service listen on 127.0.0.1 or 0.0.0.0."
        return Diagnosis(f"{cause}: it listens on {seen.elsewhere} only", remedy)
    if case.local and seen.here and seen.here.connected:
        return Diagnosis(
            f"{cause}: it is bound to 127.0.0.1",
            f"It listens on port {port} of this machine on 127.0.0.1 only, which no {runtime.unit} can reach: make it "
            f"listen on {runtime.network}, or on 0.0.0.0.",
        )
    if case.local and not seen.here:
        return Diagnosis(
            cause,
            f"Nothing listens on port {port} of this machine where {runtime.units} can reach it: start the service, "
            f"or, if it listens on 127.0.0.1 only, make it also listen on {runtime.network} (or on 0.0.0.0).",
        )
    where = "of this machine" if case.local else "there"
    return Diagnosis(
        cause, f"Nothing listens on port {port} {where}: start the service, or correct the port in the manifest."
    )


def _unresolved(case: Case) -> Diagnosis:
    host, peers = case.host, case.seen.peers
    away = next((peer for peer in peers if host in peer.names and not peer.near), None)
    if away:
        networks = ", ".join(away.networks)
        return Diagnosis(
            "the name does not resolve: its container is in another network",
            f"Write `networks: {{join: [{networks}]}}` to connect Prometheus to the network of `{host}`.",
            f"the container {away.names[-1]} is in: {networks}",
        )
    names = _reachable_names(peers)
    nearest = get_close_matches(host, names, 1, 0.6)
    evidence = f"names that resolve there: {', '.join(names)}" if names else ""
    if nearest:
        return Diagnosis(
            f"the name does not resolve: `{host}` may be `{nearest[0]}`",
            f"Write `{nearest[0]}:{case.port}` for `{case.endpoint.address}`.",
            evidence,
        )
    runtime = case.runtime
    if case.seen.here and case.seen.here.failure not in ("unresolved", "unable"):
        remedy = f"Use its IP address instead of `{host}`: this machine can resolve the name, a {runtime.unit} cannot."
        return Diagnosis(f"the name does not resolve in {runtime.prometheus}", remedy, evidence)
    return Diagnosis("the name does not resolve", runtime.unresolved.format(case.endpoint.address), evidence)


def _reachable_names(peers: tuple[Peer, ...]) -> list[str]:
    """The shortest name of everything that Prometheus can reach by one."""
    return sorted({min(peer.names, key=len) for peer in peers if peer.near and peer.names})


def _late(case: Case) -> Diagnosis:
    there, here = case.seen.there, case.seen.here
    if there and there.failure == "unconnected":
        if here and here.connected:
            return Diagnosis(
                f"{case.runtime.prometheus} cannot connect, this machine can",
                f"A firewall drops the packets: allow port {case.port} from {case.runtime.network}.",
            )
        return Diagnosis(
            "it cannot be reached: the packets are dropped",
            f"Correct the address `{case.endpoint.address}`, or allow it in the firewalls on the way.",
        )
    answered = case.seen.answer
    if answered and answered.seconds > seconds(case.timeout):
        return Diagnosis(
            f"it does not answer in time: it took {answered.seconds:.1f} s, and `scrape_timeout` is {case.timeout}",
            "Make it respond faster, or raise `scrape_timeout` (at most `scrape_interval`).",
        )
    if answered and answered.reply and answered.reply.status == 200:
        return Diagnosis(
            f"it does not always answer in time: this time it took {answered.seconds:.1f} s",
            f"Find out why it is sometimes slow; `scrape_timeout` is {case.timeout}.",
        )
    remedy = "Check whether the service hangs, or raise `scrape_timeout`."
    unknown = "Check whether the service hangs or a firewall drops the packets, or raise `scrape_timeout`."
    return Diagnosis("it does not answer in time", remedy if there else unknown)


def _closed(case: Case) -> Diagnosis:
    if _speaks_tls(case.seen.other):
        return _wants_tls(case)
    remedy = "The port may speak another protocol: correct the port or `scheme`."
    return Diagnosis("the connection was closed without a response", remedy)


# -- TLS ----------------------------------------------------------------------------------------------------


def _speaks_tls(probe: Probe | None) -> bool:
    return bool(probe and probe.url.startswith("https:") and (probe.reply or probe.certificate))


def _wants_tls(case: Case) -> Diagnosis:
    known = _speaks_tls(case.seen.other)
    shown = _certificate(case.seen.other)
    return Diagnosis(
        "it speaks TLS, not plain HTTP" if known else "it does not speak plain HTTP; it may require TLS",
        f"Write `scheme: https` for the service `{case.job.name}`"
        f"{', and `tls: {ca_file: ...}` when its certificate is your own' if known else ''}.",
        shown,
    )


def _bad_request(case: Case) -> Diagnosis:
    if case.seen.there is None or _speaks_tls(case.seen.other):
        return _wants_tls(case)
    said = first_line(case.reply.body) if case.reply else ""
    remedy = "Read its response in the evidence, and correct `params`, `metrics_path` or `scheme`."
    return Diagnosis("it rejects the request (HTTP 400)", remedy, said)


def _plain(case: Case) -> Diagnosis:
    return Diagnosis("it speaks plain HTTP, not TLS", f"Write `scheme: http` for the service `{case.job.name}`.")


def _untrusted(case: Case) -> Diagnosis:
    probe = case.seen.there
    evidence, known = _certificate(probe), probe.certificate if probe else None
    if case.job.component:
        remedy = f"{REWRITE} Renew an expired certificate first."
        return Diagnosis("the certificate is not signed by the CA in the manifest", remedy, evidence)
    if "expired or is not yet valid" in case.error:
        when = f": it ended {known.until}" if known and known.until else ""
        return Diagnosis(f"the certificate has expired, or is not valid yet{when}", _RENEW, evidence)
    names = re.search(r"certificate is valid for (.+), not (\S+)", case.error)
    if names or "IP SANs" in case.error or "not valid for any names" in case.error:
        valid = names[1] if names else ", ".join(known.names) if known else ""
        return Diagnosis(
            f"the certificate is not for `{case.host}`, but for {valid or 'no host name'}",
            "Write one of its names as the target, or set it with `tls: {server_name: ...}`.",
            evidence,
        )
    issuer = f": {_issued(known)}" if known else ""
    return Diagnosis(f"the certificate is not trusted{issuer}", "Set the CA with `tls: {ca_file: ...}`.", evidence)


# Of a web configuration that was changed by hand.
REWRITE = (
    "Run `stackctl reload`: it rewrites the web configuration. Move any change you want to keep into the manifest."
)
_RENEW = "Renew the certificate of the service and restart it; `tls: {ca_file: ...}` does not help here."


def _client_certificate(_: Case) -> Diagnosis:
    remedy = "Set them with `tls: {cert_file: ..., key_file: ...}`, from a CA that the service trusts."
    return Diagnosis("it requires a client certificate, or rejects the one given", remedy)


def _certificate(probe: Probe | None) -> str:
    if not probe or not probe.certificate:
        return ""
    found = probe.certificate
    return f"its certificate: {_issued(found)}, for {', '.join(found.names) or 'no name'}, until {found.until}"


def _issued(found: Certificate) -> str:
    if found.issuer == found.subject:
        return f"`{found.subject}`, by itself"
    return f"`{found.subject}`, by `{found.issuer}`"


# -- another answer than metrics ----------------------------------------------------------------------------


def _login(case: Case) -> Diagnosis:
    if case.job.component:
        return Diagnosis("it rejects the given login, or requires one that was not given", REWRITE)
    asks = case.reply.headers.get("www-authenticate", "") if case.reply else ""
    key = "`authorization`" if asks.lower().startswith("bearer") else "`basic_auth` or `authorization`"
    asks_for = f"it asks for: {asks}" if asks else ""
    if "HTTP status 403" in case.error and case.login:
        remedy = "Allow that login to read the metrics, or use another one."
        return Diagnosis("the login in the manifest is not allowed to read the metrics (403)", remedy, asks_for)
    if case.login:
        remedy = f"Correct {key} of the service `{case.job.name}`; after changing a variable, run `stackctl up`."
        return Diagnosis("it requires a login, and rejects the one in the manifest", remedy, asks_for)
    remedy = f"Set {key} for the service `{case.job.name}`."
    return Diagnosis("it requires a login, and the manifest has none", remedy, asks_for)


def _nowhere(case: Case) -> Diagnosis:
    path = case.job.metrics_path
    if case.seen.path:
        return _elsewhere(
            case, f"there is nothing at the metrics path {path}, but there are metrics at {case.seen.path}"
        )
    cause = "it does not accept GET at the metrics path" if "status 405" in case.error else _NOTHING_THERE
    return Diagnosis(cause, f"`metrics_path: {path}` may be wrong: use the path that serves the metrics.")


_NOTHING_THERE = "there is nothing at the metrics path"


def _elsewhere(case: Case, cause: str, evidence: str = "") -> Diagnosis:
    found = case.seen.path
    said = f"metrics are served at {found}"
    return Diagnosis(cause, f"Write `metrics_path: {found}`.", f"{evidence}\n{said}" if evidence else said)


def _server_error(case: Case) -> Diagnosis:
    said = first_line(case.reply.body) if case.reply and case.reply.status >= 500 else ""
    cause = "the service answers with a server error"
    return Diagnosis(f"{cause}: {said}" if said else cause, "See the service's own log.")


def _without_content(case: Case) -> Diagnosis:
    said = re.search(r"HTTP status (2\d\d[^\n]*)", case.error)
    remedy = f"`metrics_path: {case.job.metrics_path}` may be wrong: use the path that returns 200 with metrics."
    return Diagnosis(f"it answers without metrics ({said[1] if said else '2xx'})", remedy)


def _redirected(case: Case) -> Diagnosis:
    to = _location(case)
    if not to:
        return Diagnosis("it answers with a redirect", "Correct `scheme` or `metrics_path`.")
    cause, parts = f"it answers with a redirect to {to}", urlsplit(to)
    if re.search(r"log-?in|sign-?in|auth|sso", parts.path, re.IGNORECASE):
        remedy = "Allow reading the metrics without a login, or set `basic_auth` or `authorization`."
        return Diagnosis(f"{cause}: it requires a login", remedy)
    if parts.scheme == "https" and (case.job.service is None or case.job.service.scheme == "http"):
        return Diagnosis(cause, f"Write `scheme: https` for the service `{case.job.name}`, and its port.")
    return Diagnosis(cause, f"Write `metrics_path: {parts.path}`, if the metrics are there.")


def _location(case: Case) -> str:
    """Return the URL that the response redirects to, without a user and a query."""
    answer = case.seen.answer
    if not answer or not answer.reply or answer.reply.status // 100 != 3:
        return ""
    if "location" not in answer.reply.headers:
        return ""
    to = urlsplit(urljoin(answer.url, answer.reply.headers["location"]))
    return f"{to.scheme}://{to.netloc.rpartition('@')[2]}{to.path}"


def _other_type(case: Case) -> Diagnosis:
    """The Content-Type is none of metrics: of what kind is the answer itself?"""
    if case.reply is None:
        path = case.job.metrics_path
        remedy = f"For a web page, correct `metrics_path: {path}`; otherwise write {_FALLBACK}."
        return Diagnosis("its Content-Type is not one for metrics", remedy)
    if response_body.kind_of(case.reply.body) != "metrics" or case.reply.status // 100 == 3:
        return _other_body(case)
    sent = f"`{case.reply.content_type}`" if case.reply.content_type else "none"
    remedy = f"Write {_FALLBACK} for the service `{case.job.name}`, or make it send `text/plain; version=0.0.4`."
    return Diagnosis(f"it serves metrics, but its Content-Type is not one for metrics: {sent}", remedy)


_FALLBACK = "`fallback_scrape_protocol: PrometheusText0.0.4`"


def _other_body(case: Case) -> Diagnosis:
    """The answer is not metrics at all, or has a line that is none."""
    path = case.job.metrics_path
    if _location(case):
        return _redirected(case)
    kind = response_body.kind_of(case.reply.body) if case.reply else "metrics"
    if case.reply and kind != "metrics":
        what = {
            "page": f"a web page{_titled(case.reply)}",
            "JSON": "JSON",
            "text": f"text: {first_line(case.reply.body, 80)}",
            "nothing": "nothing",
        }[kind]
        cause = f"it answers with {what}, not with metrics"
        if case.seen.path:
            return _elsewhere(case, cause)
        return Diagnosis(cause, f"`metrics_path: {path}` does not serve metrics: use the path that does.")
    wrong = response_body.wrong_line(case.reply.body) if case.reply else None
    if wrong:
        remedy = f"Fix what the service exposes at {path}: line {wrong[0]} is not a sample."
        return Diagnosis(f"line {wrong[0]} of its metrics does not parse", remedy, f"line {wrong[0]}: {wrong[1][:200]}")
    remedy = f"`metrics_path: {path}` may be a page or JSON: use the path that serves the metrics."
    return Diagnosis("the response is not in a metrics format", remedy)


def _titled(reply: Reply) -> str:
    found = response_body.title(reply.body)
    return f" ({found})" if found else ""


# -- too much, or twice -------------------------------------------------------------------------------------


def _too_large(case: Case) -> Diagnosis:
    size = f"it sends {'' if case.reply.whole else 'more than '}{len(case.reply.body):,} bytes" if case.reply else ""
    remedy = f"Raise the limit{_LIMITS}, or expose fewer series."
    return Diagnosis("the response is larger than `body_size_limit`", remedy, size)


_LIMITS = " (in `prometheus: {extra: {global: {...}}}`)"


def _too_many(case: Case) -> Diagnosis:
    named = re.search(r"((?:label_)?\w*label\w*|sample)[ _]limit", case.error)
    kind = "labels, or longer ones," if named and "label" in named[1] else "series"
    count = f"it sends {response_body.samples(case.reply.body):,} samples" if case.reply else ""
    remedy = f"Raise the limit{_LIMITS}, or expose fewer series."
    return Diagnosis(f"it has more {kind} than a limit allows", remedy, count)


def _too_many_targets(case: Case) -> Diagnosis:
    remedy = f"Raise `target_limit` of `{case.job.name}`, or give it fewer targets."
    return Diagnosis("its job has more targets than `target_limit` allows, so none is scraped", remedy, case.error)


def _twice(case: Case) -> Diagnosis:
    line = response_body.repeated_line(case.reply.body) if case.reply else None
    evidence = f"line {line[0]}: {line[1][:200]}" if line else ""
    return Diagnosis(
        f"line {line[0]} of its metrics repeats a series" if line else "it sends one series twice, or old timestamps",
        "Fix what the service exposes: `curl` its metrics and look for the series named in the evidence.",
        evidence,
    )


def _no_route(case: Case) -> Diagnosis:
    return Diagnosis("there is no route to the host", f"Correct the address `{case.endpoint.address}`.")


def _unreadable(_: Case) -> Diagnosis:
    return Diagnosis("a file with a password or token cannot be read", "Run `stackctl up` again.")


# What Prometheus says -> the row. The first match counts, so the narrow ones come first.
_ROWS: tuple[tuple[str, Callable[[Case], Diagnosis]], ...] = (
    (r"connection refused", _refused),
    (r"no such host|server misbehaving|name resolution", _unresolved),
    (r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake", _plain),
    (r"malformed HTTP response", _wants_tls),
    (r"HTTP status 400", _bad_request),
    (r"certificate required|remote error: tls", _client_certificate),
    (r"x509|certificate", _untrusted),
    (r"HTTP status 40[13]", _login),
    (r"HTTP status 40[45]", _nowhere),
    (r"HTTP status 5\d\d", _server_error),
    (r"HTTP status 3\d\d", _redirected),
    (r"HTTP status 2\d\d", _without_content),
    (r"(?i)content.type", _other_type),
    (
        r"expected a valid|expected value after|invalid metric type|unexpected end|while parsing|strconv\.Parse|# EOF",
        _other_body,
    ),
    (r"context deadline exceeded|timeout|timed out", _late),
    (r"body size limit", _too_large),
    (r"target_limit", _too_many_targets),
    (r"(sample|label).*limit", _too_many),
    (r"duplicate|out of order|out of bounds", _twice),
    (r"no route to host|network is unreachable", _no_route),
    (r"connection reset|EOF", _closed),
    (r"unable to read", _unreadable),
)

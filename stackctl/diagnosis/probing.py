"""A closer look at failed targets: each is asked from where Prometheus runs and from this machine, all at once, within
a few seconds, and the answers are made into diagnoses.

Only the target itself is asked. Credentials of the manifest go to it alone: from this machine only where the target is
this machine, as a name may mean another one here; and over TLS only where the manifest trusts any certificate.
"""

from __future__ import annotations

import base64
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from stackctl import conventions as c
from stackctl.clients.probe import Dial, Probe, probe
from stackctl.clients.prometheus import ActiveTarget
from stackctl.diagnosis.causes import Case, Diagnosis, behind, diagnose
from stackctl.diagnosis.observations import NOTHING, Observations
from stackctl.diagnosis.response_body import kind_of
from stackctl.errors import StackctlError
from stackctl.scrape import Endpoint, Job
from stackctl.source import Secret
from stackctl.verification.context import Context
from stackctl.verification.place import FoundUnit, Peer, secrets, shown

T = TypeVar("T")
Key = tuple[str, str, str]
# (job, address, instance) -> the diagnosis of a target.
Diagnoses = Mapping[Key, Diagnosis]

# However many targets fail: so many are looked at, and for so long. What hangs must leave time for what comes after.
PROBED_AT_MOST = 20
_SECONDS = 3.0
_FIRST_SECONDS = 2.0
_LAST_WORDS = 5
# Where applications usually have their metrics.
PATHS = (
    "/metrics",
    "/actuator/prometheus",
    "/api/metrics",
    "/api/v1/metrics",
    "/prometheus",
    "/stats/prometheus",
    "/q/metrics",
    "/manage/prometheus",
)
_SIBLING_PATHS = 4
_OWN_ADDRESSES = 8


@dataclass(frozen=True)
class Failed:
    """A declared target that Prometheus could not scrape, with its own text.

    `known_as` is its name where job and endpoint are those of what Prometheus has made of it.
    """

    job: Job
    endpoint: Endpoint
    error: str
    known_as: Key | None = None

    @property
    def key(self) -> Key:
        return self.known_as or self.key_of(self.job, self.endpoint)

    @classmethod
    def as_scraped(cls, job: Job, endpoint: Endpoint, target: ActiveTarget) -> Failed:
        """A target where Prometheus scrapes it, whatever relabelling has made of its address, path and parameters."""
        url = urlsplit(target.scrape_url)
        service = job.service and replace(job.service, scheme=url.scheme)
        params = {name: tuple(values) for name, values in parse_qs(url.query).items()}
        job_there = replace(job, service=service, metrics_path=url.path or "/", params=params)
        there = replace(endpoint, address=url.netloc)
        return cls(job_there, there, target.last_error, cls.key_of(job, endpoint))

    @staticmethod
    def key_of(job: Job, endpoint: Endpoint) -> Key:
        """The name of a target among all that failed."""
        return job.name, endpoint.address, endpoint.instance

    def url(self, address: str, path: str = "", scheme: str = "") -> str:
        query = f"?{urlencode(self.job.params, doseq=True)}" if self.job.params and not path else ""
        return f"{scheme or self.job.scheme}://{address}{path or self.job.metrics_path}{query}"


@dataclass(frozen=True)
class Around:
    """Containers around Prometheus, observed once for all targets."""

    units: Mapping[str, FoundUnit] | None
    peers: tuple[Peer, ...] | None


def probe_targets(context: Context, failed: Sequence[Failed]) -> Diagnoses:
    """The diagnosis of each failed target; of those beyond the first twenty, by Prometheus' words alone."""
    if not failed:
        return {}
    until = time.monotonic() + _SECONDS
    around = Around(
        _tried(lambda: {unit.name: unit for unit in context.place.observe()}),
        _tried(lambda: tuple(context.place.peers())),
    )
    probings = [_Probing(context, one, around, until) for one in failed]
    chosen = list({each.subject: each for each in probings}.values())[:PROBED_AT_MOST]
    with ThreadPoolExecutor(len(chosen)) as targets, ThreadPoolExecutor(len(chosen)) as pool:
        seen = list(targets.map(lambda each: each.seen(pool), chosen))
    known = {each.subject: found for each, found in zip(chosen, seen, strict=True)}
    hidden = {*secrets(context.stack), *(_credentials(one).partition(" ")[2] for one in failed)}
    return {each.one.key: _told(context, each.one, known.get(each.subject), hidden) for each in probings}


def probe_unit(context: Context, job: Job, endpoint: Endpoint) -> Diagnosis | None:
    """Diagnose what the stack runs behind a target; None when nothing is wrong with it, or it is not the stack's."""
    around = Around(_tried(lambda: {unit.name: unit for unit in context.place.observe()}), None)
    found = behind(_Probing(context, Failed(job, endpoint, ""), around, 0.0).case())
    hidden = set(secrets(context.stack))
    return found and Diagnosis(shown(found.cause, hidden), found.remedy, shown(found.evidence, hidden))


def _told(context: Context, one: Failed, seen: Observations | None, hidden: set[str]) -> Diagnosis:
    found = diagnose(one.job, one.endpoint, one.error, context.runtime, seen or NOTHING)
    unseen = "" if seen else f"\nnot probed: {PROBED_AT_MOST} other failing targets were probed"
    return Diagnosis(shown(found.cause, hidden), shown(found.remedy, hidden), shown(found.evidence + unseen, hidden))


@dataclass(frozen=True)
class _Probing:
    """The look at one target, which is over at `until`, a time of the monotonic clock."""

    context: Context
    one: Failed
    around: Around
    until: float

    @property
    def subject(self) -> tuple[str, str, str]:
        """Return the key of a probe: two jobs may scrape one target, and one probe serves both."""
        unit = self._unit()
        return self.one.url(self.one.endpoint.address), _credentials(self.one), unit.name if unit else ""

    def seen(self, pool: ThreadPoolExecutor) -> Observations:
        address = self.one.endpoint.address
        shared = self.context.runtime.shares_network
        from_here = None if shared else pool.submit(self._from_here, address)
        there = self._ask(self.context.place.dial, self.one.url(address))
        here = from_here.result() if from_here else None
        unit = self._unit()
        return Observations(
            there,
            here,
            self._other_scheme(there),
            self._other_path(there, here),
            self._elsewhere(there),
            unit,
            self._last_words(unit),
            self.around.peers or (),
        )

    def _is_local(self, address: str) -> bool:
        return address.rpartition(":")[0] in (self.context.runtime.this_machine or c.LOOPBACK, *c.LOCAL_HOSTS)

    def _as_here(self, address: str) -> str:
        """Return the address as this machine has it."""
        gateway = self.context.runtime.this_machine
        return address.replace(gateway, "localhost", 1) if gateway else address

    # -- asking -----------------------------------------------------------------------------------------------

    def _ask(self, dial: Dial, url: str, *, trusted: bool = True) -> Probe:
        """The answer of `url`; `trusted` says whether it may get the manifest's credentials."""
        credentials = _credentials(self.one) if trusted and self._may_know(url) else ""
        left = max(min(self.until - time.monotonic(), _FIRST_SECONDS), 0.1)
        return probe(url, dial, left, {"Authorization": credentials} if credentials else {})

    def _may_know(self, url: str) -> bool:
        service = self.one.job.service
        tls: Any = service.scrape.get("tls_config", {}) if service else {}
        return url.startswith(f"{self.one.job.scheme}:") and (
            self.one.job.scheme == "http" or str(tls.get("insecure_skip_verify", "")).lower() == "true"
        )

    def _from_here(self, address: str) -> Probe:
        local = self._is_local(address)
        return self._ask(self.context.dial, self.one.url(self._as_here(address)), trusted=local)

    def _other_scheme(self, there: Probe) -> Probe | None:
        """The answer to the other scheme, where the declared one gets none or a refusal."""
        odd = there.failure in ("closed", "plain") or (there.reply and there.reply.status == 400)
        if not odd:
            return None
        other = "http" if self.one.job.scheme == "https" else "https"
        return self._ask(self.context.place.dial, self.one.url(self.one.endpoint.address, scheme=other), trusted=False)

    def _other_path(self, there: Probe, here: Probe | None) -> str:
        """A usual path, or one of another service, that answers with metrics where the declared one does not."""
        reply = there.reply
        if reply is None or not (reply.status in (404, 405) or _is_other(there)):
            return ""
        # A connection from here costs less than one through a container, and the same server answers.
        near = here and here.reply and here.reply.status == reply.status and self._is_local(self.one.endpoint.address)
        dial = self.context.dial if near else self.context.place.dial
        address = self._as_here(self.one.endpoint.address) if near else self.one.endpoint.address
        for path in self._paths():
            if time.monotonic() > self.until:
                break
            if _has_metrics(self._ask(dial, self.one.url(address, path))):
                return path
        return ""

    def _elsewhere(self, there: Probe) -> str:
        """Another address of this machine at which something listens on the port of a local target that refuses."""
        address = self.one.endpoint.address
        if there.failure != "refused" or not self._is_local(address):
            return ""
        port = address.rpartition(":")[2]
        for host in own_addresses():
            if self._ask(self.context.dial, self.one.url(f"{host}:{port}"), trusted=False).connected:
                return f"{host}:{port}"
        return ""

    def _paths(self) -> list[str]:
        siblings = dict.fromkeys(service.metrics_path for service in self.context.stack.services)
        others = [path for path in siblings if path not in PATHS and path != self.one.job.metrics_path]
        return [path for path in PATHS if path != self.one.job.metrics_path] + others[:_SIBLING_PATHS]

    # -- what runs behind it ----------------------------------------------------------------------------------

    def case(self) -> Case:
        """The target by what runs behind it alone."""
        unit = self._unit()
        seen = Observations(unit=unit, last_words=self._last_words(unit))
        return Case(self.one.job, self.one.endpoint, self.one.error, self.context.runtime, seen)

    def _unit(self) -> FoundUnit | None:
        host = self.one.endpoint.address.rpartition(":")[0].strip("[]")
        source = self.one.job.service or self.one.job.component
        names = (source.name if source else "", host)
        units = self.around.units or {}
        return next((units[name] for name in names if name in units), None)

    def _last_words(self, unit: FoundUnit | None) -> tuple[str, ...]:
        if unit is None or (unit.state == "running" and "unhealthy" not in unit.detail):
            return ()
        return _tried(lambda: tuple(self.context.place.logs([unit.name], tail=_LAST_WORDS))) or ()


def own_addresses() -> list[str]:
    """The addresses of this machine but 127.0.0.1, as URLs have them."""
    import psutil

    found = [each for addresses in psutil.net_if_addrs().values() for each in addresses]
    version_4 = [each.address for each in found if each.family == socket.AF_INET and each.address != "127.0.0.1"]
    has_6 = any(each.family == socket.AF_INET6 and each.address == "::1" for each in found)
    return [*(["[::1]"] if has_6 else []), *version_4[:_OWN_ADDRESSES]]


def _is_other(answer: Probe) -> bool:
    """Return whether a good answer is something else than metrics."""
    return bool(answer.reply and answer.reply.status // 100 in (2, 3) and not _has_metrics(answer))


def _has_metrics(answer: Probe) -> bool:
    return bool(answer.reply and answer.reply.status == 200 and kind_of(answer.reply.body) == "metrics")


def _credentials(one: Failed) -> str:
    """The value of the Authorization header by which the manifest logs in, "" when it gives none."""
    known = one.job.service.scrape if one.job.service else {}
    if "password" in known.get("basic_auth", ()):
        pair = ":".join(_plain(known["basic_auth"].get(key)) for key in ("username", "password"))
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    block = known.get("authorization")
    token = _plain(block.get("credentials")) if block else ""
    return f"{block.get('type', 'Bearer')} {token}" if block and token else ""


def _plain(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value or "")


def _tried(ask: Callable[[], T]) -> T | None:
    """Return the result of `ask`, or None: a runtime that does not answer must not hide what else was found."""
    try:
        return ask()
    except StackctlError:
        return None

"""Prometheus' HTTP API, version 1, as far as stackctl asks it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from stackctl.bounds.json_text import loads
from stackctl.clients.exposition import Exposition
from stackctl.clients.http import UNSERVED, Answer, Http, NoAnswer, first_line

T = TypeVar("T")

# Names and values are asked for to find the nearest: as many as this are enough, however many there are.
LIMIT = 20_000
# So many combinations of values are few enough to look through.
FEW = 1_000
# Go writes up to nine digits of a second; Python reads six.
_TIMESTAMP = re.compile(r"([^.Z+]+)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)")
# What Prometheus writes in place of an annotation or a label whose template fails.
TEMPLATE_ERROR = "error expanding template"
# The label that tells which of many queries a series is the result of.
_NUMBER = "__n__"


Labels = Mapping[str, str]


@dataclass(frozen=True)
class ActiveTarget:
    """A target as Prometheus sees it.

    job          the scrape job that it belongs to, whatever relabelling has made of its `job` label
    labels       after relabelling: those that its series carry
    discovered   before relabelling
    last_scrape  Unix time, 0.0 when there was none yet
    interval     of its scrapes, and their `timeout`, as Prometheus writes durations; "" where it does not say them
    """

    job: str
    labels: Labels
    scrape_url: str
    health: str
    last_error: str
    last_scrape: float
    discovered: Labels
    interval: str = ""
    timeout: str = ""

    @property
    def instance(self) -> str:
        return self.labels.get("instance", "")

    @property
    def address(self) -> str:
        """The address as the configuration or the discovery gave it."""
        return self.discovered.get("__address__", "")


@dataclass(frozen=True)
class Dropped:
    """A target that relabelling has dropped: its job, and the labels that it had before."""

    job: str
    labels: Labels

    @property
    def address(self) -> str:
        return self.labels.get("__address__", "")


@dataclass(frozen=True)
class Described:
    """TYPE line of a metric, as a target serves it. In OpenMetrics `name` lacks `_total` and `_info`."""

    instance: str
    name: str
    kind: str


@dataclass(frozen=True)
class LoadedRule:
    """A rule as Prometheus has loaded it. `kind` is "alert" or "record"; `health` "ok", "err" or "unknown".

    `interval` is that of its group, `group_seconds` the time that its last evaluation took, `hold` its `for` and
    `keep_firing` its `keep_firing_for`, all in seconds; `position` is that in its group. `labels` and `annotations` are
    as written, with their templates.
    """

    kind: str
    name: str
    query: str
    group: str
    file: str
    health: str
    last_error: str
    last_evaluation: float
    interval: float = 0.0
    group_seconds: float = 0.0
    position: int = 0
    hold: float = 0.0
    keep_firing: float = 0.0
    labels: Labels = field(default_factory=dict)
    annotations: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class FiringAlert:
    """An alert that is active: its templates expanded, and the Unix time of the evaluation that made it active.

    `firing` is false while its `for` has not passed.
    """

    labels: Labels
    annotations: Labels
    since: float
    firing: bool


@dataclass(frozen=True)
class Series:
    """One result of a query over a time: (Unix time, value) in order; a value may be NaN or infinite."""

    labels: Labels
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class RuntimeInfo:
    """Times of Prometheus' start and last configuration reload (Unix time, its own clock), and the result.

    Others that answer its API, as Thanos Query, report no reload: it is then that of the start, without a result.
    """

    started: float
    configured: float
    reload_ok: bool | None
    retention: str


@dataclass(frozen=True)
class Store:
    """A store that Thanos Query asks: its address, and why it was not reached when it was last tried, "" if it was."""

    name: str
    error: str


@dataclass(frozen=True)
class Prometheus:
    """The client. Every method raises `NoAnswer` when the server gives none, or gives an error."""

    http: Http

    def ready(self) -> Answer:
        return self.http.ask("/-/ready")

    def reload(self) -> Answer:
        """Ask for a reload. 200 says that it was done; anything else leaves a mixed state inside Prometheus."""
        return self.http.ask("/-/reload", method="POST")

    def targets(self) -> tuple[ActiveTarget, ...]:
        return self._whole("/api/v1/targets", _targets, params={"state": "active"})

    def jobs(self) -> frozenset[str]:
        """The scrape jobs, those without a target too."""
        return self.http.json("/api/v1/scrape_pools", lambda answer: frozenset(answer["data"]["scrapePools"] or ()))

    def dropped(self) -> tuple[Dropped, ...]:
        """The targets that relabelling has dropped, as many as Prometheus keeps."""
        return self._whole("/api/v1/targets", _dropped, params={"state": "dropped"})

    def pools(self) -> frozenset[tuple[str, str]]:
        """(scrape job, address) of everything discovered, before relabelling, dropped or not."""
        return self._whole("/api/v1/targets", _pools)

    def described(self, target: str) -> tuple[Described, ...]:
        """The metrics that targets describe, of those whose labels fit the selector `target`."""
        params = {"match_target": target}
        return self.http.json("/api/v1/targets/metadata", _described, params=params)

    def announcing(self, metric: str) -> frozenset[str]:
        """The values of the label `job` of the targets that describe a metric."""
        params = {"metric": metric}
        return self.http.json("/api/v1/targets/metadata", _describing, params=params)

    def rules(self) -> tuple[LoadedRule, ...]:
        return self._whole("/api/v1/rules", _rules, params={"exclude_alerts": "true"})

    def firing(self) -> tuple[FiringAlert, ...]:
        """Every alert that fires."""
        return tuple(alert for alert in self.alerts() if alert.firing)

    def alerts(self) -> tuple[FiringAlert, ...]:
        """Every alert that fires, or will when its `for` has passed."""
        return self._whole("/api/v1/alerts", _alerts)

    def count(self, query: str) -> int:
        """Return the number of series in the result of an instant query."""
        return self.http.json("/api/v1/query", lambda answer: len(answer["data"]["result"]), params={"query": query})

    def counts(self, queries: Sequence[str]) -> list[int]:
        """Return the number of series in the result of each of `queries`, in one request: none may be a number."""
        return [int(found[0][1]) if found else 0 for found in self.each([counted(query) for query in queries])]

    def each(self, queries: Sequence[str]) -> list[list[tuple[Labels, float]]]:
        """The labels and the value of every series in the result of each of `queries`, asked in one request: none may
        be a number."""
        if not queries:
            return []
        numbered = (f'label_replace({query}, "{_NUMBER}", "{n}", "", "")' for n, query in enumerate(queries))
        found = self.http.json("/api/v1/query", _numbered, params={"query": " or ".join(numbered)})
        return [found.get(n, []) for n in range(len(queries))]

    def combinations(self, selector: str, labels: Sequence[str]) -> list[Labels] | None:
        """The values that the series of `selector` have in `labels` now, or None when they are many."""
        parameters = {"query": f"group by ({', '.join(labels)}) ({selector})", "limit": str(FEW)}
        found = self.http.json("/api/v1/query", _labels, params=parameters)
        return list(found) if len(found) < FEW else None

    def values(self, query: str, at: float = 0.0, limit: int = 0) -> tuple[tuple[Labels, float], ...]:
        """The labels and the value of every series that an instant query has as its result, or of the first `limit`.

        `at` is a Unix time in place of now.
        """
        optional = {"time": f"{at:.3f}" if at else "", "limit": str(limit) if limit else ""}
        parameters = {"query": query, **{name: value for name, value in optional.items() if value}}
        found = self.http.json("/api/v1/query", _values, params=parameters)
        return found[:limit] if limit else found

    def timestamps(self, selector: str, seconds: float) -> tuple[float, ...]:
        """The Unix times of the samples that one series of `selector` has up to `seconds` ago or ahead of now."""
        query = f"{selector}[{2 * seconds:.0f}s]"
        parameters = {"query": query, "limit": "1", "time": f"{time.time() + seconds:.3f}"}
        return self.http.json("/api/v1/query", _times, params=parameters)

    def up_by(self, label: str, *, of_each: bool) -> Mapping[str, int]:
        """The number of series `up` by the value of a label; of Thanos Query those `of_each` replica, or where it takes
        all replicas for one."""
        parameters = {"query": f"count by ({label}) (up)", "dedup": "false" if of_each else "true"}
        found = self.http.json("/api/v1/query", _values, params=parameters)
        return {labels.get(label, ""): int(value) for labels, value in found}

    def has_result(self, query: str) -> bool:
        """Return whether an instant query has a result. Of many series only one is asked for."""
        parameters = {"query": query, "limit": "1"}
        return self.http.json("/api/v1/query", lambda answer: len(answer["data"]["result"]) > 0, params=parameters)

    def query_warnings(self, query: str, at: float) -> tuple[str, ...]:
        """The warnings with which Prometheus answers an instant query at a Unix time."""
        parameters = {"query": query, "limit": "1", "time": f"{at:.3f}"}
        return self.http.json("/api/v1/query", lambda answer: tuple(answer.get("warnings") or ()), params=parameters)

    def had(self, selector: str, seconds: float) -> bool:
        """Return whether there was any series of `selector` within the last `seconds`."""
        return self.has_result(f"count(last_over_time({selector}[{seconds * 1000:.0f}ms]))")

    def over(self, query: str, start: float, end: float, step: float, limit: int) -> tuple[Series, ...]:
        """Up to `limit` series of a query from `start` to `end` (Unix time), with a point every `step` seconds."""
        times = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
        parameters = {"query": query, **times, "limit": str(limit)}
        return self.http.json("/api/v1/query_range", _series, params=parameters)[:limit]

    def clock(self, seconds: int) -> tuple[float, float]:
        """The Unix time that it is by Prometheus' own clock, and that of the first scrape in the last `seconds`."""
        query = f"min(min_over_time(timestamp(up)[{seconds}s:5s])) or vector(time())"
        return self.http.json("/api/v1/query", _clock, params={"query": query})

    def own_metrics(self) -> Exposition:
        """The metrics that it serves of itself, read directly, so that they are those of now."""
        answer = self.http.ask("/metrics")
        if not answer.ok:
            raise self.http.refused("/metrics", answer)
        return Exposition(answer.text)

    def newest_sample(self) -> float:
        """The Unix time of the newest sample of any scrape, 0.0 when there is none."""
        query = "max(timestamp(up)) or vector(0)"
        return self.http.json("/api/v1/query", _value, params={"query": query})

    def names(self) -> tuple[str, ...]:
        """The names of all series, those that are no longer served too."""
        return self.label_values("__name__")

    def kinds(self) -> Mapping[str, str]:
        """Metric -> the type that a target announces for it. In OpenMetrics a name lacks `_total` and `_info`."""
        return self.http.json("/api/v1/metadata", _kinds, params={"limit_per_metric": "1"})

    def label_names(self, selector: str = "") -> tuple[str, ...]:
        """The labels of the series that `selector` selects, or of all."""
        parameters = {"limit": str(LIMIT), **({"match[]": selector} if selector else {})}
        return self.http.json("/api/v1/labels", lambda answer: tuple(answer["data"]), params=parameters)

    def label_values(self, label: str, selector: str = "") -> tuple[str, ...]:
        """The values that `label` has among the series that `selector` selects, or among all."""
        parameters = {"limit": str(LIMIT), **({"match[]": selector} if selector else {})}
        path = f"/api/v1/label/{label}/values"
        return self.http.json(path, lambda answer: tuple(answer["data"]), params=parameters)

    def config(self) -> str:
        """The loaded configuration as YAML, defaults filled in and secrets hidden."""
        return self.http.json("/api/v1/status/config", lambda answer: str(answer["data"]["yaml"]))

    def runtime_info(self) -> RuntimeInfo:
        return self.http.json("/api/v1/status/runtimeinfo", _runtime_info)

    def resend_delay(self) -> str:
        """The duration after which Prometheus sends an alert again, by its flag."""
        return self.http.json("/api/v1/status/flags", lambda answer: str(answer["data"]["rules.alert.resend-delay"]))

    def version(self) -> str:
        return self.http.json("/api/v1/status/buildinfo", lambda answer: str(answer["data"]["version"]))

    def snapshot(self) -> str:
        """Make a consistent copy of all samples, and return the name of its folder in the data's `snapshots`."""
        return self.http.json("/api/v1/admin/tsdb/snapshot", lambda answer: str(answer["data"]["name"]), body={})

    def alertmanagers(self) -> tuple[str, ...]:
        """The API addresses of the Alertmanagers that alerts are sent to."""
        return self.http.json("/api/v1/alertmanagers", _alertmanagers)

    def stores(self) -> tuple[Store, ...] | None:
        """The stores that Thanos Query asks; None of any other server. One that does not answer may be a Query."""
        path = "/api/v1/stores"
        answer = self.http.ask(path)
        if answer.status >= 500 and answer.status not in UNSERVED:
            raise self.http.refused(path, answer)
        if not answer.ok:
            return None
        try:
            return _stores(loads(answer.text))
        except (LookupError, TypeError, ValueError, AttributeError):
            return None

    def _whole(self, path: str, parse: Callable[[Any], T], params: Mapping[str, str] | None = None) -> T:
        """Return what `parse` makes of an answer. One in part is none: Thanos Query leaves out what a store does not
        tell, and warns of it. Prometheus never warns there."""

        def parsed(answer: Any) -> T:
            if isinstance(answer, Mapping) and (warnings := answer.get("warnings")):
                cause = first_line(str(warnings[0]))
                raise NoAnswer.of("server.no-answer", f"{self.http.base}{path} is answered in part: {cause}")
            return parse(answer)

        return self.http.json(path, parsed, params=params)


def _targets(answer: Any) -> tuple[ActiveTarget, ...]:
    return tuple(
        ActiveTarget(
            job=target.get("scrapePool") or target["labels"].get("job", ""),
            labels=target["labels"],
            scrape_url=target["scrapeUrl"],
            health=target["health"],
            last_error=target["lastError"],
            last_scrape=timestamp(target["lastScrape"]),
            discovered=target["discoveredLabels"],
            interval=target.get("scrapeInterval", ""),
            timeout=target.get("scrapeTimeout", ""),
        )
        for target in answer["data"]["activeTargets"]
    )


def _dropped(answer: Any) -> tuple[Dropped, ...]:
    found = ((target, target["discoveredLabels"]) for target in answer["data"]["droppedTargets"])
    return tuple(Dropped(target.get("scrapePool") or labels["job"], labels) for target, labels in found)


def _pools(answer: Any) -> frozenset[tuple[str, str]]:
    found = [*answer["data"]["activeTargets"], *answer["data"]["droppedTargets"]]
    both = [(target, target["discoveredLabels"]) for target in found]
    return frozenset((each.get("scrapePool") or labels["job"], labels["__address__"]) for each, labels in both)


def _described(answer: Any) -> tuple[Described, ...]:
    return tuple(Described(each["target"].get("instance", ""), each["metric"], each["type"]) for each in answer["data"])


def _describing(answer: Any) -> frozenset[str]:
    return frozenset(each["target"].get("job", "") for each in answer["data"])


def _labels(answer: Any) -> tuple[Labels, ...]:
    return tuple(dict(each["metric"]) for each in answer["data"]["result"])


def _series(answer: Any) -> tuple[Series, ...]:
    return tuple(
        Series(each["metric"], tuple((float(time), float(value)) for time, value in each["values"]))
        for each in answer["data"]["result"]
    )


def _values(answer: Any) -> tuple[tuple[Labels, float], ...]:
    return tuple((each["metric"], float(each["value"][1])) for each in answer["data"]["result"])


def _numbered(answer: Any) -> dict[int, list[tuple[Labels, float]]]:
    results: dict[int, list[tuple[Labels, float]]] = {}
    for labels, value in _values(answer):
        own = {name: text for name, text in labels.items() if name != _NUMBER}
        results.setdefault(int(labels[_NUMBER]), []).append((own, value))
    return results


def _times(answer: Any) -> tuple[float, ...]:
    return tuple(float(time) for each in answer["data"]["result"][:1] for time, _ in each["values"])


def _value(answer: Any) -> float:
    return float(answer["data"]["result"][0]["value"][1])


def _clock(answer: Any) -> tuple[float, float]:
    now, first = answer["data"]["result"][0]["value"]
    return float(now), float(first)


def _kinds(answer: Any) -> dict[str, str]:
    return {name: str(known[0]["type"]) for name, known in answer["data"].items() if known}


def _alerts(answer: Any) -> tuple[FiringAlert, ...]:
    return tuple(
        FiringAlert(
            each["labels"], each.get("annotations") or {}, timestamp(each["activeAt"]), each["state"] == "firing"
        )
        for each in answer["data"]["alerts"] or ()  # Thanos has null for none
    )


def _rules(answer: Any) -> tuple[LoadedRule, ...]:
    return tuple(
        LoadedRule(
            kind="alert" if rule["type"] == "alerting" else "record",
            name=rule["name"],
            query=rule["query"],
            group=group["name"],
            file=group["file"],
            health=rule["health"],
            last_error=rule.get("lastError", ""),
            last_evaluation=timestamp(rule["lastEvaluation"]),
            interval=float(group.get("interval", 0.0)),
            group_seconds=float(group.get("evaluationTime", 0.0)),
            position=position,
            hold=float(rule.get("duration", 0.0)),
            keep_firing=float(rule.get("keepFiringFor", 0.0)),
            labels=rule.get("labels") or {},
            annotations=rule.get("annotations") or {},
        )
        for group in answer["data"]["groups"]
        for position, rule in enumerate(group["rules"])
    )


def _runtime_info(answer: Any) -> RuntimeInfo:
    data = answer["data"]
    return RuntimeInfo(
        started=timestamp(data["startTime"]),
        configured=timestamp(data.get("lastConfigTime", data["startTime"])),
        reload_ok=data.get("reloadConfigSuccess"),
        retention=data.get("storageRetention", ""),
    )


def _alertmanagers(answer: Any) -> tuple[str, ...]:
    return tuple(entry["url"] for entry in answer["data"]["activeAlertmanagers"])


def _stores(answer: Any) -> tuple[Store, ...]:
    data = answer["data"]
    if not isinstance(data, Mapping):
        raise ValueError("not stores by their kinds")
    found = (each for some in data.values() for each in some)
    return tuple(
        Store(str(each["name"]), first_line(str(error)) if (error := each.get("lastError")) else "") for each in found
    )


def counted(query: str) -> str:
    """The query that counts the series of `query`, which may end with a comment."""
    return f"count({query}\n)"


def timestamp(text: str) -> float:
    """Unix time of a timestamp as Go writes it, to the microsecond. Go's zero time, which means "never", is 0.0."""
    if not text or text.startswith("0001-"):
        return 0.0
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(f"not a timestamp: {text!r}")
    base, fraction, zone = match.groups()
    return datetime.fromisoformat(f"{base}.{fraction or '':0<6}{zone.replace('Z', '+00:00')}").timestamp()

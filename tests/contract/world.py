"""A stack of pretended servers on real sockets, all well at first, and the moves that make one thing wrong."""

from __future__ import annotations

import copy
import errno
import hashlib
import json
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

import promql_parser as p
import yaml

from stackctl import scrape
from stackctl.access import Access
from stackctl.checks import registry
from stackctl.clients.http import Answer, NoAnswer
from stackctl.clients.probe import Dial
from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.promql.selectors import Selector, read
from stackctl.render import render
from stackctl.runtimes.registry import facts
from stackctl.source import Secret
from stackctl.verification.context import Context
from stackctl.wait import Clock
from tests.contract.serving import Asked, Posted, Reply, Server, serve

COMPONENTS = ("prometheus", "alertmanager", "grafana", "pushgateway", "blackbox", "redis")
RULES = """\
groups:
  - name: g
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: page}}
      - {alert: Down, expr: up < 1, labels: {severity: warn}}
      - {record: "job:up:sum", expr: sum by (job) (up)}
"""
# What the service's contract looks like in a scrape: OpenMetrics keeps `_total` and `_info` out of the TYPE line.
DESCRIBED = {
    "shop_orders": "counter",
    "shop_wait_seconds": "histogram",
    "shop_build": "info",
    "shop_mode": "stateset",
    "shop_basket_bytes": "summary",
    "shop_fill_ratio": "gauge",
}
SERIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("shop_orders_total", {"result": "ok", "shop": "a"}),
    ("shop_orders_total", {"result": "failed", "shop": "b"}),
    ("shop_wait_seconds_bucket", {"le": "0.5"}),
    ("shop_wait_seconds_bucket", {"le": "1.0"}),
    ("shop_wait_seconds_bucket", {"le": "+Inf"}),
    ("shop_wait_seconds_sum", {}),
    ("shop_wait_seconds_count", {}),
    ("shop_build_info", {"version": "1.0"}),
    ("shop_mode", {"shop_mode": "open"}),
    ("shop_mode", {"shop_mode": "closed"}),
    ("shop_basket_bytes", {"quantile": "0.5"}),
    ("shop_basket_bytes_sum", {}),
    ("shop_basket_bytes_count", {}),
    ("shop_fill_ratio", {}),
    ("up", {}),
)
DASHBOARD = {
    "title": "Shop",
    "uid": "shop",
    "templating": {"list": [{"name": "shop", "type": "query", "query": "label_values(shop_orders_total, shop)"}]},
    "panels": [{"title": "Orders", "targets": [{"expr": "sum by (result) (rate(shop_orders_total[5m]))"}]}],
}
MANIFEST = """\
version: 1
name: pretended
prometheus: {{listen: 127.0.0.1:{prometheus}, remote_write: [{{url: "http://store.test/write"}}]}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers: {{oncall: {{webhook: {{url: "http://127.0.0.1:1/"}}}}}}
grafana: {{listen: 127.0.0.1:{grafana}, admin: {{password: right}}, alerting: [alerting.yml]}}
pushgateway: {{listen: 127.0.0.1:{pushgateway}}}
exporters:
  blackbox: {{listen: 127.0.0.1:{blackbox}, probes: {{home: {{url: "http://example.test/"}}}}}}
  redis: {{listen: 127.0.0.1:{redis}, address: "localhost:6379"}}
services:
  api:
    targets: ["localhost:8000"]
    health: {{live: /live, ready: /ready}}
    labels: {{team: core}}
    metrics:
      shop_orders_total: {{type: counter, labels: {{result: [ok, failed], shop: }}}}
      shop_wait_seconds: {{type: histogram, buckets: [0.5, 1]}}
      shop_build_info: {{type: info, labels: [version]}}
      shop_mode: {{type: stateset, states: [open, closed]}}
      shop_basket_bytes: {{type: summary, quantiles: [0.5]}}
      shop_fill_ratio: gauge
  found:
    discovery: {{dns_sd_configs: [{{names: [x.test], type: A, port: 1}}]}}
containers: {{store: {{image: "example/store:1"}}}}
rules: [{{file: r.yml}}]
dashboards: [{{file: d.json}}]
"""


NOTIFIED = """\
alertmanager_notification_requests_total{integration="webhook"} 5
alertmanager_notification_requests_failed_total{integration="webhook"} 0
"""
ALERTING = """\
apiVersion: 1
groups:
  - name: shop
    folder: Shop
    interval: 10s
    rules:
      - uid: low
        title: Low
        condition: B
        for: 1m
        data:
          - refId: A
            datasourceUid: prometheus
            relativeTimeRange: {from: 60, to: 0}
            model: {expr: shop_fill_ratio}
          - {refId: B, datasourceUid: __expr__, model: {type: math, expression: "$A < 1"}}
contactPoints:
  - name: ops
    receivers: [{uid: ops-mail, type: email, settings: {addresses: ops@example.org}}]
policies: [{receiver: ops}]
"""
# The same as Grafana has loaded it, and as it reports its evaluation.
ALERT_RULE = {
    "uid": "low",
    "title": "Low",
    "ruleGroup": "shop",
    "condition": "B",
    "for": "1m",
    "noDataState": "NoData",
    "isPaused": False,
    "data": [{"refId": "A", "model": {"expr": "shop_fill_ratio"}}, {"refId": "B", "model": {"type": "math"}}],
}
EVALUATED = {"name": "Low", "state": "inactive", "health": "ok", "lastEvaluation": "1970-01-01T00:30:00Z"}
ALERTMANAGER = "alertmanager/alertmanager.yml"
LABELS = ("__name__", "job", "instance", "team", "result", "shop", "le")


@contextmanager
def closed(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    """Nothing listens anywhere."""
    raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
    yield


@contextmanager
def opened(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    with socket.create_connection((host, port), seconds) as connection:
        yield connection


@dataclass(frozen=True)
class Unit:
    """Something that the stack runs."""

    name: str
    state: str
    detail: str = ""
    health: str = ""


@dataclass(frozen=True)
class Peer:
    names: tuple[str, ...]
    networks: tuple[str, ...] = ("shop_default",)
    near: bool = True


@dataclass
class Around:
    """Where Prometheus is pretended to run: how it connects, what else runs there, and what that logs."""

    dial: Dial = closed
    units: tuple[Unit, ...] = ()
    beside: tuple[Peer, ...] = ()
    lines: tuple[str, ...] = ()

    def observe(self) -> tuple[Unit, ...]:
        return self.units

    def peers(self) -> tuple[Peer, ...]:
        return self.beside

    def in_shell(self, unit: Unit, arguments: Sequence[str], file: str) -> str:
        return f"{' '.join(arguments)} < {file}"

    def logs(self, units: list[str], *, tail: int | None = None) -> Iterator[str]:
        assert units
        assert tail
        return iter(self.lines[-tail:])


@dataclass
class World:
    """The pretended servers, what they report, and the context that the checks get."""

    servers: dict[str, Server]
    context: Context
    time: float = 1000.0
    targets: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    described: dict[str, str] = field(default_factory=dict)
    series: list[dict[str, str]] = field(default_factory=list)
    added: dict[str, str] = field(default_factory=lambda: {"job": "api", "instance": "localhost:8000", "team": "core"})
    interval: float = 15.0
    group_seconds: float = 0.01
    alerts: list[dict[str, Any]] = field(default_factory=list)
    samples: dict[tuple[str, str], int] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    history: dict[str, int] = field(default_factory=dict)
    reached: set[str] = field(default_factory=lambda: {"redis_up", "probe_success"})
    empty: set[str] = field(default_factory=set)
    refused: dict[str, Reply] = field(default_factory=dict)
    scrapes: Callable[[], int] = field(default_factory=lambda: count().__next__)
    stored: Callable[[], int] = field(default_factory=lambda: count().__next__)
    writes: Callable[[], int] = field(default_factory=lambda: count().__next__)
    evaluations: Callable[[], int] = field(default_factory=lambda: count().__next__)
    stored_series: int = 10
    written: dict[str, dict[tuple[tuple[str, str], ...], float]] = field(default_factory=dict)
    refuses_written: bool = False
    scrape_times: dict[str, float] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)
    now: float = 10_000.0
    gone: list[tuple[dict[str, str], float]] = field(default_factory=list)
    starts: dict[str, float] = field(default_factory=dict)
    says_down: set[str] = field(default_factory=set)
    former: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    scraped_once: Callable[[], bool] = lambda: False

    def findings(self, *only: str) -> list[Diagnostic]:
        return registry.run(self.context, only)

    def only(self, id: str, subject: str = "") -> Diagnostic:
        """The one finding of a check about a subject that is named so, or contains it."""
        (found,) = [f for f in self.findings(id) if f.code == id and subject in f.subject]
        return found

    def configure(self, **sections: Any) -> None:
        """Let the rendered prometheus.yml have these sections in place of its own."""
        name = "prometheus/prometheus.yml"
        files = {**self.context.tree.files}
        content = yaml.safe_dump({**self.context.tree.yaml(name), **sections}).encode()
        files[name] = replace(files[name], content=content)
        self.change(tree=replace(self.context.tree, files=files))

    def change(self, **fields: Any) -> None:
        self.context = replace(self.context, **fields)

    def promise(self, metric: str, **fields: Any) -> None:
        """Let the contract say something else of one of its metrics."""
        jobs = []
        for job in self.context.jobs:
            contract = job.service.contract if job.service else None
            if job.service and contract:
                metrics = tuple(replace(m, **fields) if m.name == metric else m for m in contract.metrics)
                service = replace(job.service, contract=replace(contract, metrics=metrics))
                job = replace(job, service=service)
            jobs.append(job)
        self.change(jobs=tuple(jobs))

    def redeclare(self, name: str, **fields: Any) -> None:
        """Let a service be declared otherwise; what its job takes from it changes as well."""
        jobs = []
        for job in self.context.jobs:
            if job.service and job.name == name:
                service = replace(job.service, **fields)
                job = replace(job, service=service, metrics_path=service.metrics_path)
            jobs.append(job)
        self.change(jobs=tuple(jobs))

    def stop(self, name: str) -> None:
        """Nothing answers there any more."""
        self.servers[name].routes = {}
        listen = replace(getattr(self.context.stack, name).listen, port=1)
        component = replace(getattr(self.context.stack, name), listen=listen)
        self.change(stack=replace(self.context.stack, **{name: component}))
        if name == "prometheus":
            self.change(server=Access(listen.url))

    def target(self, job: str) -> dict[str, Any]:
        (found,) = [target for target in self.targets if target["scrapePool"] == job]
        return found

    def label_series(self, **labels: str) -> None:
        """Let the series of the service carry other labels of its target; "" takes one away."""
        self.added = {name: value for name, value in {**self.added, **labels}.items() if value}

    def report_own_metrics(self) -> str:
        """What Prometheus serves of itself: more has been written elsewhere each time."""
        block = 'remote_name="99d0c9",url="http://store.test/write"'
        sent = f"prometheus_remote_storage_queue_highest_sent_timestamp_seconds{{{block}}} {self.time + self.writes()}"
        return f"prometheus_remote_storage_shards{{{block}}} 1\n{sent}\n"

    def report_targets(self) -> dict[str, Any]:
        """The targets, each scraped once more since it was asked last, but for those with a time of their own."""
        now = stamp(self.time + self.scrapes())
        found = [{"lastScrape": now, **target} for target in self.targets]
        return success({"activeTargets": found, "droppedTargets": self.dropped})

    def report_jobs(self) -> dict[str, Any]:
        return success({"scrapePools": sorted({target["scrapePool"] for target in self.targets})})

    def report_described(self) -> dict[str, Any]:
        """The TYPE lines of the service's targets."""
        return success(
            [
                {"target": each["labels"], "metric": name, "type": kind}
                for each in self.targets
                if each["scrapePool"] == "api"
                for name, kind in self.described.items()
            ]
        )

    def report_query(self, query: str) -> Any:
        """The series of the service; or that what an exporter or a probe reaches answers, by the scrape asked for."""
        text = query.removeprefix("query=").partition("&limit=")[0]
        if text == "max(timestamp(up)) or vector(0)":
            return success({"result": [{"metric": {}, "value": [1, str(self.time + self.stored())]}]})
        if text.startswith("count(up{"):  # the targets that are up, and have not been so for two scrapes
            return success({"result": [{}] if self.scraped_once() else []})
        if text == "vector(time())":
            return success({"result": [{"metric": {}, "value": [1, str(self.now)]}]})
        if text.startswith("max(process_start_time_seconds{"):
            starts = [self.starts[each] for each in self.starts if f'job="{each}"' in text]
            return success({"result": [{"metric": {}, "value": [1, str(start)]} for start in starts]})
        if text.startswith("timestamp(up) < "):
            found = [each for each in self.series if each["__name__"] == "up" and each.get("job") in self.former]
            return success({"result": [{"metric": each, "value": [1, "900"]} for each in found]})
        if text.startswith("group by (job) (up)&time="):
            there = {each.get("job", "") for each in self._of(Selector("up"))}
            return success({"result": [{"metric": {"job": job}, "value": [1, "1"]} for job in sorted(there)]})
        if text.startswith(("group by (job) (last_over_time({", "group by (job) (last_over_time(up{")):
            ended = self.former | (self.ended if "(up{" not in text else set())
            coming = {each["job"] for each in self._of(read(text).selectors[0]) if each["job"] not in ended}
            return success({"result": [{"metric": {"job": job}, "value": [1, "1"]} for job in sorted(coming)]})
        if text.rstrip(")").endswith("ms]") and text.startswith(("group by (job", "count(last")):
            found = self.gone_since(text)
            return success({"result": [{"metric": each, "value": [1, "1"]} for each in found]})
        if text == "up != 1":
            found = [each["labels"] for each in self.targets if each["scrapePool"] in self.says_down]
            return success({"result": [{"metric": {"__name__": "up", **each}, "value": [1, "0"]} for each in found]})
        if text.startswith("resets("):
            found = [each["labels"] for each in self.targets if each["scrapePool"] in self.several]
            asked = [labels for labels in found if all(each.accepts(labels) for each in read(text).selectors)]
            return success({"result": [{"metric": labels, "value": [1, "5"]} for labels in asked]})
        if text == "timestamp(up)":
            found = [(each["labels"], self.scrape_time(each["scrapePool"])) for each in self.targets]
            return success({"result": [{"metric": labels, "value": [1, str(at)]} for labels, at in found]})
        if times := [float(at) for at in re.findall(r"@ ([\d.]+)", text)]:
            return self.report_written(text, times)
        if text.startswith("scrape_samples_"):
            found = [(each["labels"], self.samples.get((text, each["scrapePool"]), 5)) for each in self.targets]
            return success({"result": [{"metric": labels, "value": [1, str(count)]} for labels, count in found]})
        if text.startswith("count by (job, instance) (last_over_time("):
            fresh = [each["labels"] for each in self.targets if each["labels"].get("instance") not in self.stale]
            return success({"result": [{"metric": labels, "value": [1, "1"]} for labels in fresh]})
        if text.startswith("count({job="):
            return success({"result": [{"metric": {}, "value": [1, str(self.stored_series)]}]})
        if text.endswith("[1200s]"):
            times = [[at, "1"] for at in range(self.history["up" if text.startswith("up{") else ""])]
            return success({"result": [{"metric": {}, "values": times}] if times else []})
        if text.startswith(("label_replace(", "group by (", "count by (", "{")):
            refused = [reply for expr, reply in self.refused.items() if expr in text]
            if refused:
                return refused[0]
            found = [{"metric": labels, "value": [1, str(value)]} for labels, value in self.evaluate(p.parse(text))]
            return success({"result": found})
        if "timestamp(" not in query:
            expr = uncounted(text)
            return self.refused.get(expr) or success({"result": [{}] if self.finds(expr) else []})
        name = query.removeprefix("query=(").partition("{")[0]
        return success({"result": [{"metric": {}, "value": [1, "1"]}] if name in self.reached else []})

    def scrape_time(self, pool: str) -> float:
        """The time of the last scrape of a job."""
        return self.scrape_times.get(pool) or 1000.5 + sorted({each["scrapePool"] for each in self.targets}).index(pool)

    def report_written(self, query: str, times: list[float]) -> Any:
        """The places of the series that one scrape wrote, or the series that two wrote with different values."""
        if self.refuses_written:
            return Reply({"status": "error", "errorType": "bad_data", "error": "no @"}, 400)
        found = [self.written.get(pool, {}) for at in times for pool in self.written if self.scrape_time(pool) == at]
        if query.startswith("count by"):
            places = {(dict(key).get("job", ""), dict(key).get("instance", "")) for series in found for key in series}
            return success(
                {"result": [{"metric": {"job": job, "instance": at}, "value": [1, "1"]} for job, at in sorted(places)]}
            )
        if len(found) < len(times):
            return success({"result": []})
        one, *_, other = found
        shared = [dict(key) for key, value in one.items() if key in other and other[key] != value]
        named = [{{"__name__": "__name"}.get(name, name): text for name, text in each.items()} for each in shared]
        return success({"result": [{"metric": each, "value": [1, "1"]} for each in named]})

    def gone_since(self, query: str) -> list[dict[str, str]]:
        """The series of a query over a window that are gone, and were there in it."""
        (selector,) = read(query).selectors
        there = [labels for labels, last in self.gone if last > self.now - selector.window]
        return [each for each in there if selector.name == each["__name__"] and selector.accepts(each)]

    def report_panels(self, body: Any) -> Any:
        """What Grafana makes of queries, in the form of its documentation: an error comes with status 400."""
        results: dict[str, Any] = {}
        for query in body["queries"]:
            assert query["datasource"]["uid"] == "prometheus"
            expr = uncounted(query["expr"])
            refused = self.refused.get(expr)
            values = [[1000], [1]] if self.finds(expr) else []
            frames = [{"schema": {"refId": query["refId"]}, "data": {"values": values}}]
            words = {"error": refused.body["error"], "status": 400} if refused else {"status": 200, "frames": frames}
            results[query["refId"]] = words
        return Reply({"results": results}, 400 if any("error" in each for each in results.values()) else 200)

    def finds(self, expr: str) -> bool:
        """Whether an expression has a result: when every selector in it has series."""
        asked = read(expr)
        found = asked.fallback or all(any(self._of(each)) for each in asked.selectors)
        return found and p.parse(expr).prettify() not in {p.parse(each).prettify() for each in self.empty}

    def _of(self, selector: Selector) -> Iterator[dict[str, str]]:
        """The series of a selector."""
        for labels in ({**self.added, **labels} for labels in self.series):
            conditions = all(each.accepts(labels.get(each.label, "")) for each in selector.conditions)
            if selector.name in ("", labels["__name__"]) and conditions:
                yield labels

    def evaluate(self, node: Any) -> list[tuple[dict[str, str], int]]:
        """The result of what is made of selectors, counts and groups. Each series has the value 1."""
        if isinstance(node, p.ParenExpr):
            return self.evaluate(node.expr)
        if isinstance(node, p.BinaryExpr):  # `or` of what is numbered, or what exporters say of failures: nothing
            return [*self.evaluate(node.lhs), *self.evaluate(node.rhs)] if str(node.op) == "or" else []
        if isinstance(node, p.Call) and node.func.name == "label_replace":
            label, value = node.args[1].val, node.args[2].val
            return [({**labels, label: value}, found) for labels, found in self.evaluate(node.args[0])]
        if isinstance(node, p.AggregateExpr):
            return self._aggregate(node)
        selector = read(str(node.prettify())).selectors[0]
        return [(labels, 1) for labels in self._of(selector)]

    def _aggregate(self, node: Any) -> list[tuple[dict[str, str], int]]:
        if str(node.op) == "count" and not node.modifier and not isinstance(node.expr, p.VectorSelector):
            return [({}, 1)] if self.finds(node.expr.prettify()) else []
        groups: dict[tuple[tuple[str, str], ...], list[tuple[dict[str, str], int]]] = {}
        by, named = node.modifier is None or node.modifier.type == p.AggModifierType.By, _named(node)
        for labels, value in self.evaluate(node.expr):
            kept = {name: text for name, text in labels.items() if (name in named) == by and (by or name != "__name__")}
            groups.setdefault(tuple(sorted(kept.items())), []).append((labels, value))
        if str(node.op) == "topk":
            return [each for group in groups.values() for each in group[: int(node.param.val)]]
        return [(dict(key), len(group) if str(node.op) == "count" else 1) for key, group in groups.items()]

    def report_alerts(self) -> dict[str, Any]:
        return success({"alerts": [{"activeAt": stamp(self.time), "state": "firing", **each} for each in self.alerts]})

    def report_arrived(self) -> list[dict[str, Any]]:
        """The alerts of Alertmanager: those that fire, but for the lost ones, with Prometheus' external labels."""
        arrived = [each for each in self.alerts if each["labels"]["alertname"] not in self.lost]
        nothing = {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []}
        known = {"receivers": [], "updatedAt": stamp(self.time), "status": nothing}
        return [{"labels": {**each["labels"], "site": "test"}, **known} for each in arrived]

    def report_labels(self, query: str) -> dict[str, Any]:
        return success(sorted({name for labels in self._matched(query) for name in labels}))

    def report_values(self, label: str) -> Asked:
        return Asked(lambda query: success(sorted({each[label] for each in self._matched(query) if label in each})))

    def _matched(self, query: str) -> list[dict[str, str]]:
        selector = query.partition("match[]=")[2]
        return list(self._of(read(selector).selectors[0] if selector else Selector("")))

    def report_kinds(self) -> dict[str, Any]:
        return success({name: [{"type": kind, "help": "", "unit": ""}] for name, kind in self.described.items()})

    def report_rules(self) -> dict[str, Any]:
        """The rules, each evaluated once more since it was asked last, but for those with a time of their own."""
        now = stamp(2000 + self.evaluations())
        rules = [{"lastEvaluation": now, **rule} for rule in self.rules]
        group = {"name": "g", "file": "/any/where/prometheus/rules/r.yml", "interval": self.interval, "rules": rules}
        group["evaluationTime"] = self.group_seconds
        return success({"groups": [group]})


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A stack in which everything is as the manifest says."""
    with ExitStack() as running:
        servers = {name: running.enter_context(serve()) for name in COMPONENTS}
        (folder / "r.yml").write_text(RULES)
        (folder / "alerting.yml").write_text(ALERTING)
        (folder / "d.json").write_text(json.dumps(DASHBOARD))
        (folder / "stack.yml").write_text(MANIFEST.format(**{name: server.port for name, server in servers.items()}))
        made = World(servers, context_of(folder / "stack.yml"))
        made.targets += [
            target(job.name, each.instance, each.address, job.metrics_path)
            for job in made.context.jobs
            for each in job.endpoints
        ]
        made.target("api")["labels"]["team"] = "core"
        made.targets.append(target("found", "10.0.0.1:1"))
        made.described |= DESCRIBED
        made.series += [{"__name__": name, **labels} for name, labels in SERIES]
        made.rules += [
            rule(each.kind, each.name, each.expr, dict(each.labels))
            for file in made.context.stack.rules
            for each in file.rules
        ]
        _answer(made)
        yield made


def context_of(manifest: Path) -> Context:
    stack = load(manifest, {})
    slept = [0.0]  # a clock that needs no time: a second passes between two looks

    def sleep(_: float) -> None:
        slept[0] += 1

    return Context(
        stack=stack,
        runtime=facts("native"),
        tree=render(stack, "native"),
        jobs=scrape.rendered_jobs(stack, facts("native"), render(stack, "native")),
        skipped={},
        current="aaa",
        declared="aaa",
        seconds=20,
        server=Access(stack.prometheus.listen.url),
        fetch=lambda url: Answer(200, "", "fine"),
        place=Around(units=(Unit("store", "running"),)),
        dial=closed,
        grafana_password=Secret("right"),
        clock=Clock(lambda: slept[0], sleep),
    )


def target(job: str, instance: str, address: str = "", path: str = "/metrics") -> dict[str, Any]:
    url = f"http://{address or instance}{path}"
    discovered = {"__address__": address or instance, "job": job}
    labels = {"job": job, "instance": instance}
    state = {"scrapeUrl": url, "health": "up", "lastError": ""}
    return {"labels": labels, "scrapePool": job, "discoveredLabels": discovered, **state}


def rule(kind: str, name: str, query: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
    type_ = "alerting" if kind == "alert" else "recording"
    return {"type": type_, "name": name, "query": query, "health": "ok", "labels": labels or {}}


def uncounted(query: str) -> str:
    """What a query counts the series of, or itself."""
    return query.removeprefix("count(")[:-1].rstrip() if query.startswith("count(") else query


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")


def success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def _named(node: Any) -> tuple[str, ...]:
    return tuple(node.modifier.labels) if node.modifier else ()


def loaded_hash(made: World) -> int:
    content = made.context.tree.files[ALERTMANAGER].content
    return int.from_bytes(hashlib.md5(content, usedforsecurity=False).digest()[:6], "little")


def no_answer(url: str) -> Answer:
    raise NoAnswer.of("server.no-answer", f"{url} does not answer: connection refused")


def _answer(made: World) -> None:
    """Give every server what it answers when all is well, in the form of its documentation."""
    address = made.servers["alertmanager"].url
    config = made.context.tree.files["prometheus/prometheus.yml"].content.decode()
    info = {
        "startTime": stamp(900),
        "lastConfigTime": stamp(950),
        "reloadConfigSuccess": True,
        "storageRetention": "15d",
    }
    health = {"status": "OK", "message": "Successfully queried the Prometheus API."}
    routes = {
        "prometheus": {
            "/-/ready": "Prometheus Server is Ready.",
            "/metrics": made.report_own_metrics,
            "/api/v1/status/runtimeinfo": success(info),
            "/api/v1/status/config": success({"yaml": config}),
            "/api/v1/targets": made.report_targets,
            "/api/v1/rules": made.report_rules,
            "/api/v1/scrape_pools": made.report_jobs,
            "/api/v1/alerts": made.report_alerts,
            "/api/v1/query_range": Asked(lambda _: success({"result": []})),
            "/api/v1/targets/metadata": made.report_described,
            "/api/v1/query": Asked(made.report_query),
            "/api/v1/metadata": made.report_kinds,
            "/api/v1/labels": Asked(made.report_labels),
            **{f"/api/v1/label/{label}/values": made.report_values(label) for label in LABELS},
            "/api/v1/alertmanagers": success({"activeAlertmanagers": [{"url": f"{address}/api/v2/alerts"}]}),
        },
        "alertmanager": {
            "/-/ready": "OK",
            "/metrics": f"alertmanager_config_hash {loaded_hash(made)}\n{NOTIFIED}",
            "/api/v2/status": {
                "config": {"original": made.context.tree.files[ALERTMANAGER].content.decode()},
                "uptime": stamp(900),
            },
            "/api/v2/receivers": [{"name": "oncall"}],
            "/api/v2/alerts/groups": [],
            "/api/v2/alerts": made.report_arrived,
        },
        "grafana": {
            "/api/health": '{\n  "commit": "abc",\n  "database": "ok",\n  "version": "12.1.1"\n}',
            "/api/user": {"id": 1, "login": "admin", "isGrafanaAdmin": True},
            "/api/datasources/uid/prometheus": {"uid": "prometheus", "type": "prometheus", "url": "http://p:9090"},
            "/api/datasources/uid/prometheus/health": health,
            "/api/v1/provisioning/alert-rules": [copy.deepcopy(ALERT_RULE)],
            "/api/v1/provisioning/contact-points": [{"uid": "ops-mail", "name": "ops", "type": "email"}],
            "/api/v1/provisioning/policies": {"receiver": "ops", "provenance": "file"},
            "/api/alertmanager/grafana/config/api/v1/receivers": [],
            "/api/prometheus/grafana/api/v1/rules": success(
                {"groups": [{"name": "shop", "file": "Shop", "interval": 10, "rules": [{**EVALUATED}]}]}
            ),
            "/api/search": [{"uid": "shop", "title": "Shop", "type": "dash-db"}],
            "/api/ds/query": Posted(made.report_panels),
            "/api/dashboards/uid/shop": {"dashboard": {"uid": "shop", "title": "Shop"}, "meta": {"provisioned": True}},
        },
        "pushgateway": {"/-/ready": "OK"},
        "blackbox": {"/-/healthy": "Healthy"},
        "redis": {"/health": "ok"},
    }
    for name, answers in routes.items():
        made.servers[name].routes = answers
    made.servers["grafana"].login = ("admin", "right")


def words(finding: Diagnostic) -> tuple[str, str, str]:
    """Return the status, the summary and the remedy of a finding."""
    return finding.status, finding.summary, finding.remedy

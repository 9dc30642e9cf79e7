"""Configurations as servers report them, brought to the form in which people write them.

A server fills in its defaults, and has files of rules and targets that are not here: those are known by its API.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, Protocol

import yaml

from stackctl.promql.duration import seconds, shown

_PROTOCOLS = ["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"]
# Options of a job, and what Prometheus fills in for them.
SCRAPE_DEFAULTS: Mapping[str, Any] = {
    "metrics_path": "/metrics",
    "scheme": "http",
    "honor_labels": False,
    "honor_timestamps": True,
    "track_timestamps_staleness": False,
    "scrape_protocols": _PROTOCOLS,
    "scrape_native_histograms": False,
    "always_scrape_classic_histograms": False,
    "convert_classic_histograms_to_nhcb": False,
    "enable_compression": True,
    "metric_name_validation_scheme": "utf8",
    "metric_name_escaping_scheme": "allow-utf-8",
    "extra_scrape_metrics": False,
    "follow_redirects": True,
    "enable_http2": True,
}
_GLOBAL = {
    "scrape_timeout": "10s",
    "scrape_protocols": _PROTOCOLS,
    "metric_name_validation_scheme": "utf8",
    "scrape_native_histograms": False,
    "extra_scrape_metrics": False,
}
_RELABEL = {"separator": ";", "regex": "(.*)", "replacement": "$1", "action": "replace"}
_ALERTMANAGER = {
    "follow_redirects": True,
    "enable_http2": True,
    "scheme": "http",
    "timeout": "10s",
    "api_version": "v2",
}
_WRITE = {"remote_timeout": "30s", "protobuf_message": "prometheus.WriteRequest", "follow_redirects": True}
_WRITE |= {"enable_http2": False}
# Sections that are only there because they have defaults.
_SECTIONS: Mapping[str, Any] = {
    "runtime": {"gogc": 75},
    "otlp": {
        "translation_strategy": "UnderscoreEscapingWithSuffixes",
        "label_name_underscore_sanitization": True,
        "label_name_preserve_multiple_underscores": True,
    },
}


_FILLED_IN: tuple[Any, ...] = (None, "", 0, False, "0s", [], "https://slack.com/api/chat.postMessage")
_DEFAULT_TEXT = re.compile(r'\{\{ ?template "\w+\.default\.\w+" \. ?\}\}')


class Rule(Protocol):
    """A rule as Prometheus reports it; see `clients.prometheus.LoadedRule`."""

    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def interval(self) -> float: ...
    @property
    def hold(self) -> float: ...
    @property
    def keep_firing(self) -> float: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def annotations(self) -> Mapping[str, str]: ...


def as_written(config: Mapping[str, Any], discovered: Mapping[str, Iterable[Mapping[str, str]]]) -> dict[str, Any]:
    """The configuration of a Prometheus without its defaults, and with the targets of its files in their place.

    `discovered` are the labels before relabelling of all targets of a job.
    """
    common = config.get("global") or {}
    result = {key: value for key, value in config.items() if not _is_default(value, _SECTIONS.get(key))}
    result.pop("storage", None)
    result["global"] = _without(common, _GLOBAL)
    jobs = [each for each in config.get("scrape_configs") or () if isinstance(each, Mapping)]
    result["scrape_configs"] = [_job(job, common, discovered.get(str(job.get("job_name")), ())) for job in jobs]
    if config.get("remote_write"):
        result["remote_write"] = [_write(block) for block in config["remote_write"]]
    alerting = config.get("alerting")
    if isinstance(alerting, Mapping):
        servers = [_without(each, _ALERTMANAGER) for each in alerting.get("alertmanagers") or ()]
        result["alerting"] = {**alerting, "alertmanagers": servers}
    return result


def _is_default(value: Any, default: Any) -> bool:
    return isinstance(default, Mapping) and isinstance(value, Mapping) and value.items() <= default.items()


def _without(block: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key not in defaults or value != defaults[key]}


def _job(job: Mapping[str, Any], common: Mapping[str, Any], targets: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    result = _without(job, SCRAPE_DEFAULTS)
    interval = str(job.get("scrape_interval") or "")
    if interval == common.get("scrape_interval"):
        del result["scrape_interval"]
    usual = min(str(common.get("scrape_timeout") or "10s"), interval or "10s", key=seconds)
    if job.get("scrape_timeout") == usual:
        del result["scrape_timeout"]
    for key in ("relabel_configs", "metric_relabel_configs"):
        if job.get(key):
            result[key] = [_without(step, _RELABEL) for step in job[key]]
    if result.pop("file_sd_configs", None):
        result["static_configs"] = [*(job.get("static_configs") or ()), *_static(targets)]
    return result


def _static(targets: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The targets that came from a file, in groups of equal labels."""
    groups: defaultdict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for labels in targets:
        if "__meta_filepath" in labels:
            own = {name: value for name, value in labels.items() if not name.startswith("__") and name != "job"}
            groups[tuple(sorted(own.items()))].append(labels["__address__"])
    return [
        {"targets": sorted(found), **({"labels": dict(labels)} if labels else {})} for labels, found in groups.items()
    ]


def _write(block: Mapping[str, Any]) -> dict[str, Any]:
    queue: dict[str, Any] = {"capacity": 10000, "max_shards": 50, "min_shards": 1, "max_samples_per_send": 2000}
    queue |= {"batch_send_deadline": "5s", "min_backoff": "30ms", "max_backoff": "5s"}
    metadata = {"send": True, "send_interval": "1m", "max_samples_per_send": 2000}
    kept = _without(block, _WRITE)
    for key, defaults in (("queue_config", queue), ("metadata_config", metadata)):
        kept[key] = _without(block.get(key) or {}, defaults)
    return {key: value for key, value in kept.items() if value not in ({}, None)}


def alertmanager_as_written(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of an Alertmanager without its defaults. What is global is in each of its receivers already."""
    common = config.get("global") or {}
    kept = {key: common[key] for key in ("resolve_timeout", "http_config") if key in common}
    kept = {key: value for key, value in kept.items() if value != "5m" and not _says_nothing(value)}
    receivers = [_receiver(each) for each in config.get("receivers") or () if isinstance(each, Mapping)]
    rest = {key: value for key, value in config.items() if key not in ("global", "receivers", "route", "templates")}
    return {
        **({"global": kept} if kept else {}),
        "route": _route(config.get("route") or {}),
        "receivers": receivers,
        **{key: value for key, value in rest.items() if value},
    }


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in route.items() if value not in (None, False, [], {})}
    if route.get("routes"):
        result["routes"] = [_route(each) for each in route["routes"]]
    return result


def _receiver(receiver: Mapping[str, Any]) -> dict[str, Any]:
    """A receiver. Its `labels` say its name again."""
    return {
        key: [_integration(block) for block in value] if key.endswith("_configs") else value
        for key, value in receiver.items()
        if key != "labels"
    }


def _integration(block: Mapping[str, Any]) -> dict[str, Any]:
    """An integration without Alertmanager's own texts, which `adopt.alertmanager` adds where stackctl has others."""
    kept = {key: value for key, value in block.items() if key == "send_resolved" or not _says_nothing(value)}
    headers = kept.get("headers")
    if isinstance(headers, Mapping):
        fields = {"From": block.get("from"), "To": block.get("to")}
        kept["headers"] = {key: value for key, value in headers.items() if value != fields.get(key)}
    return {key: value for key, value in kept.items() if value != {}}


def _says_nothing(value: Any) -> bool:
    """Return whether a value is one that Alertmanager fills in everywhere."""
    if isinstance(value, Mapping):
        return all(_says_nothing(each) or each is True for each in value.values())
    return value in _FILLED_IN or bool(_DEFAULT_TEXT.fullmatch(str(value)))


def rule_files(rules: Iterable[Rule], interval: str) -> dict[str, bytes]:
    """The files of rules that a Prometheus has loaded: path -> content. `interval` is the one of groups without."""
    files: dict[str, dict[str, Any]] = {}
    for rule in rules:
        path = f"rules/{PurePosixPath(rule.file).stem or 'rules'}.yml"
        group = files.setdefault(path, {}).setdefault(
            rule.group, {"name": rule.group, **_every(rule.interval, interval), "rules": []}
        )
        group["rules"].append(_rule(rule))
    return {
        path: yaml.safe_dump({"groups": [*groups.values()]}, sort_keys=False, allow_unicode=True, width=120).encode()
        for path, groups in files.items()
    }


def _every(interval: float, usual: str) -> dict[str, str]:
    return {} if not interval or interval == seconds(usual) else {"interval": shown(interval)}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "alert" if rule.kind == "alert" else "record": rule.name,
        "expr": rule.query,
        **({"for": shown(rule.hold)} if rule.hold else {}),
        **({"keep_firing_for": shown(rule.keep_firing)} if rule.keep_firing else {}),
        **({"labels": dict(rule.labels)} if rule.labels else {}),
        **({"annotations": dict(rule.annotations)} if rule.annotations else {}),
    }

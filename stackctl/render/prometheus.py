"""prometheus.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from stackctl import conventions as c
from stackctl.addresses import reachable_url
from stackctl.components.prometheus import retention_in_config
from stackctl.components.release import image_version
from stackctl.model import Prometheus, Stack
from stackctl.promql.duration import seconds
from stackctl.render.discovery import reachable_discovery
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import merged
from stackctl.render.web import own_scrape
from stackctl.runtimes.facts import Facts
from stackctl.scrape import Endpoint, Job, component_address, jobs
from stackctl.source import Secret

# Lists of prometheus.yml that the manifest's `extra` adds to; any other it replaces.
# What a block logs in with, in place of its URL.
_LOGINS = frozenset({"authorization", "azuread", "basic_auth", "bearer_token", "google_iam", "oauth2", "sigv4"})
_APPENDED = frozenset({"scrape_configs", "rule_files", "remote_write", "relabel_configs"})


def prometheus_config(stack: Stack, runtime: Facts, secrets: SecretFiles) -> dict[str, Any]:
    """The content of prometheus.yml. Secrets go to `secrets`."""
    prometheus = stack.prometheus
    writes = [_reachable_write(block, runtime) for block in prometheus.remote_write]
    sections = {
        "global": _global(prometheus),
        "storage": _storage(prometheus, runtime),
        "rule_files": [f"rules/{_literal_path(rule_file.path)}" for rule_file in stack.rules],
        "alerting": _alerting(stack, runtime),
        "scrape_configs": [scrape_config(job, secrets, runtime) for job in jobs(stack, runtime)],
        "remote_write": secrets.plain(writes, ("remote_write",)),
    }
    config = {key: value for key, value in sections.items() if value}
    extra = secrets.plain(_remote(reachable_discovery(prometheus.extra, runtime)), ("extra",))
    result: dict[str, Any] = merged(config, extra, _APPENDED)
    return result


def _global(prometheus: Prometheus) -> dict[str, Any]:
    shortest = min(c.DEFAULT_SCRAPE_TIMEOUT, prometheus.scrape_interval, key=seconds)
    labels = {name: _literal_label(value, prometheus) for name, value in prometheus.external_labels.items()}
    return {
        "scrape_interval": prometheus.scrape_interval,
        "scrape_timeout": shortest,
        "evaluation_interval": prometheus.evaluation_interval,
        **({"external_labels": labels} if labels else {}),
    }


def _literal_label(value: str, prometheus: Prometheus) -> str:
    """An external label as Prometheus has to read it: version 3 expands environment variables in it."""
    before_expansion = () < image_version(prometheus.image) < (3,)
    return value if before_expansion else value.replace("$", "$$")


def _literal_path(path: str) -> str:
    """`path` as a pattern that matches only itself: one that matches nothing is no error, and loads no rules."""
    return re.sub(r"([*?\[\\])", r"\\\1", path)


def _storage(prometheus: Prometheus, runtime: Facts) -> dict[str, Any]:
    limits = {"time": prometheus.retention.time, "size": prometheus.retention.size}
    own = {
        "out_of_order_time_window": prometheus.out_of_order_time_window,
        "retention": {
            key: value for key, value in limits.items() if value and retention_in_config(prometheus, runtime)
        },
    }
    tsdb = {key: value for key, value in own.items() if value}
    return {"tsdb": tsdb} if tsdb else {}


def _alerting(stack: Stack, runtime: Facts) -> dict[str, Any]:
    if stack.alertmanager is None:
        return {}
    address = component_address(stack.alertmanager, runtime)
    return {"alertmanagers": [{"static_configs": [{"targets": [address]}]}]}


def _reachable_write(block: Mapping[str, Any], runtime: Facts) -> dict[str, Any]:
    url = block.get("url")
    return without_login({**block, "url": reachable_url(url, runtime)}) if isinstance(url, str) else dict(block)


def without_login(block: dict[str, Any]) -> dict[str, Any]:
    """A block with the login of its URL as `basic_auth`: Prometheus writes URLs to its log, as they are."""
    try:
        url = urlsplit(block["url"])
    except ValueError:
        return block  # its checker says so
    if not url.password or _LOGINS & block.keys():
        return block
    login = {"username": unquote(url.username or ""), "password": Secret(unquote(url.password))}
    return {**block, "url": urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2])), "basic_auth": login}


def _remote(extra: Mapping[str, Any]) -> dict[str, Any]:
    """`extra` with its remote blocks without logins in URLs."""
    return {
        key: [
            without_login(dict(each)) if isinstance(each, Mapping) and isinstance(each.get("url"), str) else each
            for each in value
        ]
        if key in ("remote_write", "remote_read") and isinstance(value, list)
        else value
        for key, value in extra.items()
    }


def scrape_config(job: Job, secrets: SecretFiles, runtime: Facts) -> dict[str, Any]:
    """The scrape_config of `job`. Its secrets go to `secrets`."""
    service = job.service
    fields: dict[str, Any] = {
        "job_name": job.name,
        "honor_labels": job.honor_labels or None,
        "scrape_interval": job.scrape_interval,
        "scrape_timeout": job.scrape_timeout,
        "metrics_path": job.metrics_path if job.metrics_path != "/metrics" else None,
        "scheme": job.scheme if job.scheme != "http" else None,
        "params": {name: list(values) for name, values in job.params.items()},
        **(secrets.plain(service.scrape, (service.name,)) if service else {}),
        **(own_scrape(job.component, secrets.salt) if isinstance(job.component, Prometheus) else {}),
    }
    given = {key: value for key, value in fields.items() if value or value is False}
    return {**given, **_targets(job, fields, secrets, runtime)}


def _targets(job: Job, fields: Mapping[str, Any], secrets: SecretFiles, runtime: Facts) -> dict[str, Any]:
    """Return the source of the targets: discovery, or the list of them in groups of equal labels."""
    service = job.service
    labels = job.labels
    if service and service.discovery:
        discovery = reachable_discovery(service.discovery, runtime)
        discovered: dict[str, Any] = secrets.plain(discovery, (service.name,))
        steps = [*_labelling(labels), *fields.get("relabel_configs", ())]
        return {**discovered, **({"relabel_configs": steps} if steps else {})}
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for endpoint in job.endpoints:
        groups.setdefault(_labels(labels, endpoint), []).append(endpoint.address)
    return {
        "static_configs": [
            {"targets": targets, **({"labels": dict(key)} if key else {})} for key, targets in groups.items()
        ]
    }


def _labels(common: Mapping[str, str], endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    instance = {"instance": endpoint.instance} if endpoint.instance != endpoint.address else {}
    return tuple({**common, **endpoint.labels, **instance}.items())


def _labelling(labels: Mapping[str, str]) -> list[dict[str, str]]:
    """The steps that give discovered targets the service's labels, which only static targets can carry."""
    return [{"target_label": name, "replacement": value.replace("$", "$$")} for name, value in labels.items()]

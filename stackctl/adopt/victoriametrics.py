"""Keys of a prometheus.yml that only VictoriaMetrics knows: Prometheus refuses a configuration that has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackctl.adopt.remarks import changed, left_out
from stackctl.adopt.source import Source
from stackctl.diagnostic import Diagnostic

# Options of a job, and of `global`, that say nothing of which targets and labels there are.
OPTIONS = frozenset(
    {"stream_parse", "no_stale_markers", "scrape_align_interval", "scrape_offset", "disable_compression"}
    | {"disable_keepalive", "max_scrape_size", "series_limit", "relabel_debug", "metric_relabel_debug", "headers"}
    | {"proxy_authorization", "proxy_basic_auth", "proxy_bearer_token", "proxy_bearer_token_file"}
    | {"proxy_tls_config", "proxy_oauth2", "proxy_headers"}
)
_ELSEWHERE = {
    "headers": "Write them as `http_headers` of the job.",
    "disable_compression": "Write `enable_compression: false`.",
    "max_scrape_size": "Write it as `body_size_limit`.",
}
_GLOBAL = OPTIONS | {"relabel_configs", "metric_relabel_configs"}
_ACTIONS = frozenset(
    {"replace_all", "labelmap_all", "keep_if_equal", "drop_if_equal", "keep_if_contains", "drop_if_contains"}
    | {"keep_metrics", "drop_metrics", "graphite"}
)
_OF_A_STEP = ("if", "match", "labels")
_DISCOVERY = "yandexcloud_sd_configs"
_WHY = "Only VictoriaMetrics knows it; Prometheus refuses a configuration that has it."


def without_victoriametrics(source: Source, remarks: list[Diagnostic]) -> Source:
    """Return a prometheus.yml without the options that only VictoriaMetrics knows; each is a remark.

    A step of relabelling decides which series there are: it is kept, and named.
    """
    data = dict(source.data)
    common, jobs = data.get("global"), data.get("scrape_configs")
    if isinstance(common, Mapping):
        data["global"] = _without(common, _GLOBAL, source, ("global",), "", remarks)
    if isinstance(jobs, list):
        data["scrape_configs"] = [
            _without(job, OPTIONS, source, ("scrape_configs", index), f" of `{job.get('job_name')}`", remarks)
            if isinstance(job, Mapping)
            else job
            for index, job in enumerate(jobs)
        ]
        remarks += [remark for index, job in enumerate(jobs) for remark in _kept(job, source, index)]
    return replace(source, data=data)


def _without(
    block: Mapping[str, Any],
    options: frozenset[str],
    source: Source,
    place: tuple[str | int, ...],
    of: str,
    remarks: list[Diagnostic],
) -> dict[str, Any]:
    for key in (each for each in block if each in options):
        remarks.append(left_out(f"`{key}`{of}", source.at(*place, key), _WHY, _ELSEWHERE.get(key, "")))
    return {key: value for key, value in block.items() if key not in options}


def _kept(job: Any, source: Source, index: int) -> Iterator[Diagnostic]:
    """Yield a remark for each part of a job that is kept, though Prometheus refuses it."""
    if not isinstance(job, Mapping):
        return
    place, name = ("scrape_configs", index), job.get("job_name")
    if _DISCOVERY in job:
        remedy = "Write its targets, or another discovery, in stack.yml."
        yield changed(f"`{_DISCOVERY}` of `{name}` is not for Prometheus", source.at(*place, _DISCOVERY), _WHY, remedy)
    for key in ("relabel_configs", "metric_relabel_configs"):
        steps = job.get(key)
        for number, step in enumerate(steps if isinstance(steps, list) else ()):
            for written, last in _of_step(step):
                remedy = "Write the step in stack.yml as Prometheus has it. Until then `stackctl check` fails."
                at = source.at(*place, key, number, last)
                yield changed(f"`{written}` in the `{key}` of `{name}` is not for Prometheus", at, _WHY, remedy)


def _of_step(step: Any) -> Iterator[tuple[str, str]]:
    """Yield what a step has that only VictoriaMetrics knows, as it is written, and its key."""
    if not isinstance(step, Mapping):
        return
    if step.get("action") in _ACTIONS:
        yield f"action: {step['action']}", "action"
    yield from ((key, key) for key in _OF_A_STEP if key in step)
    if isinstance(step.get("regex"), list):
        yield "regex", "regex"

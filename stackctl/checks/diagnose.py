"""Why a scrape failed, from what Prometheus said of it: the likely cause and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackctl import conventions as c
from stackctl.checks.relabel import joined, relabelled
from stackctl.scrape import Endpoint, Job


@dataclass(frozen=True)
class Diagnosis:
    """The cause in a few words, the remedy as a sentence, and what was seen."""

    cause: str
    remedy: str
    evidence: str = ""


NOT_LOADED = Diagnosis(
    "Prometheus has no such target", "The running configuration is older than the manifest: run `stackctl reload`."
)


def dropped_by(job: Job, labels: Mapping[str, str]) -> Diagnosis:
    """Which step of the job's relabelling drops the target that is discovered with `labels`."""
    steps = job.service.scrape.get("relabel_configs", ()) if job.service else ()
    remedy = "Look at `relabel` of the service: a step drops the target."
    try:
        outcome = relabelled(labels, steps)
    except ValueError as error:
        return Diagnosis("relabelling drops it", remedy, f"a regular expression that only Go reads: {error}")
    if job.service is None or outcome.dropped_by is None:
        return Diagnosis("relabelling drops it", remedy, "no step of the manifest drops it: the running ones differ")
    index = outcome.dropped_by
    step = steps[index]
    place = job.service.relabel_origins[index]
    return Diagnosis(
        f"dropped by step {index + 1} of `relabel` ({step['action']})",
        f"Correct that step, in line {place.line} of the manifest, or take the target out.",
        f"{place}: {_of_step(step, outcome.labels)}",
    )


def _of_step(step: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What the step that dropped a target saw."""
    names = ", ".join(step.get("source_labels", ()))
    seen = f"[{names}] is {joined(labels, step)!r}"
    if step["action"] in ("keep", "drop"):
        verb = "matches" if step["action"] == "drop" else "does not match"
        return f"{step['action']}: {seen}, which {verb} {step.get('regex', '(.*)')!r}"
    target = step.get("target_label", "")
    return f"{step['action']}: {seen}, and `{target}` is {labels.get(target, '')!r}"


def diagnose(job: Job, endpoint: Endpoint, error: str, runtime: str) -> Diagnosis:
    """The diagnosis of a failed scrape of `endpoint`. `error` is Prometheus' own text."""
    if "connection refused" in error:
        return _refused(endpoint, runtime)
    for pattern, cause, remedy in _KNOWN:
        if re.search(pattern, error):
            return Diagnosis(cause, remedy.format(path=job.metrics_path, address=endpoint.address, name=job.name))
    return Diagnosis("the scrape failed", f"Try it by hand: `curl -v http://{endpoint.instance}{job.metrics_path}`.")


def _refused(endpoint: Endpoint, runtime: str) -> Diagnosis:
    port = endpoint.address.rsplit(":", 1)[-1]
    if runtime == "docker" and endpoint.address.startswith(c.HOST_FROM_CONTAINER):
        return Diagnosis(
            f"connection refused at {endpoint.address}",
            f"Nothing listens on port {port} of this machine where containers can reach it: start the service, or, "
            f"when it listens on 127.0.0.1 only, let it also listen on the Docker bridge (or on 0.0.0.0).",
        )
    return Diagnosis(
        f"connection refused at {endpoint.address}",
        f"Nothing listens on port {port} there: start the service, or correct the port in the manifest.",
    )


# What Prometheus says -> what it means -> what to do. The first match counts, so the narrow ones come first.
_KNOWN = (
    (
        r"no such host|server misbehaving|name resolution",
        "the name does not resolve",
        "Correct the host in `{address}`; under Docker, name its network in `networks: {{join: [...]}}`.",
    ),
    (
        r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake",
        "it speaks plain HTTP, not TLS",
        "Write `scheme: http` for the service `{name}`.",
    ),
    (
        r"malformed HTTP response|HTTP status 400",
        "it does not speak plain HTTP; it may want TLS",
        "Write `scheme: https` for the service `{name}`.",
    ),
    (r"x509|certificate", "the certificate is not trusted", "Give the CA with `tls: {{ca_file: ...}}`."),
    (
        r"HTTP status 40[13]",
        "it wants a login",
        "Give `basic_auth` or `authorization` for the service `{name}`, or correct what is given.",
    ),
    (
        r"HTTP status 404",
        "there is nothing at the metrics path",
        "`metrics_path: {path}` may be wrong: name the path that serves the metrics.",
    ),
    (r"HTTP status 5\d\d", "the service answers with a server error", "Look at the service's own log."),
    (r"HTTP status 3\d\d", "it answers with a redirect", "Correct `scheme` or `metrics_path`."),
    (
        r"(?i)content.type",
        "its Content-Type is not that of metrics",
        "For a web page, correct `metrics_path: {path}`; else write `fallback_scrape_protocol: PrometheusText0.0.4`.",
    ),
    (
        r"expected a valid start token|expected value after metric|invalid metric type|unexpected end of input",
        "the answer is not in the format of metrics",
        "`metrics_path: {path}` may be a page or JSON: name the path that serves the metrics.",
    ),
    (
        r"context deadline exceeded|timeout|timed out",
        "it does not answer in time",
        "Look whether the service hangs; give it longer with `scrape_timeout`; a firewall may drop the packets.",
    ),
    (r"body size limit", "the answer is larger than `body_size_limit`", "Raise the limit, or expose fewer series."),
    (r"(sample|label).*limit", "it has more series than a limit allows", "Raise the limit, or expose fewer series."),
    (
        r"duplicate|out of order|out of bounds",
        "it sends one series twice, or old timestamps",
        "Mend what the service exposes: `curl` its metrics and look for the series named in the evidence.",
    ),
    (r"no route to host|network is unreachable", "there is no route to it", "Correct the address `{address}`."),
    (
        r"connection reset|EOF",
        "the connection was closed without an answer",
        "The port may speak TLS or another protocol: correct `scheme` or the port.",
    ),
    (r"unable to read", "a file with a password or token cannot be read", "Run `stackctl up` again."),
)

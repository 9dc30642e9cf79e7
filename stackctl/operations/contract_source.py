"""Scrapes of a service: from a file, from its targets, or from the Prometheus that scrapes them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from stackctl import conventions as c
from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.errors import InputError, raise_if_any
from stackctl.exposition import Exposition, Sample, parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.service_schema import SCRAPE_OPTIONS
from stackctl.manifest.text import read_text
from stackctl.model import Service, Stack
from stackctl.operations.live import Live
from stackctl.promql.selectors import Selector, of_jobs
from stackctl.source import Secret

# More metrics than that are not read: it is what `init` reads, and some 50,000 series.
LARGEST = 8 * 1024 * 1024
_OTHERWISE = "Run the stack, and add `--prometheus`; or save what it serves to a file, and add `--from FILE`."
# What a request from this machine can have of a scrape's settings.
_USABLE = frozenset({"basic_auth", "params", "tls_config", "honor_labels", "honor_timestamps", "relabel_configs"})
_OF_THE_CLIENT = frozenset({"oauth2", "http_headers", "proxy_url", "proxy_from_environment", "follow_redirects"})
_USABLE |= frozenset(SCRAPE_OPTIONS) - _OF_THE_CLIENT
_USABLE_TLS = frozenset({"ca", "server_name"})
# What Prometheus and the Pushgateway make of every scrape and push.
_OF_SCRAPES = ("scrape_", "push_time_seconds", "push_failure_time_seconds")


def obstacle(service: Service) -> tuple[str, str] | None:
    """Return why the targets of `service` cannot be asked from this machine, and what to do about it."""
    if not service.targets:
        return f"the service `{service.name}` has no `targets` to ask", _OTHERWISE
    strangers = [target for target in service.targets if target.host not in c.LOCAL_HOSTS]
    if service.scrape.get("basic_auth") and service.scheme == "http" and strangers:
        return f"the password of `{service.name}` would be sent to {strangers[0].address} without TLS", _OTHERWISE
    beyond = sorted(service.scrape.keys() - _USABLE)
    beyond += [f"tls.{key}" for key in sorted(service.scrape.get("tls_config", {}).keys() - _USABLE_TLS)]
    if beyond:
        return f"`{service.name}` is scraped with `{beyond[0]}`, which this command does not support", _OTHERWISE
    return None


def read_file(source: Path) -> Exposition:
    """Return the metrics in a file. Raises InputError when it cannot be read, or has none."""
    problems = Problems()
    text = read_text(source, str(source), problems)
    raise_if_any(problems)
    found = parse(text or "")
    if found is None:
        remedy = "Save what the service answers at its metrics path: `curl -s URL > FILE`."
        raise InputError.of("file.format", f"{source} has no metrics in Prometheus' format", remedy=remedy)
    return found


def ask_targets(service: Service) -> list[Exposition]:
    """Ask all targets of a service. Raises NoAnswer when one does not serve metrics."""
    path = service.metrics_path
    if params := service.scrape.get("params"):
        path = f"{path}?{urlencode(params, doseq=True)}"
    return [_asked(Http(_access(service, target.address)), path) for target in service.targets]


def _access(service: Service, address: str) -> Access:
    login, tls = service.scrape.get("basic_auth"), service.scrape.get("tls_config", {})
    return Access(
        f"{service.scheme}://{address}",
        (str(login["username"]), _revealed(login["password"])) if login else None,
        _revealed(tls.get("ca", "")),
        str(tls.get("server_name", "")),
    )


def _revealed(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


def _asked(server: Http, path: str) -> Exposition:
    answer = server.ask(path)
    if not answer.ok:
        raise server.refused(path, answer)
    found = parse(answer.text) if len(answer.text) <= LARGEST else None
    if found is None:
        what = "more than 8 MB" if len(answer.text) > LARGEST else "something that is not in Prometheus' format"
        raise NoAnswer.of("server.no-answer", f"{server.base}{path} returns {what}")
    return found


def running_prometheus(manifest: Path, stack: Stack) -> Prometheus:
    """Return the Prometheus of the stack that runs, or the one of somebody else. Raises Unavailable when there is none.

    Raises InputError for certificates that cannot be used.
    """
    from stackctl.operations.external import accesses

    if stack.external:
        return Prometheus(Http(accesses(stack)[c.PROMETHEUS], is_foreign=True))
    live = Live.of(manifest, f"the stack `{stack.name}`")
    access = next(live.current.access(unit) for unit in live.current.units() if unit.name == c.PROMETHEUS)
    return Prometheus(Http(access))


def ask_prometheus(prometheus: Prometheus, service: Service, pool: str) -> Exposition:
    """Return what `prometheus` has of a service now, without the labels that scrape and push add.

    `pool` is the job that scrapes it, or what it pushes to. Raises NoAnswer when there is no answer, or none of the
    targets is up.
    """
    up = [target for target in prometheus.targets() if target.job == pool and target.health == "up"]
    if not up:
        raise NoAnswer.of(
            "server.no-answer",
            f"no target of `{pool}` is up in Prometheus",
            remedy="Find out why: `stackctl verify --only target`.",
        )
    scraped = of_jobs(sorted({target.labels.get("job", "") for target in up}))
    of_service = of_jobs((service.push.job,)) if service.push else scraped
    added = {"__name__", "job", "instance", *(label for target in up for label in target.labels)}
    added |= {
        step["target_label"] for step in service.scrape.get("metric_relabel_configs", ()) if "target_label" in step
    }
    added |= service.push.grouping.keys() if service.push else set()
    samples = [
        Sample(name, {label: value for label, value in labels.items() if label not in added}, f"{value:g}")
        for labels, value in prometheus.values(Selector("", (of_service,)).text)
        if (name := labels["__name__"]) != "up" and not name.startswith(_OF_SCRAPES)
    ]
    kinds = {each.name: each.kind for each in prometheus.described(Selector("", (scraped,)).text)}
    if service.push:
        # A Pushgateway announces the types of all that is pushed to it.
        names = {sample.name for sample in samples}
        parts = ("", "_total", "_info", "_bucket", "_sum", "_count")
        kinds = {name: kind for name, kind in kinds.items() if any(f"{name}{part}" in names for part in parts)}
    return Exposition(kinds, {}, samples)

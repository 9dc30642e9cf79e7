"""Catalogues of components, compared with what the real ones serve."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from stackctl import tools
from stackctl.components import registry
from stackctl.components.served import served
from stackctl.exposition import Exposition, parse
from tests.e2e.databases import PASSWORD, QUOTED, running_postgres, running_redis
from tests.e2e.real_stack import cannot_run, stackctl
from tests.e2e.test_packs_systems import nginx
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PROGRAMS = (
    *("prometheus", "alertmanager", "pushgateway", "node_exporter", "process-exporter", "blackbox_exporter"),
    *("redis_exporter", "postgres_exporter", "nginx-prometheus-exporter"),
)
NAMES = ("prometheus", "alertmanager", "pushgateway", "node", "process", "blackbox", "redis", "postgres", "nginx")
LIMIT_SECONDS = 20
# Where a bucket, a sum, a count or a quantile belongs to.
_PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}
_OWN = {"le", "quantile"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Exposition]]]:
    """What each component serves, and the blackbox exporter of each probe."""
    for name in PROGRAMS:
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    folder = tmp_path_factory.mktemp("stack")
    manifest, port = folder / "stack.yml", {name: free_port() for name in (*NAMES, "web")}
    with running_postgres() as postgres, running_redis(folder) as redis, nginx(folder, port["web"]):
        redis.do("SET one 1")
        manifest.write_text(
            f"""version: 1
name: stackctl-test-{port["prometheus"]}
prometheus: {{listen: {port["prometheus"]}, scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager: {{listen: {port["alertmanager"]}, receivers: {{x: {{webhook: {{url: "http://localhost:1/"}}}}}}}}
pushgateway: {{listen: {port["pushgateway"]}}}
rules: [{{pack: prometheus}}]
exporters:
  node: {{listen: {port["node"]}}}
  process: {{listen: {port["process"]}}}
  blackbox: {{listen: {port["blackbox"]}}}
  redis: {{listen: {port["redis"]}, address: "localhost:{redis.port}", password: ${{REDIS_PASSWORD}}}}
  postgres: {{listen: {port["postgres"]}, dsn: "postgresql://monitor:{QUOTED}@localhost:{postgres.port}/postgres?sslmode=disable"}}
  nginx: {{listen: {port["nginx"]}, url: "http://localhost:{port["web"]}/stub_status"}}
"""
        )
        (folder / ".env").write_text(f"REDIS_PASSWORD='{PASSWORD}'\n")
        up = stackctl("-f", str(manifest), "up", "--runtime", "native")
        try:
            assert up.returncode == 0, up.stderr
            yield {name: _pages(name, port[name], port["web"]) for name in NAMES}
        finally:
            stackctl("-f", str(manifest), "down", "--volumes")


def _pages(name: str, port: int, web: int) -> list[Exposition]:
    paths = ["/metrics"]
    if name == "blackbox":
        paths += [f"/probe?module=http_2xx&target=http://localhost:{web}/stub_status"]
        paths += [f"/probe?module=tcp_connect&target=localhost:{web}"]
    found = []
    for path in paths:
        with urlopen(f"http://localhost:{port}{path}", timeout=LIMIT_SECONDS) as answer:
            page = parse(answer.read().decode())
        assert page is not None, f"{name} serves nothing at {path}"
        found.append(page)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_served_is_in_the_catalogue(name: str, pages: dict[str, list[Exposition]]) -> None:
    """What is missing is shown as the line that it would have."""
    catalogue = served(name)
    lines = [line for page in pages[name] for line in _lines(name, page)]
    assert lines
    missing = [line for line in lines if line.split()[1] not in catalogue.metrics]
    assert [line for line in missing if not line.split()[1].startswith(catalogue.families or ("\0",))] == []


@pytest.mark.parametrize("name", NAMES)
def test_types_and_labels_are_those_that_are_served(name: str, pages: dict[str, list[Exposition]]) -> None:
    catalogue = served(name)
    wrong = []
    for line in (line for page in pages[name] for line in _lines(name, page)):
        kind, metric, *labels = line.split()
        known = catalogue.metrics.get(metric)
        if known is None:
            continue
        is_right = known.kind in ("", "gauge" if kind == "info" else kind, kind)
        if not is_right or (not known.is_open and not set(labels) <= known.labels.keys()):
            wrong.append(line)
        if not known.is_open and known.labels.keys() - known.optional - set(labels):
            wrong.append(f"{line}: not all of {sorted(known.labels)}")
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_values_of_labels_are_among_those_that_are_listed(name: str, pages: dict[str, list[Exposition]]) -> None:
    metrics = served(name).metrics
    assert [
        f'{sample.name}{{{label}="{value}"}}'
        for page in pages[name]
        for sample in page.samples
        if sample.name in metrics
        for label, value in sample.labels.items()
        if (closed := metrics[sample.name].labels.get(label)) and value not in closed
    ] == []


def _lines(name: str, page: Exposition) -> list[str]:
    """Return a line for each metric of a page that is the component's own."""
    metric_of = {f"{metric}{part}": metric for metric, kind in page.kinds.items() for part in _PARTS.get(kind, ("",))}
    labels: dict[str, set[str]] = {}
    for sample in page.samples:
        labels.setdefault(metric_of.get(sample.name, sample.name), set()).update(sample.labels.keys() - _OWN)
    own = registry.component(name).series
    return [
        " ".join([_kind(metric, page.kinds.get(metric, "untyped")), metric, *sorted(found)])
        for metric, found in labels.items()
        if metric.startswith(own)
    ]


def _kind(metric: str, kind: str) -> str:
    if kind == "untyped":
        return "unknown"
    return "info" if kind == "gauge" and metric.endswith("_info") else kind

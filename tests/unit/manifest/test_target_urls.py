from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Service
from stackctl.render import render


def service(folder: Path, fields: str) -> Service:
    (folder / "stack.yml").write_text(f"version: 1\nname: shop\nservices: {{api: {fields}}}\n")
    (found,) = load(folder / "stack.yml", environ={}).services
    return found


@pytest.mark.parametrize(
    ("fields", "addresses", "scheme", "path"),
    [
        ('{targets: ["https://a.test/stats"]}', ["a.test:443"], "https", "/stats"),
        ('{targets: ["http://a.test"]}', ["a.test:80"], "http", "/metrics"),
        ('{targets: ["http://a.test/"], metrics_path: /x}', ["a.test:80"], "http", "/x"),
        ('{targets: ["https://a.test:9/x", "https://b.test/x"]}', ["a.test:9", "b.test:443"], "https", "/x"),
        ('{targets: ["https://a.test", "b.test:9"], scheme: https}', ["a.test:443", "b.test:9"], "https", "/metrics"),
        ('{targets: ["http://a.test:1", "b.test:9"]}', ["a.test:1", "b.test:9"], "http", "/metrics"),
        ('{targets: ["https://[::1]/x"]}', ["[::1]:443"], "https", "/x"),
        ('{targets: [{address: "https://a.test/x/", labels: {zone: b}}]}', ["a.test:443"], "https", "/x/"),
        ('{targets: ["https://a.test/x"], scheme: https, metrics_path: /x}', ["a.test:443"], "https", "/x"),
    ],
)
def test_service_has_the_scheme_and_path_of_its_urls(
    tmp_path: Path, fields: str, addresses: list[str], scheme: str, path: str
) -> None:
    found = service(tmp_path, fields)
    assert [target.address for target in found.targets] == addresses
    assert (found.scheme, found.metrics_path) == (scheme, path)


def test_url_becomes_a_job_that_prometheus_reads(tmp_path: Path) -> None:
    service(tmp_path, '{targets: ["https://localhost/stats"]}')
    config = render(load(tmp_path / "stack.yml", environ={}), "docker").yaml(c.PROMETHEUS_FILE)
    job = next(each for each in config["scrape_configs"] if each["job_name"] == "api")
    assert (job["scheme"], job["metrics_path"]) == ("https", "/stats")
    assert job["static_configs"][0]["targets"] == [f"{c.HOST_FROM_CONTAINER}:443"]


ASKED = (
    "metrics_path: /probe, relabel: [{source_labels: [__address__], target_label: __param_target}, "
    '{target_label: __address__, replacement: "blackbox:9115"}]'
)


@pytest.mark.parametrize("url", ["https://a.test", "http://a.test/health", "https://a.test:8443/x"])
def test_url_that_relabelling_makes_a_parameter_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as refused:
        service(tmp_path, f'{{targets: ["{url}"], {ASKED}}}')
    (problem,) = refused.value.problems
    assert problem.summary.endswith(
        "a URL sets how the service is scraped, but `relabel` sends the scrape to another address"
    )
    assert "exporters.blackbox.probes" in problem.remedy
    assert problem.position
    assert (problem.position.line, problem.position.column) == (3, 28)


@pytest.mark.parametrize("target", ["a.test:443", "http://a.test"])
def test_target_that_relabelling_makes_a_parameter_is_accepted(tmp_path: Path, target: str) -> None:
    assert service(tmp_path, f'{{targets: ["{target}"], {ASKED}}}').metrics_path == "/probe"

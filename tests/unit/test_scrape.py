"""The scrape plan: jobs and targets as Prometheus reaches them."""

from __future__ import annotations

import pytest

from stackctl import scrape
from stackctl.model import Push, Scrape, Server, Target
from stackctl.render import render
from stackctl.runtimes.registry import facts
from tests.unit.render.stacks import HERE, component, prometheus, service, stack

LOCAL = service(targets=(Target("localhost:8000", {}, HERE), Target("api:1", {"instance": "one"}, HERE)))


@pytest.mark.parametrize(
    ("runtime", "address"), [("docker", "host.docker.internal:8000"), ("native", "localhost:8000")]
)
def test_local_target_keeps_its_name_as_instance(runtime: str, address: str) -> None:
    *_, job = scrape.jobs(stack(services=(LOCAL,)), facts(runtime))
    assert [(each.address, each.instance) for each in job.endpoints] == [(address, "localhost:8000"), ("api:1", "one")]


def test_components_come_first_under_their_names() -> None:
    jobs = scrape.jobs(stack(services=(LOCAL,)), facts("docker"))
    assert [(job.name, job.endpoints[0].address) for job in jobs[:1]] == [("prometheus", "prometheus:9090")]
    assert jobs[1].name == "api"


def test_server_is_scraped_as_its_section_says() -> None:
    scrape_ = Scrape("self", "5s", "4s", "/p/metrics")
    job, *_ = scrape.jobs(stack(prometheus=prometheus(scrape=scrape_, labels={"a": "b"})), facts("docker"))
    assert (job.name, job.scrape_interval, job.scrape_timeout, job.metrics_path) == ("self", "5s", "4s", "/p/metrics")
    assert job.labels == {"a": "b"}


def test_server_that_is_not_scraped_has_no_job() -> None:
    declared = stack(prometheus=prometheus(scrape=None), services=(LOCAL,))
    assert [job.name for job in scrape.jobs(declared, facts("native"))] == ["api"]
    assert scrape.job_names(declared) == {"api"}


def test_what_is_pushed_is_scraped_by_the_job_of_the_pushgateway() -> None:
    pushing = service("nightly", targets=(), push=Push("nightly", grouping={}))
    gateway = Server(**component("pushgateway"), scrape=Scrape("pushed"))
    assert scrape.job_of(pushing, stack(pushgateway=gateway)) == "pushed"
    assert scrape.job_of(LOCAL, stack(pushgateway=gateway)) == "api"


def test_batch_job_has_no_scrape_job() -> None:
    pushing = service("nightly", targets=(), push=Push("nightly", grouping={}))
    assert [job.name for job in scrape.jobs(stack(services=(pushing,)), facts("native"))] == ["prometheus"]


def test_jobs_of_extra_are_added() -> None:
    block = {
        "job_name": "mine",
        "metrics_path": "/m",
        "static_configs": [{"targets": ["x:1"], "labels": {"zone": "a"}}],
        "params": {"a": ["b"]},
    }
    declared = stack(prometheus=prometheus(extra={"scrape_configs": [block]}))
    *_, job = scrape.rendered_jobs(declared, facts("native"), render(declared, "native"))
    assert (job.name, job.metrics_path, job.params) == ("mine", "/m", {"a": ("b",)})
    assert [(each.address, each.labels) for each in job.endpoints] == [("x:1", {"zone": "a"})]
    assert not job.discovered

"""The scrape plan: jobs and targets as Prometheus reaches them."""

from __future__ import annotations

import pytest

from stackctl import scrape
from stackctl.model import Push, Target
from stackctl.render import render
from stackctl.runtimes.registry import facts
from tests.unit.render.stacks import HERE, prometheus, service, stack

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

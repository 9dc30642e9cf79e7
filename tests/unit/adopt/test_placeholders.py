"""Placeholders that a script fills in are no addresses, and are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.adopt.jobs import Job, read_jobs
from stackctl.adopt.placeholders import is_placeholder, other_placeholders, without_placeholders
from stackctl.adopt.source import Source, source_of
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems
from tests.unit.adopt.setups import adopted, jobs

TARGETS = (("a", "'__A__:1', 'a:1'"), ("b", "'@B@:1'"))


def config(*groups: list[str], **more: object) -> Source:
    job = {"job_name": "api", "static_configs": [{"targets": group} for group in groups], **more}
    found = source_of(json.dumps({"scrape_configs": [job]}, indent=1), "prometheus.yml", Problems())
    assert found
    return found


def read(source: Source) -> tuple[Job | None, list[Diagnostic]]:
    remarks: list[Diagnostic] = []
    (job,) = read_jobs(source)
    return without_placeholders(job, source, remarks), remarks


@pytest.mark.parametrize(
    "target",
    [
        *("__HOST__:9100", "__host__:9100", "api.__ZONE__:1", "@HOST@:1", "@host@:1", "<host>:1", "{{ host }}:1"),
        *("$HOST:1", "$(HOST):1", "${host}:1", "http://__HOST__/health"),
    ],
)
def test_target_that_has_no_address_yet_is_a_placeholder(target: str) -> None:
    assert is_placeholder(target)


@pytest.mark.parametrize(
    "target",
    [
        *("api:9100", "shop__api__1:9100", "10.0.0.1:9100", "[::1]:9100", "HOST_IP:9100", "${HOST}:9100", "db{0}:1"),
        *("${HOST:-a}:1", "http://user@host/?q=%20a@b", "http://a/?price=$5", "my__app:1", "a@b.test;c@d.test"),
    ],
)
def test_address_and_variable_of_the_manifest_are_none(target: str) -> None:
    assert not is_placeholder(target)


def test_other_targets_of_the_job_stay() -> None:
    job, (remark,) = read(config(["real:1", "__A__:1"], ["__A__:1", "@B@:1"]))
    assert job
    assert job.targets == ["real:1"]
    assert (remark.code, remark.summary) == ("adopt.left-out", "the target `__A__:1`, `@B@:1` of `api` is left out")
    assert remark.position
    assert remark.position.line == 9


def test_job_without_any_other_target_is_left_out_whole() -> None:
    job, (remark,) = read(config(["__A__:1"]))
    assert job is None
    assert remark.summary == "the job `api` with the target `__A__:1` is left out"
    assert "service `api`" in remark.remedy


def test_job_that_discovers_its_targets_stays() -> None:
    job, (remark,) = read(config(["__A__:1"], dns_sd_configs=[{"names": ["a"]}]))
    assert job
    assert not job.targets
    assert remark.code == "adopt.left-out"


def test_job_without_placeholders_is_as_it_was() -> None:
    job, remarks = read(config(["a:1"]))
    assert job
    assert (job.targets, remarks) == (["a:1"], [])


def test_other_placeholders_are_named_once() -> None:
    source = config(["__A__:1"], metrics_path="/__PATH__", basic_auth={"username": "__USER__", "password": "__USER__"})
    assert [each.summary for each in other_placeholders(source)] == [
        "`__PATH__` is kept as it is written",
        "`__USER__` is kept as it is written",
    ]


def test_labels_of_relabelling_and_templates_of_notifications_are_no_placeholders() -> None:
    steps = [{"source_labels": ["__meta_docker_name", "__address__"], "target_label": "__param_target"}]
    assert list(other_placeholders(config(["a:1"], relabel_configs=steps, labels={"a": "{{ .x }} <b> $1"}))) == []


def test_adopted_services_have_no_placeholders(tmp_path: Path) -> None:
    first, second = ("{{job_name: {}, static_configs: [{{targets: [{}]}}]}}".format(*each) for each in TARGETS)
    result = adopted(tmp_path, prometheus=jobs(first, second))
    assert result.manifest["services"] == {"a": {"targets": ["a:1"]}}
    assert [each.summary for each in result.remarks if "`" in each.summary][:2] == [
        "the target `__A__:1` of `a` is left out",
        "the job `b` with the target `@B@:1` is left out",
    ]

"""Options and steps that only VictoriaMetrics knows: left out or kept, and named with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.operations.adopting import compare_setup
from tests.unit.adopt.setups import adopted, jobs, written

PLAIN = "{job_name: a, static_configs: [{targets: ['a:1']}]"


def summaries(folder: Path, prometheus: str) -> list[str]:
    return [f"{each.position}: {each.summary}" for each in adopted(folder, prometheus=prometheus).remarks]


@pytest.mark.parametrize("option", ["stream_parse: true", "scrape_align_interval: 1m", "headers: ['X-Y: z']"])
def test_option_of_a_job_is_left_out_and_named(tmp_path: Path, option: str) -> None:
    key = option.partition(":")[0]
    text = f"scrape_configs:\n  - job_name: a\n    {option}\n    static_configs: [{{targets: ['a:1']}}]\n"
    result = adopted(tmp_path, prometheus=text)
    (remark,) = result.remarks
    assert str(remark.position) == "prometheus.yml:3:5"
    assert remark.summary == f"`{key}` of `a` is left out"
    assert "VictoriaMetrics" in remark.cause
    assert result.manifest["services"] == {"a": {"targets": ["a:1"]}}


def test_option_of_all_jobs_is_left_out_and_named(tmp_path: Path) -> None:
    text = f"global: {{series_limit: 5}}\n{jobs(PLAIN + '}')}"
    result = adopted(tmp_path, prometheus=text)
    assert [each.summary for each in result.remarks] == ["`series_limit` is left out"]
    assert "extra" not in result.manifest["prometheus"]


@pytest.mark.parametrize(
    ("step", "named"),
    [
        ("{action: keep_if_equal, source_labels: [a, b]}", "`action: keep_if_equal`"),
        ("{action: drop, if: 'up{a=\"b\"}'}", "`if`"),
        ("{source_labels: [a], target_label: b, regex: [x, z]}", "`regex`"),
    ],
)
def test_step_that_decides_on_series_is_kept_and_named(tmp_path: Path, step: str, named: str) -> None:
    result = adopted(tmp_path, prometheus=jobs(f"{PLAIN}, metric_relabel_configs: [{step}]}}"))
    assert [each.summary for each in result.remarks] == [
        f"{named} in the `metric_relabel_configs` of `a` is not for Prometheus"
    ]
    assert result.manifest["services"]["a"]["metric_relabel"]


def test_steps_of_prometheus_are_not_named(tmp_path: Path) -> None:
    step = "{action: keepequal, source_labels: [a], target_label: b}"
    assert summaries(tmp_path, jobs(f"{PLAIN}, relabel_configs: [{step}], body_size_limit: 1MB}}")) == []


def test_option_that_is_left_out_is_no_difference(tmp_path: Path) -> None:
    text = "global: {scrape_interval: 15s}\n" + jobs(f"{PLAIN}, no_stale_markers: true}}")
    manifest = "version: 1\nname: s\nservices: {a: {targets: ['a:1']}}\n"
    written(tmp_path, {"prometheus.yml": text, "stack.yml": manifest})
    assert compare_setup([str(tmp_path)], tmp_path / "stack.yml", {}).differences == ()

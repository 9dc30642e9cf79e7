"""Packs of the user."""

from __future__ import annotations

from pathlib import Path

from tests.unit.manifest.packs.test_expand import rules, stack


def test_packs_of_the_user_work_like_shipped_ones(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[4] / "docs" / "packs.md").read_text()
    example = guide[guide.index("name: jobs") :].partition("```")[0]
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "jobs.yml").write_text(example)
    text = "packs: [./packs]\nrules: [{pack: jobs, services: [worker], with: {waiting: shop_jobs_waiting}}]"
    (file,) = stack(tmp_path, text).rules
    expr = rules(file)["JobsWait jobs: worker"]["expr"]
    assert expr == 'max by (job) (shop_jobs_waiting{job="worker"}) > 100'

"""Jobs of a cluster are those that are declared, with the targets that are scraped; others are somebody else's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stackctl.source import Position
from stackctl.verification.cluster import Declared, jobs_of, missing_jobs
from stackctl.verification.given import Loaded

PLACE = Position("stack.yml", 7, 3)
DECLARED = {"serviceMonitor/n/api/0": Declared(PLACE, "api"), "serviceMonitor/n/web/0": Declared(PLACE, "web")}


def loaded(*names: str) -> Loaded:
    jobs = ", ".join(f"{{job_name: {name}}}" for name in names)
    return Loaded(prometheus=f"scrape_configs: [{jobs}]")


def test_declared_jobs_have_their_place_and_label_and_foreign_ones_are_left_out() -> None:
    jobs = jobs_of(DECLARED, loaded("serviceMonitor/n/api/0", "foreign"))
    assert {job.name: (job.label, job.origin) for job in jobs} == {
        "serviceMonitor/n/api/0": ("api", PLACE),
        "serviceMonitor/n/web/0": ("web", PLACE),
    }
    assert all(job.service and job.service.origin == PLACE for job in jobs)


def test_job_that_is_not_loaded_is_missing_only_where_prometheus_answers() -> None:
    def missing(found: Loaded) -> list[str]:
        context: Any = SimpleNamespace(jobs=jobs_of(DECLARED, found))
        return [*missing_jobs(context, found)]

    assert missing(loaded("serviceMonitor/n/api/0")) == ["serviceMonitor/n/web/0"]
    assert missing(Loaded()) == []
